-- What happens to parties, one step for each family of facts: changes by month, in numbers of `month_ends`. It is put on
-- the first month end on or after its day.

-- step: _nothing
-- What any family tells, and no row: whatever is not asked for, or of which nothing is recorded, is missing.
SELECT
  CAST(NULL AS DATE) AS engaged_on, CAST(NULL AS DATE) AS trial_started_on,
  CAST(NULL AS DATE) AS opened_on, CAST(NULL AS DATE) AS won_on, CAST(NULL AS DATE) AS last_won_on,
  CAST(NULL AS BIGINT) AS deals_won, CAST(NULL AS DECIMAL(18, 4)) AS won_amount,
  CAST(NULL AS DATE) AS signed_on, CAST(NULL AS DATE) AS contract_starts_on, CAST(NULL AS DATE) AS contract_ends_on,
  CAST(NULL AS DATE) AS cancelled_on, CAST(NULL AS BOOLEAN) AS contract_current,
  CAST(NULL AS DECIMAL(18, 4)) AS mrr, CAST(NULL AS INTEGER) AS term_months,
  CAST(NULL AS DATE) AS first_paid_on, CAST(NULL AS DATE) AS last_paid_on, CAST(NULL AS DECIMAL(18, 4)) AS paid,
  CAST(NULL AS INTEGER) AS currencies_paid, CAST(NULL AS DATE) AS paid_until, CAST(NULL AS DATE) AS lent_until,
  CAST(NULL AS DATE) AS term_paid_until, CAST(NULL AS DATE) AS term_lent_until,
  CAST(NULL AS DECIMAL(18, 4)) AS invoiced, CAST(NULL AS DECIMAL(18, 4)) AS overdue,
  CAST(NULL AS DATE) AS first_ordered_on, CAST(NULL AS DATE) AS last_ordered_on, CAST(NULL AS BIGINT) AS orders,
  CAST(NULL AS DECIMAL(18, 4)) AS ordered, CAST(NULL AS INTEGER) AS currencies_ordered,
  CAST(NULL AS DATE) AS first_used_on, CAST(NULL AS DATE) AS last_used_on,
  CAST(NULL AS DECIMAL(18, 4)) AS net_cash, CAST(NULL AS DECIMAL(18, 4)) AS net_cash_12m,
  CAST(NULL AS DECIMAL(18, 4)) AS profit_12m
WHERE FALSE

-- step: _recorded
-- One role for records that disagree: internal and test come first, then buyer.
SELECT
  r.party_id,
  GREATEST(DATEDIFF('month', $first_end, COALESCE(r.created_on, r.recorded_on, $first_end)), $from_number) AS number,
  MIN(r.created_on) AS created_on,
  COUNT(*) AS records,
  BIT_OR(
    CASE COALESCE(r.role, 'buyer')
      WHEN 'internal' THEN 1 WHEN 'test' THEN 2 WHEN 'buyer' THEN 4 WHEN 'served' THEN 8 WHEN 'partner' THEN 16 ELSE 32
    END
  ) AS roles,
  BIT_OR(s.bit) AS system_bits,
  BOOL_OR(p.in_review) AS in_review
FROM records AS r
JOIN party_systems AS s ON s.system = r.system
JOIN parties AS p ON p.party_id = r.party_id
WHERE
  (COALESCE(r.created_on, r.recorded_on) <= $as_of OR COALESCE(r.created_on, r.recorded_on) IS NULL)
  AND r.party_id BETWEEN $first_party AND $last_party
GROUP BY 1, 2

-- step: _engaged
-- The end of a trial is no contact of its own.
SELECT
  party_id,
  GREATEST(DATEDIFF('month', $first_end, engaged_on), $from_number) AS number,
  MIN(engaged_on) AS engaged_on,
  MIN(engaged_on) FILTER (WHERE kind = 'trial_start') AS trial_started_on
FROM engagements
WHERE kind <> 'trial_end' AND engaged_on <= $as_of AND party_id BETWEEN $first_party AND $last_party
GROUP BY 1, 2

-- step: _opened
SELECT
  party_id,
  GREATEST(DATEDIFF('month', $first_end, COALESCE(opened_on, recorded_on, closed_on)), $from_number) AS number,
  MIN(COALESCE(opened_on, LEAST(recorded_on, closed_on))) AS opened_on
FROM opportunities
WHERE COALESCE(opened_on, recorded_on, closed_on, $as_of) <= $as_of AND party_id BETWEEN $first_party AND $last_party
GROUP BY 1, 2

-- step: _won
SELECT
  party_id,
  GREATEST(
    DATEDIFF('month', $first_end, GREATEST(closed_on, COALESCE(opened_on, recorded_on, closed_on))), $from_number
  ) AS number,
  MIN(closed_on) AS won_on,
  MAX(closed_on) AS last_won_on,
  COUNT(*) AS deals_won,
  SUM(reporting_amount) AS won_amount
FROM opportunities
WHERE
  status = 'won' AND closed_on <= $as_of AND COALESCE(opened_on, recorded_on, closed_on) <= $as_of
  AND party_id BETWEEN $first_party AND $last_party
GROUP BY 1, 2

-- step: _used
SELECT
  party_id,
  GREATEST(DATEDIFF('month', $first_end, used_on), $from_number) AS number,
  MIN(used_on) AS first_used_on,
  MAX(used_on) AS last_used_on
FROM usage
WHERE used_on <= $as_of AND party_id BETWEEN $first_party AND $last_party
GROUP BY 1, 2

-- step: _cash
-- A fiscal month that has begun may bear the name of the next calendar month.
SELECT
  party_id, GREATEST(DATEDIFF('month', $first_end, LEAST(month, $as_of)), $from_number) AS number,
  SUM(net_cash) AS net_cash
FROM cash_months
WHERE party_id BETWEEN $first_party AND $last_party
GROUP BY 1, 2

-- step: _year_months
SELECT party_id, DATEDIFF('month', $first_end, month) AS number, net_cash, profit
FROM _profit_months

-- step: _year
-- It comes in with its month and goes out with the same month of the next year.
SELECT party_id, GREATEST(number, $from_number) AS number, SUM(net_cash) AS net_cash_12m, SUM(profit) AS profit_12m
FROM _year_months
WHERE number > $from_number - 12
GROUP BY 1, 2
UNION ALL
SELECT party_id, number + 12, -SUM(net_cash), -SUM(profit)
FROM _year_months
WHERE number > $from_number - 12 AND number + 12 < $until_number
GROUP BY 1, 2
