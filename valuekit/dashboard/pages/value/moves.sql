-- What moves the value of all customers, and what customer equity is made of.

-- step: levers
SELECT lever, change, value, difference, elasticity
FROM value_sensitivity
ORDER BY MAX(ABS(difference)) OVER (PARTITION BY lever) DESC, lever, change

-- step: parts
SELECT 1 AS place, name AS part, parties, ltv AS value, NULL AS each
FROM value_sums
WHERE scope = 'customers'
UNION ALL
SELECT 2, part, CAST(parties AS BIGINT), value, each
FROM customer_equity
WHERE part <> 'current'
ORDER BY place, CASE part WHEN 'current' THEN 1 WHEN 'other' THEN 2 WHEN 'future' THEN 3 ELSE 4 END
