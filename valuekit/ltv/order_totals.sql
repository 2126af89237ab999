-- One pass over the orders without contract: what is all there is to know of most buyers.
-- Reads `known_lines`: party_id, day, amount, is_return, units where amounts are floating numbers.

-- step: order_totals
-- One pass. Who buys at most once a day and returns nothing needs no more; MIN_BY is asked where no days tie.
-- Rows without customer are left out once they are grouped, which is cheaper than row by row.
SELECT party_id,
       COUNT(*) AS lines,
       {distinct_days} AS purchases,
       MIN(day) AS first_on,
       MAX(day) AS last_on,
       {amount} AS amount,
       {first_amount} AS first_amount,
       BOOL_OR(is_return) AS has_return
FROM known_lines
GROUP BY party_id
HAVING party_id IS NOT NULL
