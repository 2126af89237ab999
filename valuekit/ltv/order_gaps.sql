-- How regularly customers buy: the sum of the logarithms of the times between their purchases.
-- Reads `known_lines`, `order_totals`, `order_days` (days of those who returned something) and `order_summary`.

-- step: _days
SELECT DISTINCT k.party_id, k.day
FROM known_lines AS k
JOIN order_totals AS t ON t.party_id = k.party_id
WHERE NOT t.has_return AND t.purchases > 0
UNION ALL
SELECT party_id, day FROM order_days

-- step: _gaps
SELECT party_id, day - LAG(day) OVER (PARTITION BY party_id ORDER BY day) AS gap
FROM _days

-- step: order_gaps
-- Logarithms are rounded, so that their sum is exact and does not depend on the order of the rows.
SELECT party_id, SUM(CAST(LN(gap / $unit_days) AS DECIMAL(18, 12))) AS log_gaps
FROM _gaps
WHERE gap IS NOT NULL
GROUP BY party_id

-- step: order_summary
SELECT s.*, COALESCE(CAST(g.log_gaps AS DOUBLE), 0) AS log_gaps
FROM order_summary AS s
LEFT JOIN order_gaps AS g ON g.party_id = s.party_id
