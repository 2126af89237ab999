-- One row per party: everything dated that is known of it at $as_of.

-- step: _engaged
-- The end of a trial is no contact of its own.
SELECT
  party_id,
  MIN(engaged_on) FILTER (WHERE kind <> 'trial_end') AS engaged_on,
  MIN(engaged_on) FILTER (WHERE kind = 'trial_start') AS trial_started_on
FROM engagements
GROUP BY party_id

-- step: _deals
SELECT
  party_id,
  MIN(COALESCE(opened_on, closed_on, recorded_on)) AS opened_on,
  MIN(closed_on) FILTER (WHERE status = 'won') AS won_on,
  MAX(closed_on) FILTER (WHERE status = 'won') AS last_won_on,
  COUNT(*) FILTER (WHERE status = 'won') AS deals_won,
  SUM(reporting_amount) FILTER (WHERE status = 'won') AS won_amount
FROM opportunities
GROUP BY party_id

-- step: _seen_terms
-- A contract that starts later is seen when a contract is current, or when there has been no other: who signs again
-- after a lapse has lapsed until the new contract starts.
SELECT *, starts_on <= $as_of OR BOOL_OR(is_current) OVER (PARTITION BY party_id) AS is_seen
FROM contract_terms

-- step: _ranked_terms
SELECT
  *,
  ROW_NUMBER() OVER (
    PARTITION BY party_id ORDER BY is_seen DESC, runs_until DESC NULLS FIRST, starts_on DESC, system, id
  ) AS from_latest,
  ROW_NUMBER() OVER (
    PARTITION BY party_id
    ORDER BY is_current DESC, is_seen DESC, runs_until DESC NULLS FIRST, starts_on DESC, system, id
  ) AS from_current
FROM _seen_terms

-- step: _contracts
SELECT
  party_id,
  MIN(signed_on) AS signed_on,
  MIN(starts_on) AS contract_starts_on,
  MAX(runs_until) FILTER (WHERE from_latest = 1) AS contract_ends_on,
  MAX(cancelled_on) FILTER (WHERE from_latest = 1) AS cancelled_on,
  BOOL_OR(is_current) AS contract_current,
  SUM(monthly) FILTER (WHERE is_current) AS mrr,
  MAX(term_months) FILTER (WHERE from_current = 1) AS term_months
FROM _ranked_terms
GROUP BY party_id

-- step: _paid_in_currency
SELECT
  party_id,
  MIN(paid_on) FILTER (WHERE amount > 0) AS first_paid_on,
  MAX(paid_on) FILTER (WHERE amount > 0) AS last_paid_on,
  SUM(reporting_amount) AS paid,
  SUM(amount) > 0 AS has_paid
FROM payments
GROUP BY party_id, currency

-- step: _paid
-- Whether all was refunded shows in the currency paid: in another, the rate of the day would leave a rest.
SELECT
  party_id,
  MIN(first_paid_on) AS first_paid_on,
  MAX(last_paid_on) AS last_paid_on,
  SUM(paid) AS paid,
  BOOL_OR(has_paid) AS has_paid
FROM _paid_in_currency
GROUP BY party_id

-- step: _paid_invoices
SELECT system, invoice, SUM(reporting_amount) AS paid
FROM payments
WHERE invoice IS NOT NULL
GROUP BY system, invoice

-- step: _invoiced
-- What is open of an invoice is its amount less the payments that name it.
SELECT
  i.party_id,
  SUM(i.reporting_amount) AS invoiced,
  SUM(GREATEST(i.reporting_amount - COALESCE(p.paid, 0), 0))
    FILTER (WHERE i.status <> 'paid' AND i.due_on < $as_of) AS overdue
FROM invoices AS i
LEFT JOIN _paid_invoices AS p ON p.system = i.system AND p.invoice = i.id
WHERE i.status <> 'void'
GROUP BY i.party_id

