-- Per deal won, the day that earns the commission under each of three rules. A rule whose table holds nothing at all
-- cannot be kept by this company, and is not compared.

-- step: _kept
SELECT
  (SELECT COUNT(*) FROM contract_terms) > 0 AS contracts,
  (SELECT COUNT(*) FROM payments) + (SELECT COUNT(*) FROM orders) > 0 AS money,
  (SELECT COUNT(*) FROM usage) > 0 AS use

-- step: _won
SELECT
  o.system, o.id, o.party_id, o.owner, o.reporting_amount, o.closed_on, LEAST(o.opened_on, o.closed_on) AS opened_on
FROM opportunities AS o
LEFT JOIN stages AS s USING (party_id)
WHERE o.status = 'won' AND s.stage IS DISTINCT FROM 'internal'

-- step: _followed
-- The contract that follows a deal: of those signed since it was opened (else closed) and within a year of its closing,
-- the one whose signature is nearest to the closing.
SELECT w.system, w.id, t.signed_on, t.starts_on
FROM _won AS w
JOIN contract_terms AS t
  ON t.party_id = w.party_id AND t.signed_on >= COALESCE(w.opened_on, w.closed_on) AND t.signed_on <= w.closed_on + 365
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY w.system, w.id
  ORDER BY ABS(t.signed_on - w.closed_on), t.signed_on, t.starts_on, t.system, t.id
) = 1

-- step: _signed
-- Where the company keeps no contracts, the closing is the signature.
SELECT
  w.*,
  CASE WHEN k.contracts THEN f.signed_on ELSE w.closed_on END AS signed,
  COALESCE(f.signed_on, w.closed_on) AS pays_from,
  COALESCE(f.starts_on, w.closed_on) AS uses_from
FROM _won AS w
CROSS JOIN _kept AS k
LEFT JOIN _followed AS f ON f.system = w.system AND f.id = w.id

-- step: _given_back
-- Invoices of which something went back; payments that name no invoice are taken together, by party.
SELECT DISTINCT system, currency, invoice, CASE WHEN invoice IS NULL THEN party_id END AS party_id
FROM payments
WHERE amount < 0

-- step: _refunded
-- Those of which nothing was kept.
SELECT p.system, p.currency, p.invoice, g.party_id
FROM payments AS p
JOIN _given_back AS g
  ON g.system = p.system AND g.currency = p.currency AND g.invoice IS NOT DISTINCT FROM p.invoice
  AND g.party_id IS NOT DISTINCT FROM CASE WHEN p.invoice IS NULL THEN p.party_id END
GROUP BY p.system, p.currency, p.invoice, g.party_id
HAVING SUM(p.amount) <= 0

-- step: _returned
SELECT system, returns_order, currency, SUM(amount) AS returned
FROM orders
WHERE returns_order IS NOT NULL
GROUP BY system, returns_order, currency

-- step: _received
-- Days on which money came that did not all go back.
SELECT p.party_id, p.paid_on AS day
FROM payments AS p
ANTI JOIN _refunded AS r
  ON r.system = p.system AND r.currency = p.currency AND r.invoice IS NOT DISTINCT FROM p.invoice
  AND r.party_id IS NOT DISTINCT FROM CASE WHEN p.invoice IS NULL THEN p.party_id END
WHERE p.amount > 0
UNION ALL
SELECT o.party_id, o.ordered_on
FROM orders AS o
LEFT JOIN _returned AS r ON r.system = o.system AND r.returns_order = o.id AND r.currency = o.currency
WHERE o.amount > 0 AND o.amount + COALESCE(r.returned, 0) > 0

-- step: _paid
SELECT w.system, w.id, MIN(r.day) AS first_payment
FROM _signed AS w
JOIN _received AS r ON r.party_id = w.party_id AND r.day >= w.pays_from
GROUP BY w.system, w.id

-- step: _used_before
-- Only who used the product before the contract started needs a look at every day of use.
SELECT w.system, w.id, w.party_id, w.uses_from
FROM _signed AS w
JOIN facts AS f USING (party_id)
WHERE f.first_used_on < w.uses_from AND f.last_used_on >= w.uses_from

-- step: _used
SELECT b.system, b.id, MIN(u.used_on) AS used_on
FROM _used_before AS b
JOIN usage AS u ON u.party_id = b.party_id AND u.used_on >= b.uses_from
GROUP BY b.system, b.id

-- step: _dated
SELECT
  w.system, w.id, w.party_id, w.owner, w.reporting_amount, w.signed, p.first_payment,
  COALESCE(u.used_on, CASE WHEN f.first_used_on >= w.uses_from THEN f.first_used_on END) AS active_use
FROM _signed AS w
LEFT JOIN _paid AS p ON p.system = w.system AND p.id = w.id
LEFT JOIN _used AS u ON u.system = w.system AND u.id = w.id
LEFT JOIN facts AS f ON f.party_id = w.party_id

-- step: commissions
SELECT
  d.system, d.id AS deal, d.party_id, d.owner, CAST(COALESCE(d.reporting_amount, 0) AS DECIMAL(18, 4)) AS amount,
  d.signed, d.first_payment, d.active_use,
  (k.money AND DATE_TRUNC('month', d.signed) IS DISTINCT FROM DATE_TRUNC('month', d.first_payment))
  OR (k.use AND DATE_TRUNC('month', d.signed) IS DISTINCT FROM DATE_TRUNC('month', d.active_use)) AS rules_disagree
FROM _dated AS d
CROSS JOIN _kept AS k
