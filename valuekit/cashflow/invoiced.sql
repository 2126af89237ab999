-- What the parties $first to $last were billed, paid of it and owe, month by month.

-- step: _balances
SELECT *, balance - owed AS former
FROM (
    SELECT *, SUM(owed) OVER (PARTITION BY n ORDER BY month ROWS UNBOUNDED PRECEDING) AS balance
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
LEFT JOIN settled_parties USING (n)
WHERE
    invoiced <> 0 OR received <> 0 OR credited <> 0 OR written_off <> 0 OR unknown <> 0 OR fx <> 0 OR on_account <> 0

-- step: _claimed
-- Without tax.
SELECT
    n, month, {invoiced_net} AS invoiced, CAST(-{credited_net} AS DECIMAL(18, 4)) AS credited,
    CAST(-{written_off_net} AS DECIMAL(18, 4)) AS written_off
FROM settled_claims

-- step: _ordered
-- An order is billed when it is placed, and its return gives it up.
SELECT
    COALESCE(p.n, 0) AS n, {month_of_ordered_on} AS month,
    SUM(o.reporting_amount - COALESCE(o.reporting_tax, 0)) FILTER (WHERE o.reporting_amount >= 0) AS ordered,
    SUM(o.reporting_amount - COALESCE(o.reporting_tax, 0)) FILTER (WHERE o.reporting_amount < 0) AS returned
FROM orders AS o
LEFT JOIN settled_parties AS p ON p.party_id = o.party_id
WHERE
    p.is_inside IS NOT TRUE AND COALESCE(p.n, 0) BETWEEN $first AND $last
    AND (o.party_id BETWEEN $first_party AND $last_party OR o.party_id IS NULL)
GROUP BY 1, 2

-- step: _costs
SELECT p.n, c.month, c.cost_of_goods, c.acquisition, c.retention, c.sales, c.support, c.incentives, c.other
FROM cash_months AS c
JOIN settled_parties AS p USING (party_id)
WHERE c.party_id BETWEEN $first_party AND $last_party

-- step: _lines
SELECT
    n, month,
    CAST(COALESCE(invoiced, 0) + COALESCE(ordered, 0) AS DECIMAL(18, 4)) AS invoiced,
    CAST(COALESCE(credited, 0) + COALESCE(returned, 0) AS DECIMAL(18, 4)) AS credited,
    COALESCE(written_off, 0) AS written_off,
    COALESCE(cost_of_goods, 0) AS cost_of_goods,
    COALESCE(acquisition, 0) AS acquisition,
    COALESCE(retention, 0) AS retention,
    COALESCE(sales, 0) AS sales,
    COALESCE(support, 0) AS support,
    COALESCE(incentives, 0) AS incentives,
    COALESCE(other, 0) AS other
FROM _claimed
FULL JOIN _ordered USING (n, month)
FULL JOIN _costs USING (n, month)

-- step: invoiced_months
SELECT
    p.party_id, * EXCLUDE (n, party_id, is_inside),
    CAST(
        invoiced + credited + written_off + cost_of_goods + acquisition + retention + sales + support + incentives
        + other AS DECIMAL(18, 4)
    ) AS net_invoiced
FROM _lines
LEFT JOIN settled_parties AS p USING (n)
WHERE
    invoiced <> 0 OR credited <> 0 OR written_off <> 0 OR cost_of_goods <> 0 OR acquisition <> 0 OR retention <> 0
    OR sales <> 0 OR support <> 0 OR incentives <> 0 OR other <> 0
