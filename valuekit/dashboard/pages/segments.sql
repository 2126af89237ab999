-- Value tiers, and the parties in them.

-- step: tiers
SELECT tier, tier_order, rule, lowest_ltv, highest_ltv, parties, ltv, net_cash_12m
FROM tiers
ORDER BY tier_order

-- step: grid
SELECT stage, tier, tier_order, COUNT(*) AS parties, SUM(ltv) AS ltv, SUM(net_cash_12m) AS net_cash_12m
FROM segments
GROUP BY stage, tier, tier_order
ORDER BY stage, tier_order

-- step: _named
SELECT segments.*, COALESCE(name, party_id) AS customer, kind
FROM segments JOIN parties USING (party_id)

-- step: _chosen
SELECT party_id, ltv
FROM _named
WHERE (LEN($tiers) = 0 OR LIST_CONTAINS($tiers, tier))
    AND (LEN($stages) = 0 OR LIST_CONTAINS($stages, stage))
    AND (CONTAINS(LOWER(customer), LOWER($text)) OR LOWER(party_id) = LOWER($text))

-- step: size
SELECT COUNT(*) AS parties, COALESCE(SUM(ltv), 0) AS ltv FROM _chosen

-- step: _top
SELECT party_id FROM _chosen ORDER BY ltv DESC, party_id LIMIT $rows

-- step: members
SELECT customer, party_id, stage, tier, tier_order, segments.ltv, segments.net_cash_12m, segments.mrr
FROM _top JOIN segments USING (party_id) JOIN (SELECT party_id, COALESCE(name, party_id) AS customer FROM parties) USING (party_id)
ORDER BY segments.ltv DESC, party_id
