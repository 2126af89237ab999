-- Buyers and what they paid, by what one pass and a second look said.
-- Reads `order_totals`, `order_first_days`, `order_days` and `unmatched_returns`.

-- step: _added
SELECT party_id,
       MIN(day) AS first_on,
       MAX(day) AS last_on,
       COUNT(*) AS purchases,
       SUM(CASE WHEN purchase = 1 THEN amount ELSE 0 END) AS first_amount,
       SUM(amount) AS amount
FROM order_days
GROUP BY party_id
UNION ALL
SELECT t.party_id, t.first_on, t.last_on, t.purchases, COALESCE(f.first_amount, t.first_amount), t.amount
FROM order_totals AS t
LEFT JOIN order_first_days AS f ON f.party_id = t.party_id
WHERE NOT t.has_return AND t.purchases > 0

-- step: order_buyers
SELECT a.party_id, a.first_on, a.last_on, a.purchases,
       CAST(a.first_amount AS DOUBLE) AS first_amount,
       CAST(GREATEST(a.amount - a.first_amount + COALESCE(u.reduces, 0), 0) AS DOUBLE) AS repeat_amount
FROM _added AS a
LEFT JOIN unmatched_returns AS u ON u.party_id = a.party_id
