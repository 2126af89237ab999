-- Who is valued, and how long its history is. Own months count from the month after the first payment, so that the cost of
-- winning the customer, which is sunk, is left out; of these the last 12 complete ones. Beside them all that the cash
-- of these and of the 12 before says of each party: it is read once.

-- step: _valued
SELECT s.party_id,
       s.stage IN ('active', 'inactive') AS is_customer,
       f.has_contract,
       CAST(COALESCE(f.mrr, 0) AS DOUBLE) AS mrr,
       CAST(DATE_TRUNC('month', LEAST(COALESCE(f.first_paid_on, f.first_ordered_on),
                                      COALESCE(f.first_ordered_on, f.first_paid_on))) AS DATE) AS since
FROM stages AS s
JOIN facts AS f ON f.party_id = s.party_id
WHERE s.stage IN ('active', 'inactive', 'lapsed_paying', 'churned', 'paid_without_contract')

-- step: _history
SELECT *,
       GREATEST(COALESCE((YEAR($last_month) - YEAR(since)) * 12 + MONTH($last_month) - MONTH(since), 0), 0) AS months
FROM _valued

-- step: _own
-- `counts` are months after the first payment; cost by function is positive, and `former` is that of the year before.
SELECT party_id,
       CAST(SUM(CASE WHEN is_last_year THEN cost_of_goods END) AS DECIMAL(18,4)) AS cost_of_goods,
       CAST(SUM(CASE WHEN is_last_year AND counts THEN cost_of_goods END) AS DECIMAL(18,4)) AS delivered,
       CAST(SUM(CASE WHEN is_last_year THEN received END) AS DECIMAL(18,4)) AS received,
       CAST(SUM(CASE WHEN counts AND is_last_year THEN -retention END) AS DECIMAL(18,4)) AS marketing,
       CAST(SUM(CASE WHEN counts AND is_last_year THEN -sales END) AS DECIMAL(18,4)) AS sales,
       CAST(SUM(CASE WHEN counts AND is_last_year THEN -support END) AS DECIMAL(18,4)) AS support,
       CAST(SUM(CASE WHEN counts AND is_last_year THEN -incentives END) AS DECIMAL(18,4)) AS incentives,
       CAST(SUM(CASE WHEN counts AND is_last_year THEN -other END) AS DECIMAL(18,4)) AS other,
       CAST(SUM(CASE WHEN counts AND NOT is_last_year THEN -retention END) AS DECIMAL(18,4)) AS former_marketing,
       CAST(SUM(CASE WHEN counts AND NOT is_last_year THEN -sales END) AS DECIMAL(18,4)) AS former_sales,
       CAST(SUM(CASE WHEN counts AND NOT is_last_year THEN -support END) AS DECIMAL(18,4)) AS former_support,
       CAST(SUM(CASE WHEN counts AND NOT is_last_year THEN -incentives END) AS DECIMAL(18,4)) AS former_incentives,
       CAST(SUM(CASE WHEN counts AND NOT is_last_year THEN -other END) AS DECIMAL(18,4)) AS former_other
FROM (SELECT m.*, m.revenue + m.refunds AS received, m.month >= $first_month AS is_last_year,
             m.month > v.since AS counts
      FROM _valued AS v
      JOIN cash_months AS m ON m.party_id = v.party_id
      WHERE m.month BETWEEN $former_month AND $last_month)
GROUP BY party_id

-- step: cost_months
SELECT h.*, LEAST(h.months, 12) AS seen, o.* EXCLUDE (party_id)
FROM _history AS h
LEFT JOIN _own AS o ON o.party_id = h.party_id
