-- Recurring revenue by month. Balances are summed from the terms, movements from the parties: that they meet is a check.

-- step: _prices
-- Terms alike in range, currency and price are one row: a sum over them is exact and short.
SELECT from_number, until_number, currency, monthly, reporting_monthly, COUNT(*) AS terms
FROM mrr_terms
GROUP BY from_number, until_number, currency, monthly, reporting_monthly

-- step: _priced
SELECT
  m.number, p.terms, p.reporting_monthly,
  CAST(CAST(p.monthly AS DECIMAL(28, 4)) * r.rate AS DECIMAL(18, 4)) AS revalued,
  $mrr_rate = 'month_end' AND r.rate IS NULL AND p.currency IN (SELECT currency FROM fx_rates) AS lacks_rate
FROM _prices AS p
JOIN month_ends AS m ON m.number BETWEEN p.from_number AND p.until_number
LEFT JOIN mrr_rates AS r ON r.currency = p.currency AND r.number = m.number

-- step: _totals
SELECT
  number,
  SUM(COALESCE(revalued, reporting_monthly) * terms) AS mrr,
  SUM(CASE WHEN lacks_rate THEN reporting_monthly * terms ELSE 0 END) AS without_rate
FROM _priced
GROUP BY number

-- step: _reached
SELECT
  party_id, from_number, until_number,
  MAX(until_number) OVER (
    PARTITION BY party_id ORDER BY from_number, until_number, system, id
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  ) AS reached
FROM mrr_terms

-- step: _heads
-- Each party once per month end, whatever the number of its terms: the month ends that a term adds to those before it.
SELECT GREATEST(from_number, COALESCE(reached + 1, from_number)) AS from_number, until_number, COUNT(*) AS parties
FROM _reached
GROUP BY ALL

-- step: _customers
SELECT m.number, SUM(h.parties) AS customers
FROM _heads AS h
JOIN month_ends AS m ON m.number BETWEEN h.from_number AND h.until_number
GROUP BY m.number

-- step: _moved
SELECT
  number,
  SUM(new_business) AS new_business, SUM(expansion) AS expansion, SUM(reactivation) AS reactivation,
  SUM(contraction) AS contraction, SUM(churn) AS churn, SUM(fx) AS fx, SUM(lost) AS lost,
  COUNT(*) FILTER (WHERE (joins OR is_brief) AND NOT is_return) AS customers_new,
  COUNT(*) FILTER (WHERE (joins OR is_brief) AND is_return) AS customers_reactivated,
  COUNT(*) FILTER (WHERE leaves OR is_brief) AS customers_churned,
  COUNT(*) FILTER (WHERE leaves) AS customers_lost
FROM mrr_moves
GROUP BY number

-- step: _balances
SELECT
  m.number, m.as_of, m.complete,
  COALESCE(t.mrr, 0) AS "end",
  COALESCE(LAG(t.mrr) OVER (ORDER BY m.number), 0) AS "begin",
  COALESCE(t.without_rate, 0) AS without_rate,
  COALESCE(c.customers, 0) AS customers_end,
  COALESCE(LAG(c.customers) OVER (ORDER BY m.number), 0) AS customers_begin
FROM month_ends AS m
LEFT JOIN _totals AS t USING (number)
LEFT JOIN _customers AS c USING (number)

-- step: _exact
SELECT
  b.as_of, b.complete,
  CAST(b."begin" AS DECIMAL(18, 4)) AS "begin",
  CAST(COALESCE(v.new_business, 0) AS DECIMAL(18, 4)) AS new_business,
  CAST(COALESCE(v.expansion, 0) AS DECIMAL(18, 4)) AS expansion,
  CAST(COALESCE(v.reactivation, 0) AS DECIMAL(18, 4)) AS reactivation,
  CAST(COALESCE(v.contraction, 0) AS DECIMAL(18, 4)) AS contraction,
  CAST(COALESCE(v.churn, 0) AS DECIMAL(18, 4)) AS churn,
  CAST(COALESCE(v.fx, 0) AS DECIMAL(18, 4)) AS fx,
  CAST(b."end" AS DECIMAL(18, 4)) AS "end",
  CAST(b.without_rate AS DECIMAL(18, 4)) AS end_without_rate,
  CAST(b.customers_begin AS BIGINT) AS customers_begin,
  COALESCE(v.customers_new, 0) AS customers_new,
  COALESCE(v.customers_reactivated, 0) AS customers_reactivated,
  COALESCE(v.customers_churned, 0) AS customers_churned,
  CAST(b.customers_end AS BIGINT) AS customers_end,
  COALESCE(v.lost, 0) AS lost,
  COALESCE(v.customers_lost, 0) AS customers_lost
FROM _balances AS b
LEFT JOIN _moved AS v USING (number)
WHERE b.number > 0

-- step: _rates
SELECT
  *,
  customers_lost / CAST(NULLIF(customers_begin, 0) AS DOUBLE) AS logo_churn_rate,
  CAST(-lost AS DOUBLE) / CAST(NULLIF("begin", 0) AS DOUBLE) AS gross_churn_rate,
  CAST(-lost - expansion AS DOUBLE) / CAST(NULLIF("begin", 0) AS DOUBLE) AS net_churn_rate,
  CAST(new_business + reactivation + expansion AS DOUBLE) / CAST(NULLIF(-contraction - churn, 0) AS DOUBLE) AS quick_ratio,
  CAST("end" AS DOUBLE) / CAST(NULLIF(customers_end, 0) AS DOUBLE) AS arpa
FROM _exact

-- step: mrr_months
-- A year of a month that is still running would be too low: no rate.
SELECT
  as_of, complete, "begin", new_business, expansion, reactivation, contraction, churn, fx, "end", end_without_rate,
  customers_begin, customers_new, customers_reactivated, customers_churned, customers_end,
  logo_churn_rate, gross_churn_rate, net_churn_rate,
  1 - gross_churn_rate AS grr,
  1 - net_churn_rate AS nrr,
  quick_ratio, arpa,
  CASE WHEN complete THEN 1 - POWER(1 - logo_churn_rate, 12) END AS annual_churn_rate
FROM _rates
