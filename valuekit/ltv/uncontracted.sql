-- Money of parties that never had a contract, by quarters: what of a year's came in the next.

-- step: payer_quarters
-- Quarters back from the last complete month, of parties that never had a contract: 0 is the last.
SELECT p.party_id,
       ((YEAR($last_month) - YEAR(m.month)) * 12 + MONTH($last_month) - MONTH(m.month)) // 3 AS quarter,
       SUM(m.amount) AS amount
FROM payers AS p
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
SELECT y.pays, COUNT(DISTINCT y.party_id) AS parties, COUNT(*) AS seen, COUNT(n.party_id) AS again, SUM(y.yearly) AS before, COALESCE(SUM(n.paid), 0) AS after
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
