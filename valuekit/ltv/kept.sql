-- What share of its bills each customer under contract pays and gets no credit for.
-- Amounts of settled bills are in hundredths of a cent; what rates did to them is no share.

-- step: _last
SELECT b.party_id, b.sign, b.worth, s.credited, s.written_off, s.open + s.disputed AS owed,
       (CAST($as_of AS DATE) - b.issued_on) // $days AS age
FROM settled_bills AS b
JOIN settled_states AS s ON s.bill = b.bill AND s.next_day IS NULL
WHERE b.issued_on > CAST($as_of - TO_MONTHS(CAST($months AS INTEGER)) AS DATE) AND NOT s.is_unknown
  AND EXISTS (
    SELECT 1 FROM contract_runs AS r
    WHERE r.party_id = b.party_id AND r.starts_on <= b.issued_on
      AND (r.last_on >= b.issued_on OR (r.is_customer AND r.is_last))
  )

-- step: _bills
-- What is open still comes as often as such bills do; what is older than the matrix does not. Contracts are in force.
SELECT l.party_id, l.sign, CAST(l.worth AS DOUBLE) AS worth,
       CAST(l.credited + l.written_off + l.owed * (1 - COALESCE(r.share, 0)) AS DOUBLE) AS lost
FROM _last AS l
LEFT JOIN collection_rates AS r ON r.in_force AND r.age_days = l.age * $days

-- step: kept_bills
-- A credit note loses what it is worth.
SELECT party_id,
       COUNT(*) FILTER (WHERE sign > 0) AS bills,
       SUM(CAST(CASE WHEN sign > 0 THEN lost ELSE worth END AS DECIMAL(38, 2))) AS lost,
       SUM(CAST(CASE WHEN sign > 0 THEN worth ELSE 0 END AS DECIMAL(38, 2))) AS worth,
       SUM(CAST(CASE WHEN sign > 0 THEN lost / worth ELSE 0 END AS DECIMAL(38, 12))) AS shares,
       SUM(CAST(CASE WHEN sign > 0 THEN POWER(lost / worth, 2) ELSE 0 END AS DECIMAL(38, 12))) AS squares
FROM _bills
GROUP BY party_id
HAVING COUNT(*) FILTER (WHERE sign > 0) > 0

-- step: kept_money
-- How much of what these customers paid names a bill.
SELECT CAST(SUM(m.money) FILTER (WHERE m.bill IS NOT NULL) AS DOUBLE) / NULLIF(CAST(SUM(m.money) AS DOUBLE), 0) AS named
FROM settled_money AS m
JOIN settled_parties AS p ON p.n = m.n
WHERE m.kind = 'payment' AND m.paid_on > CAST($as_of - TO_MONTHS(CAST($months AS INTEGER)) AS DATE)
  AND m.paid_on <= $as_of AND p.party_id IN (SELECT party_id FROM contract_runs)
