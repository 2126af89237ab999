-- The statement of the months from $first to $last: what each party receives, causes and uses.

-- step: _received
SELECT
    paid_on AS day, party_id,
    CASE WHEN kind = 'payment' THEN 'revenue' ELSE 'refunds' END AS line,
    'payments' AS pool, '' AS label, reporting_amount AS amount
FROM payments
WHERE paid_on BETWEEN $first AND $last
UNION ALL
SELECT
    ordered_on AS day, party_id,
    CASE WHEN reporting_amount >= 0 THEN 'revenue' ELSE 'refunds' END AS line,
    'orders' AS pool, '' AS label, reporting_amount AS amount
FROM orders
WHERE ordered_on BETWEEN $first AND $last

-- step: _goods
SELECT
    ordered_on AS day, party_id, 'cost_of_goods' AS line, 'orders' AS pool,
    CASE WHEN reporting_cost_of_goods IS NULL THEN 'assumed share of revenue' ELSE 'direct' END AS label,
    -COALESCE(
        reporting_cost_of_goods, ROUND(reporting_amount * CAST($assumed AS DECIMAL(9, 8)), 2)
    ) AS amount
FROM orders
WHERE (reporting_cost_of_goods IS NOT NULL OR $assumed IS NOT NULL) AND ordered_on BETWEEN $first AND $last

-- step: _direct
SELECT month AS day, party_id, function AS line, pool, 'direct' AS label, -reporting_amount AS amount
FROM costs
WHERE record IS NOT NULL AND function <> 'general' AND month BETWEEN $first AND $last

-- step: _carried
-- Everything that a party carries, by month, line, pool and reason; no party means not known.
SELECT CAST(DATE_TRUNC('month', o.day) AS DATE) AS month, q.n, o.line, o.pool, o.label, o.amount
FROM (
    SELECT * FROM _received
    UNION ALL
    SELECT * FROM _goods
    UNION ALL
    SELECT * FROM _direct
) AS o
LEFT JOIN cashflow_parties AS q USING (party_id)
UNION ALL
SELECT p.month, s.n, p.function, p.pool, p.label, CAST(CAST(s.cents AS DECIMAL(20, 0)) * 0.01 AS DECIMAL(18, 4))
FROM cashflow_shares AS s
JOIN cashflow_pools AS p USING (p)

-- step: _pools_kept
-- What no party carries: the unused part of a capacity, pools that nothing drives, and the part of a cent that is left.
SELECT
    month, function AS line, pool, label,
    amount - CAST(sign * cents AS DECIMAL(20, 0)) * 0.01 AS kept,
    has_unused
FROM cashflow_pools
UNION ALL
SELECT month, function, pool, 'none', -SUM(reporting_amount), FALSE
FROM costs
WHERE record IS NOT NULL AND function = 'general' AND month BETWEEN $first AND $last
GROUP BY month, function, pool

-- step: cashflow_parts
SELECT
    month, line, pool, label,
    SUM(amount) FILTER (WHERE n IS NOT NULL) AS attributed,
    SUM(amount) FILTER (WHERE n IS NULL) AS unattributed,
    CAST(NULL AS DECIMAL(38, 4)) AS unused_capacity,
    CAST(NULL AS DECIMAL(38, 4)) AS unallocated
FROM _carried
GROUP BY month, line, pool, label
UNION ALL
SELECT
    month, line, pool, label, NULL, NULL,
    CASE WHEN has_unused THEN CAST(kept AS DECIMAL(38, 4)) END,
    CASE WHEN NOT has_unused THEN CAST(kept AS DECIMAL(38, 4)) END
FROM _pools_kept

-- step: _lines
SELECT
    n, month,
    SUM(amount) FILTER (WHERE line = 'revenue') AS revenue,
    SUM(amount) FILTER (WHERE line = 'refunds') AS refunds,
    SUM(amount) FILTER (WHERE line = 'cost_of_goods') AS cost_of_goods,
    SUM(amount) FILTER (WHERE line = 'marketing' AND month <= COALESCE(won, month)) AS acquisition,
    SUM(amount) FILTER (WHERE line = 'marketing' AND month > won) AS retention,
    SUM(amount) FILTER (WHERE line = 'sales') AS sales,
    SUM(amount) FILTER (WHERE line = 'support') AS support,
    SUM(amount) FILTER (WHERE line = 'incentives') AS incentives,
    SUM(amount) FILTER (WHERE line = 'other') AS other,
    SUM(amount) AS net_cash
