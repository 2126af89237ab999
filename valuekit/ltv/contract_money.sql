-- When customers under contract were billed or paid, and how much: what speaks for renewals that nobody signed, and for
-- terms that are billed in instalments.

-- step: _renewing
-- Contracts that go on by themselves: those of others are signed, or over.
SELECT party_id, MAX(term_months) AS term_months
FROM contracts
WHERE signed_on <= $as_of AND (ends_on IS NULL OR COALESCE(auto_renew, FALSE))
GROUP BY party_id

-- step: _bills
-- A payment of a bill that is on record speaks for the days of the bill: old debts may be paid long after.
SELECT party_id, issued_on AS day,
       COALESCE(reporting_amount - COALESCE(reporting_tax, 0), amount - COALESCE(tax, 0)) AS net
FROM invoices
WHERE party_id IS NOT NULL AND amount > 0 AND status IN ('open', 'paid') AND issued_on <= $as_of
UNION ALL
SELECT p.party_id, p.paid_on,
       COALESCE(p.reporting_amount - COALESCE(p.reporting_tax, 0), p.amount - COALESCE(p.tax, 0))
FROM payments AS p
ANTI JOIN invoices AS i ON i.system = p.system AND i.id = p.invoice AND i.party_id = p.party_id AND i.status IN ('open', 'paid')
WHERE p.party_id IS NOT NULL AND p.kind = 'payment' AND p.amount > 0 AND p.paid_on <= $as_of

-- step: money_days
SELECT b.party_id, b.day
FROM _bills AS b
SEMI JOIN _renewing AS c ON c.party_id = b.party_id

-- step: last_money
SELECT party_id, MAX(day) AS last_on FROM money_days GROUP BY party_id

-- step: _gaps
SELECT party_id, day, LEAD(day) OVER (PARTITION BY party_id ORDER BY day) AS next_day
FROM money_days

-- step: money_gaps
-- By how many days more than its term a customer was without bill or payment, until one came.
SELECT c.term_months, GREATEST(g.next_day - CAST(g.day + TO_MONTHS(c.term_months) AS DATE), 0) AS late, COUNT(*) AS gaps
FROM _gaps AS g
JOIN _renewing AS c ON c.party_id = g.party_id
WHERE g.next_day > g.day
GROUP BY 1, 2
ORDER BY 1, 2

-- step: _long
-- Who has terms of more than a month, and so might pay a term by instalments.
SELECT party_id, MAX(term_months) AS term_months
FROM contracts
WHERE signed_on <= $as_of AND term_months > 1
GROUP BY party_id

-- step: term_bills
-- What was billed, or paid without a bill, on a day of the last term, or of the two months before it.
SELECT b.party_id, b.day, SUM(b.net) AS net
FROM _bills AS b
JOIN _long AS c ON c.party_id = b.party_id
WHERE b.day > CAST($as_of - TO_MONTHS(c.term_months) AS DATE) - 62
GROUP BY b.party_id, b.day
