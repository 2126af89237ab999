-- Value tiers, and the parties in them.

-- step: tiers
SELECT tier, tier_order, rule, lowest_ltv, highest_ltv, parties, ltv, net_cash_12m
FROM tiers
ORDER BY tier_order

-- step: _cells
SELECT stage, tiers.tier, tiers.tier_order
FROM (SELECT DISTINCT stage FROM segments) AS stages CROSS JOIN tiers

-- step: _full
SELECT stage, tier, COUNT(*) AS parties, SUM(ltv) AS ltv, SUM(net_cash_12m) AS net_cash_12m
FROM segments
GROUP BY stage, tier

-- step: grid
SELECT
    stage,
    tier,
    tier_order,
    COALESCE(parties, 0) AS parties,
    COALESCE(ltv, 0) AS ltv,
    COALESCE(net_cash_12m, 0) AS net_cash_12m
FROM _cells LEFT JOIN _full USING (stage, tier)
ORDER BY stage, tier_order

-- step: _called
SELECT party_id FROM parties WHERE CONTAINS(LOWER(COALESCE(name, party_id)), LOWER($text)) OR LOWER(party_id) = LOWER($text)

-- step: _chosen
SELECT party_id, ltv
FROM segments
WHERE (LEN($tiers) = 0 OR LIST_CONTAINS($tiers, tier))
    AND (LEN($stages) = 0 OR LIST_CONTAINS($stages, stage))
    AND ($text = '' OR party_id IN (SELECT party_id FROM _called))

-- step: size
SELECT COUNT(*) AS parties, COALESCE(SUM(ltv), 0) AS ltv FROM _chosen

-- step: _top
SELECT party_id FROM _chosen ORDER BY ltv DESC, party_id LIMIT $rows

-- step: members
SELECT COALESCE(name, party_id) AS customer, party_id, stage, tier, tier_order, segments.ltv, net_cash_12m, mrr
FROM _top JOIN segments USING (party_id) JOIN parties USING (party_id)
ORDER BY segments.ltv DESC, party_id
