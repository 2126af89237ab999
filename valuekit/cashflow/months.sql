-- The statement of the months from $first to $last: what each party receives, causes and uses.

-- step: _ticket_minutes
SELECT
    'ticket_minutes' AS driver, '' AS work, CAST(DATE_TRUNC('month', opened_on) AS DATE) AS month, n,
    SUM(CAST(minutes * 100 AS BIGINT)) AS units
FROM tickets
LEFT JOIN cashflow_parties USING (party_id)
WHERE $ticket_minutes AND channel = 'agent' AND opened_on BETWEEN $first AND $last
GROUP BY 3, 4

-- step: _tickets
SELECT
    'tickets' AS driver, '' AS work, CAST(DATE_TRUNC('month', opened_on) AS DATE) AS month, n, COUNT(*) AS units
FROM tickets
LEFT JOIN cashflow_parties USING (party_id)
WHERE $tickets AND channel = 'agent' AND opened_on BETWEEN $first AND $last
GROUP BY 3, 4

-- step: _activity_minutes
SELECT
    'activity_minutes' AS driver, function AS work, CAST(DATE_TRUNC('month', done_on) AS DATE) AS month, n,
    SUM(CAST(minutes * 100 AS BIGINT)) AS units
FROM activities
LEFT JOIN cashflow_parties USING (party_id)
WHERE $activity_minutes AND done_on BETWEEN $first AND $last
GROUP BY 2, 3, 4

-- step: _direct_cost
SELECT
    'direct_cost' AS driver, function AS work, CAST(DATE_TRUNC('month', done_on) AS DATE) AS month, n,
    CAST(SUM(reporting_direct_cost) * 10000 AS HUGEINT) AS units
FROM activities
LEFT JOIN cashflow_parties USING (party_id)
WHERE $direct_cost AND done_on BETWEEN $first AND $last
GROUP BY 2, 3, 4

-- step: _engagements
SELECT
    'engagements' AS driver, '' AS work, CAST(DATE_TRUNC('month', engaged_on) AS DATE) AS month, n, COUNT(*) AS units
FROM engagements
LEFT JOIN cashflow_parties USING (party_id)
WHERE $engagements AND engaged_on BETWEEN $first AND $last
GROUP BY 3, 4

-- step: _usage_events
SELECT
    'usage_events' AS driver, '' AS work, CAST(DATE_TRUNC('month', used_on) AS DATE) AS month, n, SUM(events) AS units
FROM usage
LEFT JOIN cashflow_parties USING (party_id)
WHERE $usage_events AND used_on BETWEEN $first AND $last
GROUP BY 3, 4

-- step: _orders
SELECT
    'orders' AS driver, '' AS work, CAST(DATE_TRUNC('month', ordered_on) AS DATE) AS month, n, COUNT(*) AS units
FROM orders
LEFT JOIN cashflow_parties USING (party_id)
WHERE $orders AND reporting_amount >= 0 AND ordered_on BETWEEN $first AND $last
GROUP BY 3, 4

-- step: _takings
SELECT CAST(DATE_TRUNC('month', paid_on) AS DATE) AS month, party_id, reporting_amount
FROM payments
WHERE kind = 'payment' AND reporting_amount > 0 AND paid_on BETWEEN $first AND $last
UNION ALL
SELECT CAST(DATE_TRUNC('month', ordered_on) AS DATE) AS month, party_id, reporting_amount
FROM orders
WHERE reporting_amount > 0 AND ordered_on BETWEEN $first AND $last

-- step: _revenue
SELECT 'revenue' AS driver, '' AS work, month, n, CAST(SUM(reporting_amount) * 10000 AS HUGEINT) AS units
FROM _takings
LEFT JOIN cashflow_parties USING (party_id)
WHERE $revenue
GROUP BY month, n

-- step: _equal
SELECT DISTINCT 'equal' AS driver, '' AS work, month, n, 1 AS units
FROM _takings
JOIN cashflow_parties USING (party_id)
WHERE $equal

-- step: _units
SELECT * FROM _ticket_minutes
UNION ALL
SELECT * FROM _tickets
UNION ALL
SELECT * FROM _activity_minutes
UNION ALL
SELECT * FROM _direct_cost
UNION ALL
SELECT * FROM _engagements
UNION ALL
SELECT * FROM _usage_events
UNION ALL
SELECT * FROM _orders
UNION ALL
SELECT * FROM _revenue
UNION ALL
SELECT * FROM _equal

-- step: cashflow_units
-- Whole units of each driver by month and party; the row without party holds what unknown parties used.
SELECT driver, work, month, n, CAST(units AS HUGEINT) AS units
FROM _units
WHERE units > 0

