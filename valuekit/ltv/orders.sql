-- Who bought several times a day, or returned something: what a second look at their orders says.
-- Reads `known_lines` (party_id, day, amount, order_id, returns_order, is_return) and `order_totals`.
-- Several orders on a day are one purchase. A return reduces the day of the order that it returns; a day with nothing
-- left is no purchase, while a free order is one. Returns whose order is unknown go by a policy: `reduce` what repeat
-- purchases together were worth, reduce the `last_order` before, or `ignore`.

-- step: _crowded
SELECT party_id, first_on FROM order_totals WHERE NOT has_return AND lines > purchases AND purchases > 0

-- step: order_first_days
-- Who buys several times a day but returns nothing: the first day alone must be added up. Most lines are later than
-- all first days where the customers came early; they are not looked up.
SELECT k.party_id, SUM(k.amount) AS first_amount
FROM known_lines AS k
JOIN _crowded AS t ON t.party_id = k.party_id AND t.first_on = k.day
WHERE {any_crowded} AND k.day <= (SELECT MAX(first_on) FROM _crowded)
GROUP BY k.party_id

-- step: order_rest
-- Who returned something, or whose days are not counted: the only lines that are looked at once more.
SELECT k.*
FROM known_lines AS k
JOIN (SELECT party_id FROM order_totals WHERE has_return OR purchases = 0) AS t ON t.party_id = k.party_id
WHERE {any_rest}

-- step: _orders
SELECT party_id, order_id, MIN(day) AS day
FROM order_rest
WHERE NOT is_return AND order_id IS NOT NULL
GROUP BY party_id, order_id

-- step: _returned
SELECT r.party_id, o.day, r.day AS returned_on, r.amount
FROM (SELECT * FROM order_rest WHERE is_return) AS r
LEFT JOIN _orders AS o ON o.party_id = r.party_id AND o.order_id = r.returns_order

-- step: _last_days
-- The last day with an order up to the day of a return.
SELECT party_id, day AS returned_on,
       MAX(CASE WHEN NOT is_return THEN day END) OVER (
         PARTITION BY party_id ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
       ) AS day
FROM order_rest

-- step: _before
SELECT DISTINCT party_id, returned_on, day FROM _last_days

-- step: _placed
SELECT r.party_id,
       CASE WHEN $unmatched = 'last_order' THEN COALESCE(r.day, b.day) ELSE r.day END AS day,
       r.amount,
       r.day IS NULL AS is_unmatched
FROM _returned AS r
LEFT JOIN _before AS b ON b.party_id = r.party_id AND b.returned_on = r.returned_on

-- step: unmatched_returns
SELECT party_id,
       COUNT(*) AS returns,
       SUM(amount) AS amount,
       COALESCE(SUM(amount) FILTER (WHERE day IS NULL AND $unmatched = 'reduce'), 0) AS reduces
FROM _placed
WHERE is_unmatched
GROUP BY party_id

-- step: _dated
SELECT party_id, day, amount, FALSE AS is_return FROM order_rest WHERE NOT is_return
UNION ALL
SELECT party_id, day, amount, TRUE FROM _placed WHERE day IS NOT NULL

-- step: order_days
SELECT party_id, day, SUM(amount) AS amount,
       ROW_NUMBER() OVER (PARTITION BY party_id ORDER BY day) AS purchase
FROM _dated
GROUP BY party_id, day
HAVING SUM(amount) > 0 OR NOT BOOL_OR(is_return)
