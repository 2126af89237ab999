-- Expected cost as it is published, with what follows the money at the money of a mean month: signed by its effect on
-- cash, so the dear end of an interval is its low end.

-- step: _placed
SELECT
    *, monthly + followed AS total,
    CASE WHEN seen = 0 THEN 0 WHEN seen < 6 THEN 1 ELSE 2 END AS history,
    CASE WHEN monthly + followed > 0 THEN CAST(ROUND(2 * LN(monthly + followed)) AS INTEGER) END AS level
FROM cost_expected

-- step: _ended
SELECT p.*, i.low, i.high
FROM _placed AS p
LEFT JOIN (
    SELECT function, history, MIN(level) AS first, MAX(level) AS last FROM cost_intervals GROUP BY function, history
) AS r USING (function, history)
LEFT JOIN cost_intervals AS i
    ON i.function = p.function AND i.history = p.history
    AND i.level = GREATEST(LEAST(p.level, r.last), r.first)

-- step: expected_cost
SELECT
    party_id, function,
    CAST(-total AS DECIMAL(18, 4)) AS monthly,
    CAST(-total * high AS DECIMAL(18, 4)) AS low,
    CAST(-total * low AS DECIMAL(18, 4)) AS high,
    CAST(-own - followed AS DECIMAL(18, 4)) AS own,
    CAST(-next_peer - followed AS DECIMAL(18, 4)) AS peer,
    own_weight,
    CASE WHEN own_weight = 0 THEN 'prior' WHEN own_weight < 0.5 THEN 'pooled' ELSE 'own' END AS basis,
    model
FROM _ended