-- step: _ordered
SELECT
  party_id,
  MIN(ordered_on) FILTER (WHERE amount > 0) AS first_ordered_on,
  MAX(ordered_on) FILTER (WHERE amount > 0) AS last_ordered_on,
  COUNT(DISTINCT ordered_on) FILTER (WHERE amount > 0) AS orders,
  SUM(reporting_amount) AS ordered
FROM orders
GROUP BY party_id

-- step: _ordered_in_currency
SELECT party_id, SUM(amount) > 0 AS has_ordered
FROM orders
GROUP BY party_id, currency

-- step: _kept
SELECT party_id, BOOL_OR(has_ordered) AS has_ordered
FROM _ordered_in_currency
GROUP BY party_id

-- step: _used
SELECT party_id, MIN(used_on) AS first_used_on, MAX(used_on) AS last_used_on
FROM usage
GROUP BY party_id

-- step: _used_in_contract
-- The last use of all is the last in a contract, unless the first contract started after it.
SELECT u.*, CASE WHEN u.last_used_on >= c.contract_starts_on THEN u.last_used_on END AS last_used_in_contract_on
FROM _used AS u
LEFT JOIN _contracts AS c USING (party_id)

-- step: facts
SELECT
  p.party_id,
  CAST($as_of AS DATE) AS as_of,
  p.role,
  p.role IN ('internal', 'test') AS is_internal,
  p.is_supplier,
  p.created_on,
  e.engaged_on,
  e.trial_started_on,
  d.opened_on,
  d.won_on,
  d.last_won_on,
  COALESCE(d.deals_won, 0) AS deals_won,
  CAST(COALESCE(d.won_amount, 0) AS DECIMAL(18, 4)) AS won_amount,
  c.signed_on,
  c.contract_starts_on,
  c.contract_ends_on,
  c.cancelled_on,
  c.party_id IS NOT NULL AS has_contract,
  COALESCE(c.contract_current, FALSE) AS contract_current,
  CAST(COALESCE(c.mrr, 0) AS DECIMAL(18, 4)) AS mrr,
  c.term_months,
  m.first_paid_on,
  m.last_paid_on,
  CAST(COALESCE(m.paid, 0) AS DECIMAL(18, 4)) AS paid,
  COALESCE(m.has_paid, FALSE) AS has_paid,
  m.last_paid_on AS paid_until,
  CAST(COALESCE(i.invoiced, 0) AS DECIMAL(18, 4)) AS invoiced,
  CAST(COALESCE(i.overdue, 0) AS DECIMAL(18, 4)) AS overdue,
  o.first_ordered_on,
  o.last_ordered_on,
  COALESCE(o.orders, 0) AS orders,
  CAST(COALESCE(o.ordered, 0) AS DECIMAL(18, 4)) AS ordered,
  COALESCE(k.has_ordered, FALSE) AS has_ordered,
  u.first_used_on,
  u.last_used_on,
  u.last_used_in_contract_on,
  CAST($as_of - u.last_used_in_contract_on AS DOUBLE) AS days_since_use,
  CAST($as_of - o.last_ordered_on AS DOUBLE) AS days_since_order,
  COALESCE(u.last_used_on >= DATE_TRUNC('month', CAST($as_of AS DATE)), FALSE) AS used_this_month,
  CAST(COALESCE(n.net_cash, 0) AS DECIMAL(18, 4)) AS net_cash,
  CAST(COALESCE(n.net_cash_12m, 0) AS DECIMAL(18, 4)) AS net_cash_12m,
  CAST(0 AS DECIMAL(18, 4)) AS profit_12m,
  p.records,
  p.in_review
FROM parties AS p
LEFT JOIN _engaged AS e USING (party_id)
LEFT JOIN _deals AS d USING (party_id)
LEFT JOIN _contracts AS c USING (party_id)
LEFT JOIN _paid AS m USING (party_id)
LEFT JOIN _invoiced AS i USING (party_id)
LEFT JOIN _ordered AS o USING (party_id)
LEFT JOIN _kept AS k USING (party_id)
LEFT JOIN _used_in_contract AS u USING (party_id)
LEFT JOIN cash AS n USING (party_id)
