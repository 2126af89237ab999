-- What parties paid, were billed and ordered: changes by month, in numbers of `month_ends`. Money is without tax, as in
-- the cash statement; what a payment settles, covers or gives back is judged by the whole amount.

-- step: _paid
SELECT
  party_id,
  GREATEST(DATEDIFF('month', $first_end, paid_on), $from_number) AS number,
  MIN(paid_on) FILTER (WHERE amount > 0) AS first_paid_on,
  MAX(paid_on) FILTER (WHERE amount > 0) AS last_paid_on,
  SUM(reporting_amount - COALESCE(reporting_tax, 0)) AS paid
FROM payments
WHERE paid_on <= $as_of AND party_id BETWEEN $first_party AND $last_party
GROUP BY 1, 2

-- step: _refunders
SELECT DISTINCT party_id, currency
FROM payments
WHERE amount < 0 AND paid_on <= $as_of AND party_id BETWEEN $first_party AND $last_party

-- step: _paid_in_currency
-- Month by month for those who were ever refunded; of others the first payment tells.
SELECT
  p.party_id, p.currency,
  MIN(GREATEST(DATEDIFF('month', $first_end, p.paid_on), $from_number)) AS number,
  SUM(p.amount) AS amount
FROM payments AS p
LEFT JOIN _refunders AS r ON r.party_id = p.party_id AND r.currency = p.currency
WHERE p.amount <> 0 AND p.paid_on <= $as_of AND p.party_id BETWEEN $first_party AND $last_party
GROUP BY
  p.party_id, p.currency,
  CASE WHEN r.party_id IS NOT NULL THEN GREATEST(DATEDIFF('month', $first_end, p.paid_on), $from_number) END

-- step: _payers
SELECT *, SUM(amount) OVER (PARTITION BY party_id, currency ORDER BY number) > 0 AS is_payer
FROM _paid_in_currency

-- step: _has_paid
-- Whether all was refunded shows in the currency paid: in another, the rate of the day would leave a rest. A currency
-- in which more was paid than refunded counts 1 from that month on, until it is refunded.
SELECT
  party_id, number,
  CAST(is_payer AS INTEGER)
    - CAST(LAG(is_payer, 1, FALSE) OVER (PARTITION BY party_id, currency ORDER BY number) AS INTEGER) AS currencies_paid
FROM _payers

-- step: _contract_lengths
-- An invoice may be of another system than the contract that it bills.
SELECT
  party_id, id, MIN(signed_on) AS signed_on, MAX(term_months) AS term_months, MAX(amount) AS amount
FROM contracts
WHERE signed_on <= $as_of AND party_id BETWEEN $first_party AND $last_party
GROUP BY party_id, id

-- step: _invoice_terms
-- How many months an invoice bills, and from when invoice and contract are known: the whole term, or with half of its
-- price or less, that share of it, so that a year billed by the month is paid by the month.
SELECT
  i.party_id, i.system, i.id AS invoice, GREATEST(c.signed_on, i.issued_on) AS billed_on,
  CASE
    WHEN 2 * i.amount <= c.amount
      THEN GREATEST(CAST(ROUND(c.term_months * i.amount / NULLIF(c.amount, 0)) AS INTEGER), 1)
    ELSE c.term_months
  END AS term_months
FROM invoices AS i
JOIN _contract_lengths AS c ON c.party_id = i.party_id AND c.id = i.contract
WHERE i.issued_on <= $as_of

-- step: _signatures
SELECT
  party_id, term_months, signed_on, CASE WHEN NOT COALESCE(auto_renew, FALSE) THEN ends_on END AS last_day,
  LEAD(signed_on) OVER (PARTITION BY party_id ORDER BY signed_on, starts_on, system, id) AS next_signed_on
FROM contracts
WHERE signed_on <= $as_of AND party_id BETWEEN $first_party AND $last_party

-- step: _received
SELECT p.party_id, p.system, p.invoice, p.currency, p.paid_on, t.billed_on, t.term_months
FROM payments AS p
LEFT JOIN _invoice_terms AS t ON t.party_id = p.party_id AND t.system = p.system AND t.invoice = p.invoice
WHERE p.amount > 0 AND p.paid_on <= $as_of AND p.party_id BETWEEN $first_party AND $last_party

-- step: _covered
-- A payment covers the months that its invoice bills, from when that is known; else, or until then, the term that the
-- party had signed last, if it was still running; else a month.
SELECT
  party_id, system, invoice, currency, paid_on, GREATEST(paid_on, billed_on) AS known_on,
  CAST(NULL AS DATE) AS closed_on, term_months, TRUE AS is_for_contract
FROM _received
WHERE term_months IS NOT NULL
UNION ALL
SELECT
  r.party_id, r.system, r.invoice, r.currency, r.paid_on, r.paid_on, r.billed_on, COALESCE(s.term_months, 1),
  s.party_id IS NOT NULL
FROM _received AS r
LEFT JOIN _signatures AS s
  ON s.party_id = r.party_id AND s.signed_on <= r.paid_on AND (s.next_signed_on > r.paid_on OR s.next_signed_on IS NULL)
  AND COALESCE(s.last_day >= r.paid_on, TRUE)
WHERE r.billed_on IS NULL OR r.billed_on > r.paid_on

-- step: _refunds
SELECT DISTINCT party_id, system, invoice, currency
FROM payments
WHERE amount < 0 AND invoice IS NOT NULL AND paid_on <= $as_of AND party_id BETWEEN $first_party AND $last_party

