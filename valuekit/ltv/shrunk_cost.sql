-- The own months of a party and the prediction of its peers, weighed; and how far that was off where it can be told.

-- step: _known
SELECT
    p.party_id, c.function, p.is_customer, p.seen, p.formerly,
    COALESCE(CAST(o.cost AS DOUBLE), 0) AS cost,
    COALESCE(CAST(o.former_cost AS DOUBLE), 0) AS former_cost,
    c.peer, c.next_peer, c.own_months, c.model
FROM cost_parties AS p
JOIN cost_peers AS c USING (has_contract, is_active, size_step, tenure_step, next_step, use_step)
LEFT JOIN cost_own AS o ON o.party_id = p.party_id AND o.function = c.function

-- step: _weighed
SELECT
    *,
    cost / NULLIF(seen, 0) AS own,
    CASE WHEN seen > 0 THEN seen / (seen + own_months) ELSE 0 END AS own_weight,
    CASE WHEN formerly > 0 THEN formerly / (formerly + own_months) ELSE 0 END AS former_weight
FROM _known

-- step: cost_expected
-- `foretold` is what the year before the last would have said of the last one.
SELECT
    party_id, function, model, is_customer, seen, formerly, cost, own, next_peer, own_weight,
    own_weight * COALESCE(own, 0) + (1 - own_weight) * next_peer AS monthly,
    former_weight * COALESCE(former_cost / NULLIF(formerly, 0), 0) + (1 - former_weight) * peer AS foretold
FROM _weighed

-- step: _judged
SELECT
    function,
    CASE WHEN formerly = 0 THEN 0 WHEN formerly < 6 THEN 1 ELSE 2 END AS history,
    CAST(ROUND(2 * LN(foretold)) AS INTEGER) AS level,
    own / foretold AS ratio
FROM cost_expected
WHERE is_customer AND seen >= 6 AND foretold > 0

-- step: cost_ratios
-- The last year as a multiple of what had been foretold, by level (half a natural log) and history; steps of an eighth.
SELECT
    function, history, level,
    CASE WHEN ratio > 0 THEN GREATEST(CAST(ROUND(8 * LN(ratio)) AS INTEGER), -64) ELSE -64 END AS step,
    COUNT(*) AS customers
FROM _judged
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4