FROM _carried
JOIN cashflow_parties USING (n)
WHERE n IS NOT NULL AND amount <> 0
GROUP BY n, month

-- step: cashflow_months
SELECT
    party_id, month,
    CAST(COALESCE(revenue, 0) AS DECIMAL(18, 4)) AS revenue,
    CAST(COALESCE(refunds, 0) AS DECIMAL(18, 4)) AS refunds,
    CAST(COALESCE(cost_of_goods, 0) AS DECIMAL(18, 4)) AS cost_of_goods,
    CAST(COALESCE(acquisition, 0) AS DECIMAL(18, 4)) AS acquisition,
    CAST(COALESCE(retention, 0) AS DECIMAL(18, 4)) AS retention,
    CAST(COALESCE(sales, 0) AS DECIMAL(18, 4)) AS sales,
    CAST(COALESCE(support, 0) AS DECIMAL(18, 4)) AS support,
    CAST(COALESCE(incentives, 0) AS DECIMAL(18, 4)) AS incentives,
    CAST(COALESCE(other, 0) AS DECIMAL(18, 4)) AS other,
    CAST(net_cash AS DECIMAL(18, 4)) AS net_cash
FROM _lines
JOIN cashflow_parties USING (n)

-- step: _on_their_own
-- Cost that names its party, by pool.
SELECT CAST(DATE_TRUNC('month', day) AS DATE) AS month, line, pool, SUM(amount) AS direct
FROM (
    SELECT day, line, pool, amount FROM _goods
    UNION ALL
    SELECT day, line, pool, amount FROM _direct
    UNION ALL
    SELECT month, function, pool, -reporting_amount
    FROM costs
    WHERE record IS NOT NULL AND function = 'general' AND month BETWEEN $first AND $last
)
GROUP BY 1, 2, 3

-- step: cashflow_pool_months
-- Each pool by month as a controller reads it. Time is kept in hundredths of a minute.
SELECT
    COALESCE(p.month, d.month) AS month,
    COALESCE(p.function, d.line) AS function,
    COALESCE(p.pool, d.pool) AS pool,
    COALESCE(p.campaign, '') AS campaign,
    CAST(COALESCE(p.amount, 0) + COALESCE(d.direct, 0) AS DECIMAL(18, 4)) AS cost,
    CAST(COALESCE(d.direct, 0) AS DECIMAL(18, 4)) AS direct,
    COALESCE(p.driver, 'direct') AS driver,
    q.quality,
    COALESCE(p.position > 0, FALSE) AS fallback,
    CAST(p.total AS DOUBLE) / q.scale AS units,
    CASE WHEN p.in_minutes THEN CAST(p.room AS DOUBLE) / 100 END AS capacity_minutes,
    CASE WHEN p.in_minutes THEN CAST(p.total AS DOUBLE) / 100 END AS minutes_used,
    CASE
        WHEN p.in_minutes
        THEN -CAST(p.amount AS DOUBLE) * 100 / NULLIF(CAST(GREATEST(COALESCE(p.room, 0), p.total) AS DOUBLE), 0)
    END AS rate_per_minute,
    CASE WHEN p.in_minutes AND p.room > 0 THEN CAST(GREATEST(p.room - p.total, 0) AS DOUBLE) / 100 END AS unused_minutes,
    CAST(
        CASE WHEN p.has_unused THEN p.amount - CAST(p.sign * p.cents AS DECIMAL(20, 0)) * 0.01 ELSE 0 END
        AS DECIMAL(18, 4)
    ) AS unused_cost,
    CASE WHEN p.in_minutes AND p.room > 0 THEN CAST(GREATEST(p.total - p.room, 0) AS DOUBLE) / 100 END
        AS over_capacity_minutes
FROM cashflow_pools AS p
FULL JOIN _on_their_own AS d
    ON d.month = p.month AND d.line = p.function AND d.pool = p.pool AND p.campaign = ''
JOIN cashflow_qualities AS q ON q.driver = COALESCE(p.driver, 'direct')
