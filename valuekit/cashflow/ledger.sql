-- What the books say, summed straight from the input: the side that the statement has to meet.

-- step: cashflow_parties
-- Whole numbers for parties, in the order of their ids: smaller and faster than ids, and they break ties the same way.
SELECT ROW_NUMBER() OVER (ORDER BY party_id) AS n, party_id
FROM parties

-- step: _ledger_payments
SELECT
    CAST(DATE_TRUNC('month', paid_on) AS DATE) AS month,
    CASE WHEN kind = 'payment' THEN 'revenue' ELSE 'refunds' END AS line,
    'payments' AS pool,
    SUM(reporting_amount) AS ledger
FROM payments
GROUP BY 1, 2

-- step: _ledger_orders
SELECT
    CAST(DATE_TRUNC('month', ordered_on) AS DATE) AS month,
    CASE WHEN reporting_amount >= 0 THEN 'revenue' ELSE 'refunds' END AS line,
    'orders' AS pool,
    SUM(reporting_amount) AS ledger
FROM orders
GROUP BY 1, 2

-- step: _ledger_goods
SELECT
    CAST(DATE_TRUNC('month', ordered_on) AS DATE) AS month,
    'cost_of_goods' AS line,
    'orders' AS pool,
    -SUM(COALESCE(reporting_cost_of_goods, ROUND(reporting_amount * CAST($assumed AS DECIMAL(9, 8)), 2))) AS ledger
FROM orders
WHERE reporting_cost_of_goods IS NOT NULL OR $assumed IS NOT NULL
GROUP BY 1

-- step: _ledger_costs
SELECT month, function AS line, pool, -SUM(reporting_amount) AS ledger
FROM costs
GROUP BY month, function, pool

-- step: cashflow_ledger
SELECT month, line, pool, CAST(SUM(ledger) AS DECIMAL(18, 4)) AS ledger
FROM (
    SELECT * FROM _ledger_payments
    UNION ALL
    SELECT * FROM _ledger_orders
    UNION ALL
    SELECT * FROM _ledger_goods
    UNION ALL
    SELECT * FROM _ledger_costs
)
GROUP BY month, line, pool
