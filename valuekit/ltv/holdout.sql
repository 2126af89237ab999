-- What the customers of a summary bought after its date; reads the steps of purchase_days.sql.

-- step: order_holdout
SELECT s.party_id, COUNT(d.day) AS purchases, COALESCE(SUM(d.amount), 0) AS spend
FROM order_summary AS s
LEFT JOIN _days AS d ON d.party_id = s.party_id
GROUP BY s.party_id
ORDER BY s.party_id
