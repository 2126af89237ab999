-- The own months of a party and the prediction of its peers, weighed; and how far that was off where it can be told.

-- step: _known
-- A model knows a peer of the mean size of its cell; from there to the own size cost goes as it does from cell to cell.
SELECT
    p.party_id, c.function, p.is_customer, p.seen, p.formerly,
    COALESCE(CAST(o.cost AS DOUBLE), 0) AS cost,
    COALESCE(CAST(o.former_cost AS DOUBLE), 0) AS former_cost,
    COALESCE(CAST(o.spent AS DOUBLE), 0) AS spent,
    c.peer * EXP(c.by_log_size * (LN(1 + GREATEST(p.size, 0)) - c.log_size)) + c.per_size * p.size AS peer, c.next_peer * EXP(c.by_log_size * (LN(1 + GREATEST(p.size, 0)) - c.log_size)) + c.per_size * p.size AS next_peer,
    c.own_months, c.model,
    COALESCE(s.share, 0) AS share, COALESCE(s.share, 0) * p.size AS followed
FROM cost_parties AS p
JOIN cost_peers AS c USING (has_contract, is_active, size_step, tenure_step, next_step, use_step)
LEFT JOIN cost_shares AS s ON s.has_contract = p.has_contract AND s.function = c.function
LEFT JOIN cost_own AS o ON o.party_id = p.party_id AND o.function = c.function

-- step: _weighed
SELECT
    *,
    cost / NULLIF(seen, 0) AS own,
    CASE WHEN seen > 0 THEN seen / (seen + own_months) ELSE 0 END AS own_weight,
    CASE WHEN formerly > 0 THEN formerly / (formerly + own_months) ELSE 0 END AS former_weight
FROM _known

-- step: _expected
-- `foretold` is what the year before the last would have said of the last one; `followed` is what goes with the money, at
-- what is received in a mean month.
SELECT
    *,
    own_weight * COALESCE(own, 0) + (1 - own_weight) * next_peer AS monthly,
    former_weight * COALESCE(former_cost / NULLIF(formerly, 0), 0) + (1 - former_weight) * peer AS foretold
FROM _weighed

-- step: cost_expected
-- Who costs less than its money says has a smaller share of it, so that no cost is ever less than nothing.
SELECT
    party_id, function, model, is_customer, seen, formerly, own, next_peer, own_weight, followed,
    foretold + followed AS foretold, spent / NULLIF(seen, 0) AS spent,
    CASE WHEN share > 0 THEN GREATEST(monthly, -followed) ELSE monthly END AS monthly,
    CASE WHEN share > 0 THEN GREATEST(monthly, 0) ELSE monthly END AS rate,
    CASE WHEN monthly < 0 AND followed > 0 THEN share * GREATEST(1 + monthly / followed, 0) ELSE share END AS share
FROM _expected

-- step: _judged
SELECT
    function,
    CASE WHEN formerly = 0 THEN 0 WHEN formerly < 6 THEN 1 ELSE 2 END AS history,
    CAST(ROUND(2 * LN(foretold)) AS INTEGER) AS level,
    spent / foretold AS ratio
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
