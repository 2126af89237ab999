-- What parties earn by month: the one rule of profit, for the facts and for the spells of the registers.

-- step: _profit_months
-- Net cash; and for profit what was billed and ordered without tax, less the cost of the month. Some rows for a month,
-- each with a day of it. A fiscal month that has begun may bear the name of the next calendar month.
SELECT
  party_id, LEAST(month, $as_of) AS month, net_cash,
  cost_of_goods + acquisition + retention + sales + support + incentives + other AS profit
FROM cash_months
WHERE party_id BETWEEN $first_party AND $last_party
UNION ALL
SELECT party_id, issued_on, 0, reporting_amount - COALESCE(reporting_tax, 0)
FROM invoices
WHERE status <> 'void' AND issued_on <= $as_of AND party_id BETWEEN $first_party AND $last_party
UNION ALL
SELECT party_id, ordered_on, 0, reporting_amount - COALESCE(reporting_tax, 0)
FROM orders
WHERE ordered_on <= $as_of AND party_id BETWEEN $first_party AND $last_party
