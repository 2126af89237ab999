-- How many customers were in each cell of cash and profit at each month end.

-- step: _month_ends
SELECT DISTINCT as_of, complete, DATEDIFF('month', DATE '2000-01-01', as_of) AS number
FROM stage_months

-- step: cash_and_profit_months
SELECT
  m.as_of, m.complete, c.cash_positive, c.profitable,
  COALESCE(SUM(v.parties), 0) AS parties
FROM _month_ends AS m
CROSS JOIN cash_and_profit AS c
LEFT JOIN all_spell_moves AS v
  ON v.cash_positive = c.cash_positive AND v.profitable = c.profitable AND v.number <= m.number
GROUP BY m.as_of, m.complete, c.cash_positive, c.profitable
