-- Lifecycle stage by value tier, empty cells included.

-- step: grid
SELECT
    g.stage, t.tier, t.tier_order,
    COUNT(s.party_id) AS parties,
    CAST(COALESCE(SUM(s.ltv), 0) AS DECIMAL(18, 4)) AS ltv,
    CAST(COALESCE(SUM(s.net_cash_12m), 0) AS DECIMAL(18, 4)) AS net_cash_12m,
    CAST(COALESCE(SUM(s.mrr), 0) AS DECIMAL(18, 4)) AS mrr
FROM (SELECT DISTINCT stage FROM segments) AS g
CROSS JOIN tiers AS t
LEFT JOIN segments AS s ON s.stage = g.stage AND s.tier_order = t.tier_order
GROUP BY g.stage, t.tier, t.tier_order
ORDER BY LIST_POSITION(CAST($stages AS VARCHAR[]), g.stage), t.tier_order