-- step: _repaid_days
SELECT p.party_id, p.system, p.invoice, p.currency, p.paid_on, SUM(p.amount) AS amount, MIN(p.amount) < 0 AS is_refund
FROM payments AS p
JOIN _refunds AS r
  ON r.party_id = p.party_id AND r.system = p.system AND r.invoice = p.invoice AND r.currency = p.currency
WHERE p.paid_on <= $as_of
GROUP BY p.party_id, p.system, p.invoice, p.currency, p.paid_on

-- step: _left
SELECT *, SUM(amount) OVER (PARTITION BY party_id, system, invoice, currency ORDER BY paid_on) AS rest
FROM _repaid_days

-- step: _refunded
SELECT party_id, system, invoice, currency, paid_on AS refunded_on
FROM _left
WHERE is_refund AND rest <= 0

-- step: _coverage
-- A payment that was refunded in full covers nothing from then on. What is for a contract covers nothing beyond its end,
-- which may be another at each month end: see `_party_ends`.
SELECT
  c.party_id, c.system, c.invoice, c.currency, c.known_on,
  CAST(c.paid_on + c.term_months * INTERVAL 1 MONTH AS DATE) - 1 AS paid_until, c.is_for_contract,
  LEAST(r.refunded_on, c.closed_on) AS closed_on
FROM _covered AS c
LEFT JOIN _refunded AS r
  ON r.party_id = c.party_id AND r.system = c.system AND r.invoice = c.invoice AND r.currency = c.currency
  AND r.refunded_on >= c.paid_on

-- step: _paid_until
SELECT
  party_id,
  GREATEST(DATEDIFF('month', $first_end, known_on), $from_number) AS number,
  MAX(paid_until) FILTER (WHERE is_for_contract) AS term_paid_until,
  MAX(paid_until) FILTER (WHERE NOT is_for_contract) AS paid_until
FROM _coverage
WHERE closed_on IS NULL
GROUP BY 1, 2

-- step: _lent_months
-- What is covered for a while only, at the month ends until it closes; the row at its close takes it back.
SELECT
  *,
  UNNEST(RANGE(
    GREATEST(DATEDIFF('month', $first_end, known_on), $from_number),
    LEAST(DATEDIFF('month', $first_end, closed_on) + 1, $until_number)
  )) AS number
FROM (
  SELECT party_id, known_on, paid_until, is_for_contract, MIN(closed_on) AS closed_on
  FROM _coverage
  WHERE closed_on IS NOT NULL
  GROUP BY party_id, system, invoice, currency, known_on, paid_until, is_for_contract
)

-- step: _lent_until
SELECT
  party_id, number, MAX(paid_until) FILTER (WHERE is_for_contract) AS term_lent_until,
  MAX(paid_until) FILTER (WHERE NOT is_for_contract) AS lent_until
FROM (
  SELECT
    party_id, number, is_for_contract,
    CASE WHEN number < DATEDIFF('month', $first_end, closed_on) THEN paid_until END AS paid_until
  FROM _lent_months
)
GROUP BY party_id, number

-- step: _invoiced
SELECT
  party_id,
  GREATEST(DATEDIFF('month', $first_end, issued_on), $from_number) AS number,
  SUM(reporting_amount - COALESCE(reporting_tax, 0)) AS invoiced
FROM invoices
WHERE status <> 'void' AND issued_on <= $as_of AND party_id BETWEEN $first_party AND $last_party
GROUP BY 1, 2

-- step: _overdue
SELECT party_id, GREATEST(DATEDIFF('month', $first_end, day), $from_number) AS number, SUM(overdue) AS overdue
FROM overdue_days
WHERE day <= $as_of AND party_id BETWEEN $first_party AND $last_party
GROUP BY 1, 2

-- step: _ordered
SELECT
  party_id,
  GREATEST(DATEDIFF('month', $first_end, ordered_on), $from_number) AS number,
  MIN(ordered_on) FILTER (WHERE amount > 0) AS first_ordered_on,
  MAX(ordered_on) FILTER (WHERE amount > 0) AS last_ordered_on,
  COUNT(DISTINCT ordered_on) FILTER (WHERE amount > 0) AS orders,
  SUM(reporting_amount - COALESCE(reporting_tax, 0)) AS ordered
FROM orders
WHERE ordered_on <= $as_of AND party_id BETWEEN $first_party AND $last_party
GROUP BY 1, 2

-- step: _returners
SELECT DISTINCT party_id, currency
FROM orders
WHERE amount < 0 AND ordered_on <= $as_of AND party_id BETWEEN $first_party AND $last_party

-- step: _ordered_in_currency
SELECT
  o.party_id, o.currency,
  MIN(GREATEST(DATEDIFF('month', $first_end, o.ordered_on), $from_number)) AS number,
  SUM(o.amount) AS amount
FROM orders AS o
LEFT JOIN _returners AS r ON r.party_id = o.party_id AND r.currency = o.currency
WHERE o.amount <> 0 AND o.ordered_on <= $as_of AND o.party_id BETWEEN $first_party AND $last_party
GROUP BY
  o.party_id, o.currency,
  CASE WHEN r.party_id IS NOT NULL THEN GREATEST(DATEDIFF('month', $first_end, o.ordered_on), $from_number) END

-- step: _buyers
SELECT *, SUM(amount) OVER (PARTITION BY party_id, currency ORDER BY number) > 0 AS is_buyer
FROM _ordered_in_currency

-- step: _has_ordered
SELECT
  party_id, number,
  CAST(is_buyer AS INTEGER)
    - CAST(LAG(is_buyer, 1, FALSE) OVER (PARTITION BY party_id, currency ORDER BY number) AS INTEGER)
    AS currencies_ordered
FROM _buyers
