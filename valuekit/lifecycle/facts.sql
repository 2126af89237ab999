-- Everything dated that is known of a party, at each month end from $from_number to the as-of date: what happened until
-- then, of `_happened`.

-- step: _changes
-- One row per party and month end at which something is new.
SELECT
  party_id, number,
  MIN(created_on) AS created_on, SUM(records) AS records, BIT_OR(roles) AS roles,
  BIT_OR(system_bits) AS system_bits, BOOL_OR(in_review) AS in_review,
  MIN(engaged_on) AS engaged_on, MIN(trial_started_on) AS trial_started_on,
  MIN(opened_on) AS opened_on, MIN(won_on) AS won_on, MAX(last_won_on) AS last_won_on,
  SUM(deals_won) AS deals_won, SUM(won_amount) AS won_amount,
  MIN(signed_on) AS signed_on, MIN(contract_starts_on) AS contract_starts_on,
  MAX(contract_ends_on) AS contract_ends_on, MAX(cancelled_on) AS cancelled_on,
  BOOL_OR(contract_current) AS contract_current, SUM(mrr) AS mrr, MAX(term_months) AS term_months,
  MIN(first_paid_on) AS first_paid_on, MAX(last_paid_on) AS last_paid_on, SUM(paid) AS paid,
  SUM(currencies_paid) AS currencies_paid, MAX(paid_until) AS paid_until, MAX(lent_until) AS lent_until,
  MAX(term_paid_until) AS term_paid_until, MAX(term_lent_until) AS term_lent_until,
  SUM(invoiced) AS invoiced, SUM(overdue) AS overdue,
  MIN(first_ordered_on) AS first_ordered_on, MAX(last_ordered_on) AS last_ordered_on,
  SUM(orders) AS orders, SUM(ordered) AS ordered, SUM(currencies_ordered) AS currencies_ordered,
  MIN(first_used_on) AS first_used_on, MAX(last_used_on) AS last_used_on,
  SUM(net_cash) AS net_cash, SUM(net_cash_12m) AS net_cash_12m, SUM(profit_12m) AS profit_12m
FROM _happened
GROUP BY party_id, number

-- step: _so_far
-- Terms have a row at every month end since the first signature: they are not carried on.
SELECT
  party_id, number, LEAD(number, 1, $until_number) OVER (PARTITION BY party_id ORDER BY number) AS next_number,
  MIN(created_on) OVER so_far AS created_on, SUM(records) OVER so_far AS records, BIT_OR(roles) OVER so_far AS roles,
  BIT_OR(system_bits) OVER so_far AS system_bits, BOOL_OR(in_review) OVER so_far AS in_review,
  MIN(engaged_on) OVER so_far AS engaged_on, MIN(trial_started_on) OVER so_far AS trial_started_on,
  MIN(opened_on) OVER so_far AS opened_on, MIN(won_on) OVER so_far AS won_on,
  MAX(last_won_on) OVER so_far AS last_won_on, SUM(deals_won) OVER so_far AS deals_won,
  SUM(won_amount) OVER so_far AS won_amount,
  signed_on, contract_starts_on, contract_ends_on, cancelled_on, contract_current, mrr, term_months,
  MIN(first_paid_on) OVER so_far AS first_paid_on, MAX(last_paid_on) OVER so_far AS last_paid_on,
  SUM(paid) OVER so_far AS paid, SUM(currencies_paid) OVER so_far > 0 AS has_paid,
  MAX(paid_until) OVER so_far AS paid_until, lent_until,
  MAX(term_paid_until) OVER so_far AS term_paid_until, term_lent_until,
  SUM(invoiced) OVER so_far AS invoiced, SUM(overdue) OVER so_far AS overdue,
  MIN(first_ordered_on) OVER so_far AS first_ordered_on, MAX(last_ordered_on) OVER so_far AS last_ordered_on,
  SUM(orders) OVER so_far AS orders, SUM(ordered) OVER so_far AS ordered,
  SUM(currencies_ordered) OVER so_far > 0 AS has_ordered,
  MIN(first_used_on) OVER so_far AS first_used_on, MAX(last_used_on) OVER so_far AS last_used_on,
  SUM(net_cash) OVER so_far AS net_cash, SUM(net_cash_12m) OVER so_far AS net_cash_12m,
  SUM(profit_12m) OVER so_far AS profit_12m
