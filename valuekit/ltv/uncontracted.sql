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

-- step: payer_starts
-- Months back to the first payment: 0 is the last complete month.
SELECT p.party_id,
       (YEAR($last_month) - YEAR(MIN(m.month))) * 12 + MONTH($last_month) - MONTH(MIN(m.month)) AS first_month
FROM payers AS p
JOIN received_outside AS m ON m.party_id = p.party_id
WHERE m.amount > 0
GROUP BY p.party_id

-- step: _payer_years
-- What each party paid in the four quarters up to one, and whether in that one: who has fallen silent mostly stays so.
SELECT q.party_id, q.quarter - j.back AS at,
       MAX(CASE WHEN j.back = 0 THEN 1 ELSE 0 END) AS pays,
       SUM(q.amount) AS paid
FROM payer_quarters AS q
CROSS JOIN (VALUES (0), (1), (2), (3)) AS j(back)
WHERE q.quarter >= j.back
GROUP BY q.party_id, q.quarter - j.back

-- step: _payer_months
SELECT p.party_id, COUNT(DISTINCT m.month) AS paid, DATEDIFF('month', MIN(m.month), MAX(m.month)) AS months
FROM payers AS p
JOIN received_outside AS m ON m.party_id = p.party_id
WHERE m.amount > 0
GROUP BY p.party_id

-- step: _usual
-- Months from one payment to the next, in the mean of all; a year where nobody has paid twice.
SELECT COALESCE(SUM(months) / NULLIF(SUM(paid - 1), 0), 12) AS apart FROM _payer_months

-- step: payer_years
-- A party that has paid for less than a year has a year of what it paid; of less time than payments are apart, as if it
-- had been that long. `pays`: 0 fallen silent, 1 still, 2 still and for more than a year, who go on more often.
SELECT y.party_id, y.at,
       CASE WHEN y.pays = 1 AND s.first_month - 3 * y.at >= 12 THEN 2 ELSE y.pays END AS pays,
       CAST(CAST(y.paid AS DOUBLE) * 12 / LEAST(GREATEST(s.first_month - 3 * y.at + 1, u.apart), 12) AS DECIMAL(18,4)) AS yearly
FROM _payer_years AS y
JOIN payer_starts AS s ON s.party_id = y.party_id
CROSS JOIN _usual AS u

-- step: _next_years
SELECT y.party_id, y.at, SUM(q.amount) AS paid
FROM payer_years AS y
JOIN payer_quarters AS q ON q.party_id = y.party_id AND q.quarter BETWEEN y.at - 4 AND y.at - 1
WHERE y.at >= 4
GROUP BY y.party_id, y.at

-- step: _repeats
-- What of a year's money came in the next, of each party: the mean of these, for amounts differ by more than the
-- readiness to go on does. Twice as much is the most that counts: more says how small the first payment was.
SELECT y.party_id, y.pays, n.paid IS NOT NULL AS again,
       LEAST(COALESCE(CAST(n.paid AS DOUBLE), 0) / CAST(y.yearly AS DOUBLE), 2) AS repeated
FROM payer_years AS y
LEFT JOIN _next_years AS n ON n.party_id = y.party_id AND n.at = y.at
WHERE y.at >= 4

-- step: payer_rates
SELECT pays, COUNT(DISTINCT party_id) AS parties, COUNT(*) AS seen, COUNT(*) FILTER (WHERE again) AS again,
       SUM(CAST(repeated AS DECIMAL(18,9))) AS repeated, SUM(CAST(repeated * repeated AS DECIMAL(18,9))) AS squares
FROM _repeats
GROUP BY pays
ORDER BY pays

-- step: payer_lasts
-- The same from a quarter to that of a year later; a party's first quarter may not be whole. The quarters are those of
-- the last year that has one after it: who is there for longer goes on more often, and is mostly there by then.
SELECT COUNT(*) AS seen,
       SUM(CAST(LEAST(COALESCE(CAST(n.amount AS DOUBLE), 0) / CAST(a.amount AS DOUBLE), 2) AS DECIMAL(18,9))) AS repeated
FROM payer_quarters AS a
JOIN payer_starts AS s ON s.party_id = a.party_id AND s.first_month // 3 > a.quarter
LEFT JOIN payer_quarters AS n ON n.party_id = a.party_id AND n.quarter = a.quarter - 4
WHERE a.quarter BETWEEN 4 AND 7
