-- Who buys at most once a day and returns nothing: one pass says all.
-- Reads `known_lines`: party_id, day, amount, units where amounts are floating numbers.

-- step: order_buyers
-- Rows without customer are left out once they are grouped, which is cheaper than row by row.
SELECT party_id,
       MIN(day) AS first_on,
       MAX(day) AS last_on,
       COUNT(*) AS purchases,
       {first_amount} AS first_amount,
       {repeat_amount} AS repeat_amount
FROM known_lines
GROUP BY party_id
HAVING party_id IS NOT NULL
