-- Where the balance tips: for each party, and for the enterprise.

-- step: _minutes_of_months
-- A minute of a ticket costs what all pools of support that tickets drive cost by the minute.
SELECT month, SUM(cost) AS cost, MAX(units) AS units
FROM scale_pools
WHERE function = 'support' AND driver = 'ticket_minutes' AND month >= $since
GROUP BY month

-- step: _company_minutes
SELECT
    CAST(COALESCE(SUM(units), 0) AS DOUBLE) / 100 / 12 AS minutes,
    CAST(SUM(cost) AS DOUBLE) / NULLIF(CAST(SUM(units) AS DOUBLE) / 100, 0) AS rate
FROM _minutes_of_months

-- step: _party_minutes
SELECT q.party_id, CAST(SUM(u.units) AS DOUBLE) / 100 / 12 AS minutes
FROM scale_units AS u
JOIN _minutes_of_months AS m USING (month)
JOIN scale_parties AS q USING (n)
WHERE u.driver = 'ticket_minutes'
GROUP BY q.party_id

-- step: _parties
SELECT
    c.party_id, c.net_cash_12m AS net, {variable} AS variable, {priced} AS priced,
    COALESCE(m.minutes, 0) AS minutes
FROM cash AS c
LEFT JOIN _party_minutes AS m USING (party_id)

-- step: _capacity
-- What parties carry of pools of time against a practical capacity.
SELECT COALESCE(SUM(cost - direct - unused_cost), 0) AS used
FROM pool_months
WHERE month >= $since AND capacity_minutes > 0 AND minutes_used > 0

-- step: _enterprise
-- What parties carry moves with volume, but for capacity; that, and what nobody carries, does not.
SELECT
    CAST(NULL AS VARCHAR) AS party_id,
    COALESCE(SUM(ledger - eliminated), 0) AS net,
    COALESCE(SUM(attributed + unattributed), 0) - (SELECT used FROM _capacity) AS variable,
    COALESCE(SUM(ledger - eliminated) FILTER (WHERE line IN ('revenue', 'refunds')), 0) AS priced,
    (SELECT minutes FROM _company_minutes) AS minutes,
    (SELECT used FROM _capacity) AS capacity
FROM books
WHERE month >= $since

-- step: _all
SELECT party_id, net, variable, net - variable AS fixed, priced, minutes, 0 AS capacity
FROM _parties
UNION ALL
SELECT party_id, net, variable, net - variable, priced, minutes, capacity
FROM _enterprise

-- step: _words
SELECT
    a.*, r.rate, minutes + CAST(net AS DOUBLE) / 12 / NULLIF(r.rate, 0) AS minutes_at_zero,
    CASE
        WHEN party_id IS NULL THEN CAST($reason AS VARCHAR)
        WHEN variable = 0 THEN 'no_volume'
        WHEN fixed = 0 THEN 'nothing_fixed'
        WHEN variable > 0 AND fixed > 0 THEN 'always_positive'
        WHEN variable < 0 AND fixed < 0 THEN 'every_unit_loses'
    END AS volume_reason,
    CASE WHEN priced <= 0 THEN 'no_revenue' WHEN net > priced THEN 'pays_even_when_free' END AS price_reason,
    CASE
        WHEN COALESCE(r.rate, 0) <= 0 THEN 'no_minutes_kept'
        WHEN minutes + CAST(net AS DOUBLE) / 12 / r.rate < 0 THEN 'loses_without_support'
    END AS minutes_reason
FROM _all AS a
CROSS JOIN (SELECT rate FROM _company_minutes) AS r

-- step: break_even
SELECT
    party_id,
    CAST(net AS DECIMAL(18, 4)) AS net_cash_12m,
    CAST(variable AS DECIMAL(18, 4)) AS variable_12m,
    CAST(fixed AS DECIMAL(18, 4)) AS fixed_12m,
    CAST(priced AS DECIMAL(18, 4)) AS priced_12m,
    CAST(capacity AS DECIMAL(18, 4)) AS capacity_12m,
    CASE
        WHEN party_id IS NULL THEN CAST($volume AS DOUBLE)
        WHEN volume_reason IS NULL THEN -CAST(fixed AS DOUBLE) / CAST(variable AS DOUBLE)
    END AS volume,
    volume_reason,
    CASE WHEN price_reason IS NULL THEN -CAST(net AS DOUBLE) / CAST(priced AS DOUBLE) END AS price_change,
    price_reason,
    minutes AS minutes_a_month,
    rate AS minute_rate,
    CASE WHEN minutes_reason IS NULL THEN minutes_at_zero END AS minutes_at_zero,
    minutes_reason
FROM _words
