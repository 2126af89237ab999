-- What is billed and not received yet, and how likely it comes: by age, and by whether a contract is in force.
-- Amounts of settled bills are in hundredths of a cent. `in_force`: see `contract_runs`; who renews by itself is there.

-- step: _days
-- The day of the question, and those a year and more before it whose bills have had time to be paid.
SELECT CAST($as_of AS DATE) AS seen_on, TRUE AS is_today
UNION ALL
SELECT CAST($as_of - TO_MONTHS(CAST(k AS INTEGER)) AS DATE), FALSE
FROM RANGE($waited, $waited + 12) AS r(k)

-- step: _seen
-- Written off is what others owed too, until somebody gave it up: no table says when.
SELECT s.bill, d.seen_on, d.is_today, s.received, s.open + s.disputed AS owed, s.written_off
FROM settled_states AS s
JOIN _days AS d ON s.day <= d.seen_on AND (s.next_day IS NULL OR s.next_day > d.seen_on)
WHERE s.is_owed

-- step: owed_claims
SELECT s.*, b.party_id, b.sign, (s.seen_on - b.issued_on) // $days AS age,
       CAST(b.worth - b.taxed AS DOUBLE) / b.worth AS untaxed,
       EXISTS (
         SELECT 1 FROM contract_runs AS r
         WHERE r.party_id = b.party_id AND r.starts_on <= s.seen_on
           AND (r.last_on >= s.seen_on OR (r.is_customer AND r.is_last))
       ) AS in_force
FROM _seen AS s
JOIN settled_bills AS b ON b.bill = s.bill
JOIN stages AS p ON p.party_id = b.party_id
WHERE s.seen_on - b.issued_on < 366 AND LIST_CONTAINS($valued_stages, p.stage)

-- step: _followed
SELECT c.in_force, c.age,
       GREATEST(LEAST(CAST(f.received - c.received AS DOUBLE) / (c.owed + c.written_off), 1), 0) AS came
FROM owed_claims AS c
JOIN settled_states AS f ON f.bill = c.bill AND f.next_day IS NULL
WHERE NOT c.is_today AND c.sign > 0

-- step: owed_ages
-- Of bills that were open at such an age: how many, and what share of each came, summed.
SELECT in_force, age, COUNT(*) AS bills, SUM(CAST(came AS DECIMAL(18, 8))) AS came
FROM _followed
GROUP BY in_force, age
ORDER BY in_force, age

-- step: owed_bills
-- What credit notes take off is sure.
SELECT party_id, in_force, age, sign > 0 AS is_claim, SUM(CAST(owed * untaxed / 10000 AS DECIMAL(18, 4))) AS amount
FROM owed_claims
WHERE is_today AND owed <> 0
GROUP BY party_id, in_force, age, sign > 0

-- step: _settled
SELECT b.issued_on > CAST($as_of - TO_MONTHS(12) AS DATE) AS in_last_year, s.received,
       s.received + s.credited + s.written_off AS settled
FROM settled_states AS s
JOIN settled_bills AS b ON b.bill = s.bill
WHERE s.next_day IS NULL AND b.sign > 0

-- step: owed_settled
-- What came of the bills that nobody waits for any more: of the last year, and of all before.
SELECT in_last_year, CAST(SUM(received) AS DOUBLE) AS received, CAST(SUM(settled) AS DOUBLE) AS settled
FROM _settled
GROUP BY in_last_year
HAVING SUM(settled) > 0
ORDER BY in_last_year DESC
