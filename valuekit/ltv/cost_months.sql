-- Who is valued, how long its history is, and which cost follows the money. Own months count from the month after the
-- first payment, so that the cost of winning the customer, which is sunk, is left out; of these the last 12 complete
-- ones. Beside them all that the cash of these and of the 12 before says of each party: it is read once.

-- step: _valued
-- Who orders after its contract is over is a customer by its orders, and costs what these do.
SELECT s.party_id,
       s.stage IN ('active', 'inactive') AS is_customer,
       COALESCE(f.has_contract, FALSE) AND (s.stage NOT IN ('active', 'inactive') OR COALESCE(f.contract_current, TRUE))
         AS has_contract,
       CAST(COALESCE(f.mrr, 0) AS DOUBLE) AS mrr,
       CAST(DATE_TRUNC('month', LEAST(COALESCE(f.first_paid_on, f.first_ordered_on),
                                      COALESCE(f.first_ordered_on, f.first_paid_on))) AS DATE) AS since
FROM stages AS s
JOIN facts AS f ON f.party_id = s.party_id
WHERE LIST_CONTAINS($valued_stages, s.stage)

-- step: _history
SELECT *,
       GREATEST(COALESCE((YEAR($last_month) - YEAR(since)) * 12 + MONTH($last_month) - MONTH(since), 0), 0) AS months
FROM _valued

-- step: _own
-- `counts` are months after the first payment, `belongs` with that month too; `former` is the year before, all in the
-- months that count. Cost by function is positive.
SELECT party_id,
       CAST(SUM(CASE WHEN is_last_year THEN cost_of_goods END) AS DECIMAL(18,4)) AS cost_of_goods,
       CAST(SUM(CASE WHEN is_last_year THEN received END) AS DECIMAL(18,4)) AS received,
       CAST(SUM(CASE WHEN is_last_year AND counts THEN received END) AS DECIMAL(18,4)) AS received_seen,
       CAST(SUM(CASE WHEN NOT is_last_year AND counts THEN received END) AS DECIMAL(18,4)) AS received_formerly,
       SUM(CASE WHEN belongs THEN received END) AS received_belonging,
       SUM(CASE WHEN belongs THEN received * received END) AS squared_belonging,
       SUM(CASE WHEN counts THEN received * received END) AS squared_counting,
       {sums}
FROM (SELECT m.*, m.revenue + m.refunds AS received, m.month >= $first_month AS is_last_year,
             m.month > v.since AS counts, m.month >= v.since AS belongs
      FROM _valued AS v
      JOIN cash_months AS m ON m.party_id = v.party_id
      WHERE m.month BETWEEN $former_month AND $last_month)
GROUP BY party_id

-- step: cost_months
SELECT h.*, LEAST(h.months, 12) AS seen, o.* EXCLUDE (party_id)
FROM _history AS h
LEFT JOIN _own AS o ON o.party_id = h.party_id

-- step: cost_lines
-- Own cost of the last year and of the one before, of whom any is known; and how it went with the money received.
{lines}

-- step: _payers
SELECT party_id, has_contract, TRUE AS with_first, LEAST(months + 1, 24) AS n,
       CAST(received_belonging AS DOUBLE) AS received, CAST(squared_belonging AS DOUBLE) AS squared
FROM cost_months
WHERE received_belonging > 0
UNION ALL
SELECT party_id, has_contract, FALSE, LEAST(months, 24),
       CAST(COALESCE(received_seen, 0) + COALESCE(received_formerly, 0) AS DOUBLE), CAST(squared_counting AS DOUBLE)
FROM cost_months
WHERE COALESCE(received_seen, 0) + COALESCE(received_formerly, 0) > 0

-- step: _varied
SELECT has_contract, with_first,
       CAST(SUM(CAST(n * squared / received - received AS DECIMAL(38,6))) AS DOUBLE) AS varied,
       CAST(SUM(CAST(received AS DECIMAL(38,6))) AS DOUBLE) AS received
FROM _payers
GROUP BY has_contract, with_first

-- step: _moved
SELECT p.has_contract, p.with_first, c.function,
       CAST(SUM(CAST(p.n * CAST(c.crossed AS DOUBLE) / p.received - CAST(c.whole AS DOUBLE) AS DECIMAL(38,6))) AS DOUBLE)
         AS moved,
       CAST(SUM(c.whole) AS DOUBLE) AS whole
FROM cost_lines AS c
JOIN _payers AS p ON p.party_id = c.party_id AND p.with_first = c.with_first
GROUP BY p.has_contract, p.with_first, c.function

-- step: cost_shares
-- Cost that follows the money, per unit received: the slope of a month's cost on the month's money within customers, each
-- weighted by one over its mean month, as the variance of cost grows with size. All the cost there is, at most.
SELECT m.has_contract, m.function,
       LEAST(GREATEST(COALESCE(m.moved / NULLIF(v.varied, 0), 0), 0), GREATEST(m.whole / v.received, 0)) AS share
FROM _moved AS m
JOIN _varied AS v ON v.has_contract = m.has_contract AND v.with_first = m.with_first
