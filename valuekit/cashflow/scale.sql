-- Scale: what everybody else would pay more without a party, by the pools' curves C(V) = a V^b, month by month.

-- step: _latest
SELECT function, pool, driver
FROM scale_pools
QUALIFY ROW_NUMBER() OVER (PARTITION BY function, pool ORDER BY month DESC) = 1

-- step: _pool_series
-- A pool's months for the estimate: those in which its latest driver shared it out, and that are over.
SELECT
    p.function, p.pool, p.driver,
    DATEDIFF('month', DATE '2000-01-01', p.month) AS month,
    CAST(p.cost AS DOUBLE) AS cost,
    CAST(p.units AS DOUBLE) AS units
FROM scale_pools AS p
JOIN _latest AS l USING (function, pool, driver)
WHERE p.cost > 0 AND p.month <= $last_whole_month
ORDER BY p.function, p.pool, p.month

-- step: scale_months
-- Months of the year in which a curve holds, with the cost at the whole volume.
SELECT p.function, p.pool, p.month, p.driver, p.work, p.cost, p.units, CAST(c.elasticity AS DOUBLE) AS elasticity
FROM scale_pools AS p
JOIN scale_fits AS c USING (function, pool, driver)
WHERE p.month >= $since AND p.cost > 0 AND c.elasticity <> 1

-- step: _credits
-- (AC(V - v) - AC(V)) (V - v) = C(V) ((1 - v/V)^b - (1 - v/V)); nobody is left to pay more for a party that is alone.
SELECT
    u.n, p.function, p.pool, u.units, p.units AS all_units,
    CAST(CASE
        WHEN u.units < p.units THEN CAST(p.cost AS DOUBLE) * (
            POW(1 - u.units / CAST(p.units AS DOUBLE), p.elasticity) - (1 - u.units / CAST(p.units AS DOUBLE))
        )
        ELSE 0
    END AS DECIMAL(18, 4)) AS credit
FROM scale_months AS p
JOIN scale_units AS u
    ON u.driver = p.driver AND u.work = p.work AND u.month = p.month
WHERE u.n IS NOT NULL

-- step: scale_credits
-- By party and pool over the year.
SELECT
    n, function, pool,
    CAST(SUM(credit) AS DECIMAL(18, 4)) AS credit,
    SUM(units) AS units
FROM _credits
GROUP BY n, function, pool

-- step: _year_pools
SELECT
    function, pool, driver,
    CAST(SUM(cost) AS DECIMAL(18, 4)) AS cost,
    SUM(units) AS units
FROM scale_pools
WHERE month >= $since
GROUP BY function, pool, driver

-- step: scale_curves
SELECT
    f.function, f.pool, f.driver, f.basis, f.reason, f.elasticity, f.estimate, f.low, f.high, f.months,
    CAST(COALESCE(p.cost, 0) AS DECIMAL(18, 4)) AS cost_12m,
    COALESCE(p.units, 0) / f.parts_of_a_unit AS units_12m,
    CAST(p.cost AS DOUBLE) / NULLIF(p.units / f.parts_of_a_unit, 0) AS unit_cost,
    CAST(-COALESCE(c.credits, 0) AS DECIMAL(18, 4)) AS residual_12m
FROM scale_fits AS f
LEFT JOIN _year_pools AS p USING (function, pool, driver)
LEFT JOIN (SELECT function, pool, SUM(credit) AS credits FROM scale_credits GROUP BY function, pool) AS c
    USING (function, pool)

-- step: _party_credits
SELECT n, CAST(SUM(credit) AS DECIMAL(18, 4)) AS credit
FROM scale_credits
GROUP BY n

-- step: _main_pool
SELECT c.n, c.pool, c.credit, CAST(c.units AS DOUBLE) / CAST(p.units AS DOUBLE) AS share
FROM scale_credits AS c
JOIN (SELECT function, pool, SUM(units) AS units FROM scale_months GROUP BY function, pool) AS p USING (function, pool)
WHERE c.credit <> 0
QUALIFY ROW_NUMBER() OVER (PARTITION BY c.n ORDER BY ABS(c.credit) DESC, c.function, c.pool) = 1

-- step: _credited
SELECT q.party_id, c.credit, m.pool, m.credit AS pool_credit, m.share
FROM _party_credits AS c
JOIN scale_parties AS q USING (n)
LEFT JOIN _main_pool AS m USING (n)

-- step: scale_effects
SELECT
    party_id,
    CAST(COALESCE(s.net_cash_12m, 0) AS DECIMAL(18, 4)) AS standalone_12m,
    CAST(COALESCE(c.credit, 0) AS DECIMAL(18, 4)) AS scale_credit_12m,
    CAST(COALESCE(s.net_cash_12m, 0) + COALESCE(c.credit, 0) AS DECIMAL(18, 4)) AS with_scale_12m,
    c.pool AS main_pool,
    CAST(c.pool_credit AS DECIMAL(18, 4)) AS main_pool_credit_12m,
    c.share AS main_pool_share
FROM cash AS s
FULL JOIN _credited AS c USING (party_id)
