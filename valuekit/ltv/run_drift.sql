-- Buyers of two runs: what was known of each in the former, and what they have bought since. Days with an order above
-- zero are purchases, as in `order_summary`; an order that was returned whole counts here, and not there.

-- step: _known
-- Former customers under their ids of now.
SELECT COALESCE(a.party_id, t.party_id) AS party_id, t.first_ordered_on, t.last_ordered_on, t.orders, t.ordered
FROM facts_then AS t
LEFT JOIN (SELECT former_id, MIN(party_id) AS party_id FROM aliases_now GROUP BY former_id HAVING COUNT(*) = 1) AS a
  ON a.former_id = t.party_id
WHERE t.orders > 0

-- step: _then
SELECT party_id, MIN(first_ordered_on) AS first_on, MAX(last_ordered_on) AS last_on,
       SUM(orders) AS orders, SUM(ordered) AS ordered
FROM _known
GROUP BY party_id

-- step: buyers_then
SELECT t.party_id,
       CAST(t.orders - 1 AS DOUBLE) AS frequency,
       CAST(t.last_on - t.first_on AS DOUBLE) AS recency_days,
       CAST($then - t.first_on AS DOUBLE) AS age_days,
       CAST(t.orders AS DOUBLE) AS orders,
       CAST(t.ordered AS DOUBLE) AS ordered,
       CAST(GREATEST(n.orders - t.orders, 0) AS DOUBLE) AS orders_since,
       CAST(n.ordered - t.ordered AS DOUBLE) AS ordered_since
FROM _then AS t
JOIN facts_now AS n ON n.party_id = t.party_id
ORDER BY t.party_id

-- step: buyers_now
SELECT party_id,
       CAST(orders - 1 AS DOUBLE) AS frequency,
       CAST(last_ordered_on - first_ordered_on AS DOUBLE) AS recency_days,
       CAST($now - first_ordered_on AS DOUBLE) AS age_days,
       CAST(orders AS DOUBLE) AS orders,
       CAST(ordered AS DOUBLE) AS ordered
FROM facts_now
WHERE orders > 0
ORDER BY party_id
