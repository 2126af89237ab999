-- Repeat purchases of the customers of a summary by day; reads the steps of purchase_days.sql.

-- step: repeat_days
SELECT d.day, COUNT(*) AS purchases
FROM _days AS d
JOIN order_summary AS s ON s.party_id = d.party_id
WHERE d.day > s.first_on
GROUP BY d.day
ORDER BY d.day
