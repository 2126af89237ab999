-- What a valuation foretold of each party's next twelve months, beside what the same party's cash then was.

-- step: _year_1
SELECT party_id,
       COALESCE(SUM(year_1) FILTER (WHERE stream = 'revenue'), 0) AS revenue,
       SUM(year_1) AS net_cash
FROM cube
WHERE stream NOT IN ('advocacy', 'innovation')
GROUP BY party_id

-- step: _last_year
SELECT party_id,
       SUM(revenue + refunds) AS revenue,
       SUM(revenue + refunds + cost_of_goods + retention + sales + support + incentives + other) AS net_cash
FROM cash_months
WHERE month > $year_before AND month <= $origin
GROUP BY party_id

-- step: _cohorts
SELECT party_id, YEAR(MIN(month)) * 4 + QUARTER(MIN(month)) AS cohort FROM cash_months GROUP BY party_id

-- step: _foretold
SELECT l.party_id,
       SPLIT_PART(l.model, '+', 1) IN ('sbg', 'bdw') AS has_contract,
       l.model LIKE '%+%' OR SPLIT_PART(l.model, '+', 1) NOT IN ('sbg', 'bdw', 'none') AS has_orders,
       COALESCE(y.revenue, 0) AS revenue,
       COALESCE(y.net_cash, 0) AS net_cash,
       COALESCE(b.revenue, 0) AS last_revenue,
       COALESCE(b.net_cash, 0) AS last_net_cash,
       c.cohort
FROM ltv AS l
LEFT JOIN _year_1 AS y ON y.party_id = l.party_id
LEFT JOIN _last_year AS b ON b.party_id = l.party_id
LEFT JOIN _cohorts AS c ON c.party_id = l.party_id

-- step: foretold_then
-- A record of each party stands for it, since ids may have changed by the time of the comparison.
SELECT r.system, r.record, f.*
FROM _foretold AS f
JOIN (
    SELECT party_id, system, record, ROW_NUMBER() OVER (PARTITION BY party_id ORDER BY system, record) AS number
    FROM party_records
) AS r ON r.party_id = f.party_id AND r.number = 1

-- step: _came
SELECT party_id,
       SUM(revenue + refunds) AS revenue,
       SUM(revenue + refunds + cost_of_goods + retention + sales + support + incentives + other) AS net_cash
FROM cash_months
WHERE month > $origin AND month <= $year_after
GROUP BY party_id

-- step: _parties
SELECT r.party_id,
       BOOL_OR(f.has_contract) AS has_contract,
       BOOL_OR(f.has_orders) AS has_orders,
       SUM(f.revenue) AS revenue,
       SUM(f.net_cash) AS net_cash,
       SUM(f.last_revenue) AS last_revenue,
       SUM(f.last_net_cash) AS last_net_cash,
       MIN(f.cohort) AS cohort
FROM foretold AS f
JOIN party_records AS r ON r.system = f.system AND r.record = f.record
GROUP BY r.party_id

-- step: compared
SELECT p.party_id, p.has_contract, p.has_orders,
       CAST(p.revenue AS DOUBLE) AS model_revenue,
       CAST(p.net_cash AS DOUBLE) AS model_net_cash,
       CAST(p.last_revenue AS DOUBLE) AS last_period_revenue,
       CAST(p.last_net_cash AS DOUBLE) AS last_period_net_cash,
       CAST(SUM(p.last_revenue) OVER (PARTITION BY p.cohort) AS DOUBLE) / COUNT(*) OVER (PARTITION BY p.cohort)
         AS cohort_mean_revenue,
       CAST(SUM(p.last_net_cash) OVER (PARTITION BY p.cohort) AS DOUBLE) / COUNT(*) OVER (PARTITION BY p.cohort)
         AS cohort_mean_net_cash,
       CAST(COALESCE(c.revenue, 0) AS DOUBLE) AS actual_revenue,
       CAST(COALESCE(c.net_cash, 0) AS DOUBLE) AS actual_net_cash
FROM _parties AS p
LEFT JOIN _came AS c ON c.party_id = p.party_id
ORDER BY p.party_id
