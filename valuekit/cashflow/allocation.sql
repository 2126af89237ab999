-- Pools of the months from $first to $last, shared out by the units of their drivers: whole cents, largest remainders.

-- step: _driver_months
SELECT driver, work, month, SUM(units) AS total
FROM cashflow_units
GROUP BY driver, work, month

-- step: _pool_months
-- A pool's money for a campaign is shared out by itself.
SELECT
    month, function, pool, currency, COALESCE(campaign, '') AS campaign,
    -SUM(reporting_amount) AS amount,
    MAX(MAX(practical_capacity_minutes)) OVER (PARTITION BY month, function, pool) AS capacity
FROM costs
ANTI JOIN cashflow_inside AS i ON i.party_id = costs.supplier_party_id
WHERE record IS NULL AND month BETWEEN $first_month AND $last_month
GROUP BY month, function, pool, currency, COALESCE(campaign, '')

-- step: _pools_driven
-- The first driver of the pool's chain that has units in the month. `none` ends every chain and needs no units; nor does
-- time against a known capacity: a month without a minute is a month of unused capacity, where time is kept at all.
SELECT
    p.month, p.function, p.pool, p.currency, p.campaign, p.amount, COALESCE(p.capacity, c.capacity) AS capacity,
    c.driver, c.work, c.label, c.position, c.in_minutes, COALESCE(d.total, 0) AS total
FROM _pool_months AS p
JOIN cashflow_chain AS c USING (function, pool, campaign)
LEFT JOIN _driver_months AS d
    ON d.driver = c.driver AND d.work = c.work AND d.month = p.month
WHERE c.driver = 'none' OR d.total > 0 OR c.keeps_time AND COALESCE(p.capacity, c.capacity) > 0
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY p.month, p.function, p.pool, p.currency, p.campaign ORDER BY c.position
) = 1

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
    ROW_NUMBER() OVER (ORDER BY month, function, pool, currency, campaign) AS p,
    month, function, pool, currency, campaign, amount, driver, work, label, position, in_minutes, room, total, sign,
    has_unused,
    CASE
        WHEN driver = 'none' THEN CAST(0 AS HUGEINT)
        WHEN has_unused THEN LEAST((2 * size * total + 100 * room) // (200 * room), size // 100)
        ELSE size // 100
    END AS cents
FROM _pools_measured

-- step: cashflow_split
SELECT
    p.p, u.n, p.sign,
    CAST(p.cents * u.units // p.total AS BIGINT) AS cents,
    CAST(p.cents * u.units % p.total AS BIGINT) AS remainder
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
