-- What moves the value of all customers, and what customer equity is made of.

-- step: levers
SELECT lever, change, value, difference, elasticity
FROM value_sensitivity
ORDER BY MAX(ABS(difference)) OVER (PARTITION BY lever) DESC, lever, change

-- step: parts
SELECT part, CAST(parties AS BIGINT) AS parties, value, each
FROM customer_equity
ORDER BY CASE part WHEN 'current' THEN 1 WHEN 'other' THEN 2 WHEN 'future' THEN 3 ELSE 4 END
