-- Value tiers: parties from the highest lifetime value down, cut at the places of `segments_cuts`.

-- step: _ranked
-- Equal values share the best place among them, so that no cut divides them: all go to the higher tier.
SELECT party_id, ltv, CASE WHEN ltv > 0 THEN RANK() OVER (ORDER BY ltv DESC) END AS place
FROM ltv

-- step: _tiered
-- Parties without positive value have no place and fall below every cut.
SELECT r.party_id, r.ltv, COALESCE(MIN(c.tier_order), $none_order) AS tier_order
FROM _ranked AS r
LEFT JOIN segments_cuts AS c ON r.place <= c.last_place
GROUP BY r.party_id, r.ltv

-- step: segments
SELECT
    t.party_id, s.stage, c.tier, c.tier_order, t.ltv,
    COALESCE(f.net_cash_12m, 0) AS net_cash_12m,
    COALESCE(f.mrr, 0) AS mrr
FROM _tiered AS t
JOIN segments_cuts AS c USING (tier_order)
JOIN stages AS s USING (party_id)
LEFT JOIN facts AS f USING (party_id)

-- step: segments_sums
SELECT
    c.tier_order,
    MIN(s.ltv) AS lowest_ltv,
    MAX(s.ltv) AS highest_ltv,
    COUNT(s.party_id) AS parties,
    CAST(COALESCE(SUM(s.ltv), 0) AS DECIMAL(18, 4)) AS ltv,
    CAST(COALESCE(SUM(s.net_cash_12m), 0) AS DECIMAL(18, 4)) AS net_cash_12m
FROM segments_cuts AS c
LEFT JOIN segments AS s USING (tier_order)
GROUP BY c.tier_order
ORDER BY c.tier_order
