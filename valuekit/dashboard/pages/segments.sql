-- Value tiers, and the parties in them.

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
SELECT label AS customer, party_id, stage, tier, tier_order, segments.ltv, low_80, high_80, basis, net_cash_12m, mrr
FROM _top
JOIN segments USING (party_id)
JOIN parties USING (party_id)
LEFT JOIN ltv USING (party_id)
LEFT JOIN ltv_intervals USING (party_id)
ORDER BY segments.ltv DESC, party_id
