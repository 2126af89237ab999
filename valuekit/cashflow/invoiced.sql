-- What parties were billed, paid of it and owe, month by month, once all invoices are settled.

-- step: _claims
SELECT
    party_id, month, SUM(invoiced) AS invoiced, SUM(received) AS received, SUM(credited) AS credited,
    SUM(written_off) AS written_off, SUM(unknown) AS unknown, SUM(fx) AS fx, SUM(owed) AS owed,
    SUM(on_account) AS on_account,
    SUM(invoiced_net) AS invoiced_net, SUM(credited_net) AS credited_net, SUM(written_off_net) AS written_off_net
FROM (
    SELECT * FROM settled_months
    UNION ALL BY NAME
    SELECT
        party_id, {month_of_paid_on} AS month,
        CAST(SUM(reporting_amount) * 10000 AS HUGEINT) AS on_account
    FROM settled_money
    WHERE bill IS NULL
    GROUP BY 1, 2
)
GROUP BY party_id, month

-- step: settled_claims
-- In hundredths of a cent; what nobody knows is a row of its own.
SELECT
    party_id, month, COALESCE(invoiced, 0) AS invoiced, COALESCE(received, 0) AS received,
    COALESCE(credited, 0) AS credited, COALESCE(written_off, 0) AS written_off, COALESCE(unknown, 0) AS unknown,
    COALESCE(fx, 0) AS fx, COALESCE(owed, 0) AS owed, COALESCE(on_account, 0) AS on_account,
    COALESCE(invoiced_net, 0) AS invoiced_net, COALESCE(credited_net, 0) AS credited_net,
    COALESCE(written_off_net, 0) AS written_off_net
FROM _claims

-- step: _balances
SELECT *, balance - owed AS former
FROM (
    SELECT *, SUM(owed) OVER (PARTITION BY party_id ORDER BY month ROWS UNBOUNDED PRECEDING) AS balance
    FROM settled_claims
)

-- step: receivable_months
SELECT
    party_id, month,
    {former} AS "begin",
    {invoiced} AS invoiced,
    {received} AS received,
    {credited} AS credited,
    {written_off} AS written_off,
    {unknown} AS unknown,
    {fx} AS fx,
    {balance} AS "end",
    {on_account} AS on_account
FROM _balances
WHERE
    invoiced <> 0 OR received <> 0 OR credited <> 0 OR written_off <> 0 OR unknown <> 0 OR fx <> 0 OR on_account <> 0

-- step: _billed
-- Invoices and orders: an order is billed when it is placed, and its return gives it up.
SELECT
    party_id, month,
    CAST(invoiced_net AS DECIMAL(22, 0)) * 0.0001 AS invoiced,
    CAST(-credited_net AS DECIMAL(22, 0)) * 0.0001 AS credited,
    CAST(-written_off_net AS DECIMAL(22, 0)) * 0.0001 AS written_off
FROM settled_claims
UNION ALL
SELECT
    o.party_id, {month_of_ordered_on},
    SUM(o.reporting_amount - COALESCE(o.reporting_tax, 0)) FILTER (WHERE o.reporting_amount >= 0),
    SUM(o.reporting_amount - COALESCE(o.reporting_tax, 0)) FILTER (WHERE o.reporting_amount < 0),
    0
FROM orders AS o
ANTI JOIN settled_inside AS i ON i.party_id = o.party_id
GROUP BY 1, 2

-- step: _lines
SELECT
    party_id, month, invoiced, credited, written_off, 0 AS cost_of_goods, 0 AS acquisition, 0 AS retention, 0 AS sales,
    0 AS support, 0 AS incentives, 0 AS other
FROM _billed
UNION ALL
SELECT
    party_id, month, 0, 0, 0, cost_of_goods, acquisition, retention, sales, support, incentives, other
FROM cash_months

-- step: _summed
SELECT
    party_id, month,
    CAST(COALESCE(SUM(invoiced), 0) AS DECIMAL(18, 4)) AS invoiced,
    CAST(COALESCE(SUM(credited), 0) AS DECIMAL(18, 4)) AS credited,
    CAST(COALESCE(SUM(written_off), 0) AS DECIMAL(18, 4)) AS written_off,
    CAST(SUM(cost_of_goods) AS DECIMAL(18, 4)) AS cost_of_goods,
    CAST(SUM(acquisition) AS DECIMAL(18, 4)) AS acquisition,
    CAST(SUM(retention) AS DECIMAL(18, 4)) AS retention,
    CAST(SUM(sales) AS DECIMAL(18, 4)) AS sales,
    CAST(SUM(support) AS DECIMAL(18, 4)) AS support,
    CAST(SUM(incentives) AS DECIMAL(18, 4)) AS incentives,
    CAST(SUM(other) AS DECIMAL(18, 4)) AS other
FROM _lines
GROUP BY party_id, month

-- step: invoiced_months
SELECT
    *,
    CAST(
        invoiced + credited + written_off + cost_of_goods + acquisition + retention + sales + support + incentives
        + other AS DECIMAL(18, 4)
    ) AS net_invoiced
FROM _summed
WHERE
    invoiced <> 0 OR credited <> 0 OR written_off <> 0 OR cost_of_goods <> 0 OR acquisition <> 0 OR retention <> 0
    OR sales <> 0 OR support <> 0 OR incentives <> 0 OR other <> 0
