-- The statement of the months from $first to $last: what each party receives, causes and uses.

-- step: _paid
SELECT
    {month_of_paid_on} AS month, party_id,
    CASE WHEN kind = 'payment' THEN 'revenue' ELSE 'refunds' END AS line,
    'payments' AS pool, currency, '' AS label, reporting_amount AS amount, COALESCE(reporting_tax, 0) AS tax
FROM payments
WHERE paid_on BETWEEN $first AND $last

-- step: _ordered
SELECT
    {month_of_ordered_on} AS month, party_id,
    CASE WHEN reporting_amount >= 0 THEN 'revenue' ELSE 'refunds' END AS line,
    'orders' AS pool, currency, '' AS label, reporting_amount AS amount, COALESCE(reporting_tax, 0) AS tax
FROM orders
WHERE ordered_on BETWEEN $first AND $last

-- step: _goods
SELECT
    {month_of_ordered_on} AS month, party_id, 'cost_of_goods' AS line, 'orders' AS pool, currency,
    CASE WHEN reporting_cost_of_goods IS NULL THEN 'assumed share of revenue' ELSE 'direct' END AS label,
    -COALESCE(
        reporting_cost_of_goods,
        ROUND(
            (reporting_amount - CASE WHEN i.party_id IS NULL THEN COALESCE(reporting_tax, 0) ELSE 0 END)
            * CAST($assumed AS DECIMAL(9, 8)), 2
        )
    ) AS amount,
    0 AS tax
FROM orders
LEFT JOIN cashflow_inside AS i USING (party_id)
WHERE (reporting_cost_of_goods IS NOT NULL OR $assumed IS NOT NULL) AND ordered_on BETWEEN $first AND $last

-- step: _direct
-- Lines that name whom they are for, and lines that one's own unit was paid for, whomever they are for.
SELECT
    c.month, COALESCE(i.party_id, c.party_id) AS party_id, c.function AS line, c.pool, c.currency,
    CASE WHEN c.function = 'general' THEN 'none' ELSE 'direct' END AS label,
    -c.reporting_amount AS amount, 0 AS tax
FROM costs AS c
LEFT JOIN cashflow_inside AS i ON i.party_id = c.supplier_party_id
WHERE (c.record IS NOT NULL OR i.party_id IS NOT NULL) AND c.month BETWEEN $first_month AND $last_month

-- step: _carried
-- Everything but what is left of pools, by month, party and line, and in which place of the books it stands.
SELECT
    o.month, q.n, o.line, o.pool, o.currency, o.label,
    CASE WHEN q.is_inside THEN o.amount ELSE o.amount - o.tax END AS amount,
    CASE
        WHEN q.is_inside THEN 'eliminated'
        WHEN o.line = 'general' THEN 'unallocated'
        WHEN q.n IS NULL THEN 'unattributed'
        ELSE 'attributed'
    END AS place
FROM (
    SELECT * FROM _paid
    UNION ALL
    SELECT * FROM _ordered
    UNION ALL
    SELECT * FROM _goods
    UNION ALL
    SELECT * FROM _direct
) AS o
LEFT JOIN cashflow_parties AS q USING (party_id)
UNION ALL
SELECT
    p.month, s.n, p.function, p.pool, p.currency, p.label,
    CAST(CAST(s.cents AS DECIMAL(20, 0)) * 0.01 AS DECIMAL(18, 4)),
    CASE WHEN s.n IS NULL THEN 'unattributed' ELSE 'attributed' END
FROM cashflow_shares AS s
JOIN cashflow_pools AS p USING (p)

-- step: _pools_kept
-- What no party carries: the unused part of a capacity, pools that nothing drives, and the part of a cent that is left.
SELECT
    month, function AS line, pool, currency, label,
    amount - CAST(sign * cents AS DECIMAL(20, 0)) * 0.01 AS kept,
    has_unused
FROM cashflow_pools

-- step: cashflow_parts
SELECT
    month, line, pool, currency, label,
    SUM(amount) FILTER (WHERE place = 'attributed') AS attributed,
    SUM(amount) FILTER (WHERE place = 'unattributed') AS unattributed,
    CAST(NULL AS DECIMAL(38, 4)) AS unused_capacity,
    SUM(amount) FILTER (WHERE place = 'unallocated') AS unallocated,
    SUM(amount) FILTER (WHERE place = 'eliminated') AS eliminated
FROM _carried
GROUP BY month, line, pool, currency, label
UNION ALL
SELECT
    month, line, pool, currency, label, NULL, NULL,
    CASE WHEN has_unused THEN CAST(kept AS DECIMAL(38, 4)) END,
    CASE WHEN NOT has_unused THEN CAST(kept AS DECIMAL(38, 4)) END,
    NULL
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
WHERE place = 'attributed' AND amount <> 0
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

-- step: cashflow_party_pools
-- What each party carries of every pool since $since, named or shared out.
SELECT n, line, pool, SUM(amount) AS cost
FROM _carried
WHERE place = 'attributed' AND amount <> 0 AND month >= $since AND line NOT IN ('revenue', 'refunds')
GROUP BY n, line, pool

-- step: _on_their_own
-- Cost that names its party, by pool.
SELECT month, line, pool, SUM(amount) AS direct
FROM (
    SELECT month, line, pool, amount FROM _goods
    UNION ALL
    SELECT month, line, pool, amount FROM _direct
)
GROUP BY month, line, pool

-- step: _pools_together
-- The ledger's currencies of a pool have one driver and one capacity.
SELECT
    month, function, pool, campaign, driver, position, in_minutes, room, total,
    SUM(amount) AS amount,
    SUM(CASE WHEN has_unused THEN amount - CAST(sign * cents AS DECIMAL(20, 0)) * 0.01 ELSE 0 END) AS unused_cost
FROM cashflow_pools
GROUP BY month, function, pool, campaign, driver, position, in_minutes, room, total

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
    CAST(COALESCE(p.unused_cost, 0) AS DECIMAL(18, 4)) AS unused_cost,
    CASE WHEN p.in_minutes AND p.room > 0 THEN CAST(GREATEST(p.total - p.room, 0) AS DOUBLE) / 100 END
        AS over_capacity_minutes
FROM _pools_together AS p
FULL JOIN _on_their_own AS d
    ON d.month = p.month AND d.line = p.function AND d.pool = p.pool AND p.campaign = ''
JOIN cashflow_qualities AS q ON q.driver = COALESCE(p.driver, 'direct')