-- step: _driver_months
SELECT driver, work, month, SUM(units) AS total
FROM cashflow_units
GROUP BY driver, work, month

-- step: _pool_months
SELECT
    month, function, pool,
    -SUM(reporting_amount) AS amount,
    MAX(practical_capacity_minutes) AS capacity
FROM costs
WHERE record IS NULL AND month BETWEEN $first AND $last
GROUP BY month, function, pool

-- step: _pools_driven
-- The first driver of the pool's chain that has units in the month. `none` ends every chain and needs no units; nor does
-- time against a known capacity: a month without a minute is a month of unused capacity, where time is kept at all.
SELECT p.*, c.driver, c.work, c.label, c.in_minutes, COALESCE(d.total, 0) AS total
FROM _pool_months AS p
JOIN cashflow_chain AS c USING (function, pool)
LEFT JOIN _driver_months AS d
    ON d.driver = c.driver AND d.work = c.work AND d.month = p.month
WHERE c.driver = 'none' OR d.total > 0 OR c.keeps_time AND p.capacity > 0
QUALIFY ROW_NUMBER() OVER (PARTITION BY p.month, p.function, p.pool ORDER BY c.position) = 1

-- step: _pools_measured
-- Sizes as whole numbers: the amount in hundredths of a cent, time in hundredths of a minute.
SELECT
    *,
    CASE WHEN amount < 0 THEN -1 ELSE 1 END AS sign,
    CAST(ABS(CAST(amount AS DECIMAL(38, 4))) * 10000 AS HUGEINT) AS size,
    CAST(CAST(capacity AS DECIMAL(38, 2)) * 100 AS HUGEINT) AS room,
    COALESCE(in_minutes AND total < CAST(capacity AS DECIMAL(38, 2)) * 100, FALSE) AS has_unused
FROM _pools_driven

-- step: cashflow_pools
-- Cents to share out: all of them, or the used part of the capacity at the capacity cost rate (half away from zero).
SELECT
    ROW_NUMBER() OVER (ORDER BY month, function, pool) AS p,
    month, function, pool, amount, driver, work, label, total, sign, has_unused,
    CASE
        WHEN driver = 'none' THEN CAST(0 AS HUGEINT)
        WHEN has_unused THEN LEAST((2 * size * total + 100 * room) // (200 * room), size // 100)
        ELSE size // 100
    END AS cents
FROM _pools_measured

-- step: cashflow_split
SELECT
    p.p, u.n, p.sign,
    p.cents * u.units // p.total AS cents,
    p.cents * u.units % p.total AS remainder
FROM cashflow_pools AS p
JOIN cashflow_units AS u
    ON u.driver = p.driver AND u.work = p.work AND u.month = p.month
WHERE p.cents > 0

-- step: _left_over
SELECT p, SUM(remainder) // MAX(total) AS cents_left
FROM cashflow_split
JOIN cashflow_pools USING (p)
GROUP BY p

-- step: cashflow_shares
-- Largest remainders: the cents that are left go to the largest remainders, ties to the lower party, unknown last.
SELECT
    p, n,
    sign * (
        s.cents + CASE
            WHEN ROW_NUMBER() OVER (PARTITION BY p ORDER BY remainder DESC, n NULLS LAST) <= cents_left THEN 1 ELSE 0
        END
    ) AS cents
FROM cashflow_split AS s
JOIN _left_over USING (p)

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
    SUM(amount) FILTER (WHERE line = 'marketing') AS marketing,
    SUM(amount) FILTER (WHERE line = 'sales') AS sales,
    SUM(amount) FILTER (WHERE line = 'support') AS support,
    SUM(amount) FILTER (WHERE line = 'incentives') AS incentives,
    SUM(amount) AS net_cash
FROM _carried
WHERE n IS NOT NULL AND amount <> 0
GROUP BY n, month

-- step: cashflow_months
SELECT
    party_id, month,
    CAST(COALESCE(revenue, 0) AS DECIMAL(18, 4)) AS revenue,
    CAST(COALESCE(refunds, 0) AS DECIMAL(18, 4)) AS refunds,
    CAST(COALESCE(cost_of_goods, 0) AS DECIMAL(18, 4)) AS cost_of_goods,
    CAST(COALESCE(marketing, 0) AS DECIMAL(18, 4)) AS marketing,
    CAST(COALESCE(sales, 0) AS DECIMAL(18, 4)) AS sales,
    CAST(COALESCE(support, 0) AS DECIMAL(18, 4)) AS support,
    CAST(COALESCE(incentives, 0) AS DECIMAL(18, 4)) AS incentives,
    CAST(net_cash AS DECIMAL(18, 4)) AS net_cash
FROM _lines
JOIN cashflow_parties USING (n)
