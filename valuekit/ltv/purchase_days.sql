-- The days on which the customers of a summary bought after a date, as it is known at a later one.

-- step: _later
SELECT l.party_id, l.day, l.amount, l.order_id, l.returns_order,
       l.returns_order IS NOT NULL OR l.amount < 0 AS is_return
FROM order_lines AS l
JOIN order_summary AS s ON s.party_id = l.party_id
WHERE l.day > $as_of AND l.day <= $until

-- step: _orders
SELECT party_id, order_id, MIN(day) AS day
FROM _later
WHERE NOT is_return AND order_id IS NOT NULL
GROUP BY party_id, order_id

-- step: _days
-- A return reduces the day of the order that it returns; what returns earlier orders, or unknown ones, is no purchase.
SELECT party_id, day, SUM(amount) AS amount
FROM (
    SELECT party_id, day, amount, is_return FROM _later WHERE NOT is_return
    UNION ALL
    SELECT r.party_id, o.day, r.amount, r.is_return
    FROM (SELECT * FROM _later WHERE is_return) AS r
    JOIN _orders AS o ON o.party_id = r.party_id AND o.order_id = r.returns_order
) AS moved
GROUP BY party_id, day
HAVING SUM(amount) > 0 OR NOT BOOL_OR(is_return)
