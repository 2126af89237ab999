-- Money that no contract in force brings: of customers who have left, and of parties that never had a contract.

-- step: _last_terms
SELECT party_id, term_months, run, CAST(price AS DOUBLE) / term_months AS monthly
FROM run_terms
QUALIFY ROW_NUMBER() OVER (
          PARTITION BY party_id, term_months, run ORDER BY last_on DESC, starts_on DESC, system, id
        ) = 1

-- step: leavers
-- Who let a contract end and had no other. Who pays on without having signed has left, too, in this sense.
SELECT r.party_id, r.term_months, CAST(t.monthly AS DECIMAL(18,4)) AS monthly, r.last_on, s.stage,
       (YEAR($last_month) - YEAR(r.last_on)) * 12 + MONTH($last_month) - MONTH(r.last_on) AS months,
       ROW_NUMBER() OVER (PARTITION BY r.party_id ORDER BY r.last_on DESC, r.term_months, r.run) AS from_last
FROM contract_runs AS r
JOIN _last_terms AS t ON t.party_id = r.party_id AND t.term_months = r.term_months AND t.run = r.run
JOIN stages AS s ON s.party_id = r.party_id
WHERE $counts AND (r.churned = 1 OR (r.has_ended AND r.is_last AND NOT r.is_customer))

-- step: _payers
SELECT f.party_id
FROM facts AS f
JOIN stages AS s ON s.party_id = f.party_id
LEFT JOIN order_summary AS o ON o.party_id = f.party_id
WHERE $counts AND NOT f.has_contract AND o.party_id IS NULL AND s.stage IN ('active', 'inactive', 'paid_without_contract')

-- step: _outside
SELECT party_id FROM leavers
UNION
SELECT party_id FROM _payers

-- step: _ordered
SELECT party_id, CAST(DATE_TRUNC('month', ordered_on) AS DATE) AS month, SUM(reporting_amount) AS amount
FROM orders
WHERE party_id IN (SELECT party_id FROM _outside)
GROUP BY 1, 2

-- step: received_outside
-- Money month by month of all who have left, and of those who never had a contract, but for what they ordered.
SELECT m.party_id, m.month, GREATEST(m.revenue + m.refunds - COALESCE(o.amount, 0), 0) AS amount
FROM cash_months AS m
LEFT JOIN _ordered AS o ON o.party_id = m.party_id AND o.month = m.month
WHERE m.month <= $last_month AND m.party_id IN (SELECT party_id FROM _outside)

-- step: after_leaving
-- Money by months since they left. The month after the last still belongs to the contract: bills are paid late.
SELECT l.party_id, l.term_months, l.last_on,
       (YEAR(m.month) - YEAR(l.last_on)) * 12 + MONTH(m.month) - MONTH(l.last_on) AS since,
       m.amount
FROM leavers AS l
JOIN received_outside AS m ON m.party_id = l.party_id
WHERE (YEAR(m.month) - YEAR(l.last_on)) * 12 + MONTH(m.month) - MONTH(l.last_on) BETWEEN 2 AND l.months

-- step: received_after
SELECT term_months, since, SUM(amount) AS amount, COUNT(DISTINCT CASE WHEN amount > 0 THEN party_id END) AS parties
FROM after_leaving
GROUP BY term_months, since
ORDER BY term_months, since

-- step: seen_after
-- Last prices of those who are seen for so many months since they left; and how many of them paid again.
SELECT l.term_months, l.months, COUNT(*) AS parties, SUM(l.monthly) AS monthly, COUNT(a.party_id) AS paid_again
FROM leavers AS l
LEFT JOIN (SELECT DISTINCT party_id, last_on FROM after_leaving WHERE amount > 0) AS a
  ON a.party_id = l.party_id AND a.last_on = l.last_on
WHERE l.months >= 2
GROUP BY l.term_months, l.months
ORDER BY l.term_months, l.months

-- step: payer_quarters
-- Quarters back from the last complete month, of parties that never had a contract: 0 is the last.
SELECT p.party_id,
       ((YEAR($last_month) - YEAR(m.month)) * 12 + MONTH($last_month) - MONTH(m.month)) // 3 AS quarter,
       SUM(m.amount) AS amount
FROM _payers AS p
JOIN received_outside AS m ON m.party_id = p.party_id
WHERE m.amount > 0
GROUP BY 1, 2

-- step: _first_quarters
SELECT party_id, MAX(quarter) AS first_quarter FROM payer_quarters GROUP BY party_id

-- step: _payer_years
-- What each party paid in the four quarters up to one, and whether in that one: who has fallen silent mostly stays so.
SELECT q.party_id, q.quarter - j.back AS at,
       MAX(CASE WHEN j.back = 0 THEN 1 ELSE 0 END) AS pays,
       SUM(q.amount) AS paid
FROM payer_quarters AS q
CROSS JOIN (VALUES (0), (1), (2), (3)) AS j(back)
WHERE q.quarter >= j.back
GROUP BY q.party_id, q.quarter - j.back

-- step: payer_years
-- A party that has paid for less than a year has a year of what it paid.
SELECT y.party_id, y.at, y.pays, CAST(y.paid * 4 / LEAST(f.first_quarter - y.at + 1, 4) AS DECIMAL(18,4)) AS yearly
FROM _payer_years AS y
JOIN _first_quarters AS f ON f.party_id = y.party_id

-- step: _next_years
SELECT y.party_id, y.at, SUM(q.amount) AS paid
FROM payer_years AS y
JOIN payer_quarters AS q ON q.party_id = y.party_id AND q.quarter BETWEEN y.at - 4 AND y.at - 1
WHERE y.at >= 4
GROUP BY y.party_id, y.at

-- step: payer_rates
-- What of a year's money came in the next, and from how many of those that had paid.
SELECT y.pays, COUNT(*) AS seen, COUNT(n.party_id) AS again, SUM(y.yearly) AS before, COALESCE(SUM(n.paid), 0) AS after
FROM payer_years AS y
LEFT JOIN _next_years AS n ON n.party_id = y.party_id AND n.at = y.at
WHERE y.at >= 4
GROUP BY y.pays
ORDER BY y.pays

-- step: payer_lasts
-- What of a quarter's money was received again a year later; a party's first quarter may not be whole.
SELECT COALESCE(SUM(a.amount), 0) AS before, COALESCE(SUM(b.amount), 0) AS after
FROM payer_quarters AS a
JOIN _first_quarters AS f ON f.party_id = a.party_id AND f.first_quarter > a.quarter
LEFT JOIN payer_quarters AS b ON b.party_id = a.party_id AND b.quarter = a.quarter - 4
WHERE a.quarter >= 4