FROM _changes
WINDOW so_far AS (PARTITION BY party_id ORDER BY number ROWS UNBOUNDED PRECEDING)

-- step: _party_ends
-- A party is there from its first record on; without a day on its records, always.
SELECT
  * EXCLUDE (number, lent_until, term_lent_until),
  CASE roles & -roles
    WHEN 1 THEN 'internal' WHEN 2 THEN 'test' WHEN 4 THEN 'buyer' WHEN 8 THEN 'served' WHEN 16 THEN 'partner'
    ELSE 'supplier'
  END AS role,
  CASE
    WHEN has_paid AND COALESCE(term_paid_until, term_lent_until) IS NOT NULL
      THEN GREATEST(
        paid_until, lent_until, LEAST(GREATEST(term_paid_until, term_lent_until), contract_ends_on)
      )
    WHEN has_paid THEN GREATEST(paid_until, lent_until)
  END AS covered_until,
  CASE WHEN last_used_on >= contract_starts_on THEN last_used_on END AS last_used_in_contract_on,
  UNNEST(RANGE(number, next_number)) AS number
FROM _so_far
WHERE records > 0

-- step: _facts
SELECT
  p.party_id,
  m.as_of,
  p.role,
  p.role IN ('internal', 'test') AS is_internal,
  (p.roles & 48) <> 0 AS is_supplier,
  p.created_on,
  p.engaged_on,
  p.trial_started_on,
  p.opened_on,
  p.won_on,
  p.last_won_on,
  CAST(COALESCE(p.deals_won, 0) AS BIGINT) AS deals_won,
  CAST(COALESCE(p.won_amount, 0) AS DECIMAL(18, 4)) AS won_amount,
  p.signed_on,
  p.contract_starts_on,
  p.contract_ends_on,
  p.cancelled_on,
  p.signed_on IS NOT NULL AS has_contract,
  COALESCE(p.contract_current, FALSE) AS contract_current,
  CAST(COALESCE(p.mrr, 0) AS DECIMAL(18, 4)) AS mrr,
  p.term_months,
  p.first_paid_on,
  p.last_paid_on,
  CAST(COALESCE(p.paid, 0) AS DECIMAL(18, 4)) AS paid,
  COALESCE(p.has_paid, FALSE) AS has_paid,
  p.covered_until AS paid_until,
  CAST(COALESCE(p.invoiced, 0) AS DECIMAL(18, 4)) AS invoiced,
  CAST(COALESCE(p.overdue, 0) AS DECIMAL(18, 4)) AS overdue,
  p.first_ordered_on,
  p.last_ordered_on,
  CAST(COALESCE(p.orders, 0) AS BIGINT) AS orders,
  CAST(COALESCE(p.ordered, 0) AS DECIMAL(18, 4)) AS ordered,
  COALESCE(p.has_ordered, FALSE) AS has_ordered,
  p.first_used_on,
  p.last_used_on,
  p.last_used_in_contract_on,
  CAST(m.as_of - p.last_used_in_contract_on AS DOUBLE) AS days_since_use,
  CAST(m.as_of - p.last_ordered_on AS DOUBLE) AS days_since_order,
  COALESCE(p.last_used_on >= DATE_TRUNC('month', m.as_of), FALSE) AS used_this_month,
  CAST(COALESCE(p.net_cash, 0) AS DECIMAL(18, 4)) AS net_cash,
  CAST(COALESCE(p.net_cash_12m, 0) AS DECIMAL(18, 4)) AS net_cash_12m,
  CAST(COALESCE(p.profit_12m, 0) AS DECIMAL(18, 4)) AS profit_12m,
  CAST(p.records AS BIGINT) AS records,
  p.in_review,
  p.system_bits,
  m.use_recorded
FROM _party_ends AS p
JOIN month_ends AS m ON m.number = p.number
