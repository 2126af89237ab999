-- What the books say, summed straight from the input: the side that the statement has to meet.

-- step: _won
SELECT party_id, MIN(day) AS won_on
FROM (
    SELECT party_id, paid_on AS day FROM payments WHERE kind = 'payment' AND reporting_amount > 0
    UNION ALL
    SELECT party_id, ordered_on FROM orders WHERE reporting_amount > 0
)
GROUP BY party_id

-- step: cashflow_parties
-- Whole numbers for parties, in the order of their ids: smaller and faster than ids, and they break ties the same way.
-- `won`: month of the first money received, which parts marketing that wins a party from marketing that keeps it.
SELECT
    ROW_NUMBER() OVER (ORDER BY p.party_id) AS n, p.party_id,
    CAST(DATE_TRUNC('month', w.won_on) AS DATE) AS won, w.won_on
FROM parties AS p
LEFT JOIN _won AS w USING (party_id)

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
