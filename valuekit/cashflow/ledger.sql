-- What the books say, summed straight from the input: the side that the statement has to meet.

-- step: _won
SELECT party_id, MIN(day) AS won_on
FROM (
    SELECT party_id, paid_on AS day FROM payments WHERE kind = 'payment' AND reporting_amount > 0
    UNION ALL
    SELECT party_id, ordered_on FROM orders WHERE reporting_amount > 0
)
GROUP BY party_id

-- step: cashflow_inside
-- One's own units and test accounts: what they pay, and what is paid to them, is no cash flow.
SELECT party_id
FROM parties
WHERE role IN ('internal', 'test')

-- step: cashflow_parties
-- Whole numbers for parties, in the order of their ids: smaller and faster than ids, and they break ties the same way.
-- `won`: month of the first money received, which parts marketing that wins a party from marketing that keeps it.
SELECT
    ROW_NUMBER() OVER (ORDER BY p.party_id) AS n, p.party_id,
    {month_of_won_on} AS won, w.won_on, i.party_id IS NOT NULL AS is_inside
FROM parties AS p
LEFT JOIN _won AS w USING (party_id)
LEFT JOIN cashflow_inside AS i USING (party_id)

-- step: _paid
-- Tax is kept out; money inside the enterprise is eliminated whole, its tax with it.
SELECT
    paid_on AS day,
    CASE WHEN kind = 'payment' THEN 'revenue' ELSE 'refunds' END AS line,
    'payments' AS pool, currency, amount, reporting_amount,
    CASE WHEN i.party_id IS NULL THEN COALESCE(tax, 0) ELSE 0 END AS tax,
    CASE WHEN i.party_id IS NULL THEN COALESCE(reporting_tax, 0) ELSE 0 END AS reporting_tax
FROM payments
LEFT JOIN cashflow_inside AS i USING (party_id)

-- step: _ordered
SELECT
    ordered_on AS day,
    CASE WHEN reporting_amount >= 0 THEN 'revenue' ELSE 'refunds' END AS line,
    'orders' AS pool, currency, amount, reporting_amount, cost_of_goods, reporting_cost_of_goods,
    CASE WHEN i.party_id IS NULL THEN COALESCE(tax, 0) ELSE 0 END AS tax,
    CASE WHEN i.party_id IS NULL THEN COALESCE(reporting_tax, 0) ELSE 0 END AS reporting_tax
FROM orders
LEFT JOIN cashflow_inside AS i USING (party_id)

-- step: _received
SELECT
    {month_of_day} AS month, line, pool, currency,
    SUM(amount - tax) AS ledger_in_currency, SUM(reporting_amount - reporting_tax) AS ledger, SUM(reporting_tax) AS tax
FROM (
    SELECT * FROM _paid
    UNION ALL
    SELECT * EXCLUDE (cost_of_goods, reporting_cost_of_goods) FROM _ordered
)
GROUP BY 1, 2, 3, 4

-- step: _goods
SELECT
    {month_of_day} AS month, 'cost_of_goods' AS line, pool, currency,
    -SUM(COALESCE(cost_of_goods, ROUND((amount - tax) * CAST($assumed AS DECIMAL(9, 8)), 2))) AS ledger_in_currency,
    -SUM(COALESCE(
        reporting_cost_of_goods, ROUND((reporting_amount - reporting_tax) * CAST($assumed AS DECIMAL(9, 8)), 2)
    )) AS ledger,
    0 AS tax
FROM _ordered
WHERE reporting_cost_of_goods IS NOT NULL OR $assumed IS NOT NULL
GROUP BY 1, 2, 3, 4

-- step: _spent
SELECT
    month, function AS line, pool, currency,
    -SUM(amount) AS ledger_in_currency, -SUM(reporting_amount) AS ledger, 0 AS tax
FROM costs
GROUP BY month, function, pool, currency

-- step: cashflow_ledger
SELECT
    month, line, pool, currency,
    CAST(SUM(ledger_in_currency) AS DECIMAL(18, 4)) AS ledger_in_currency,
    CAST(SUM(ledger) AS DECIMAL(18, 4)) AS ledger,
    CAST(SUM(tax) AS DECIMAL(18, 4)) AS tax
FROM (
    SELECT * FROM _received
    UNION ALL
    SELECT * FROM _goods
    UNION ALL
    SELECT * FROM _spent
)
GROUP BY month, line, pool, currency
