-- The statement of all parties, or of one, by calendar month.

-- step: cash
SELECT
    month,
    CAST(SUM(revenue) AS DECIMAL(18, 4)) AS revenue,
    CAST(SUM(refunds) AS DECIMAL(18, 4)) AS refunds,
    CAST(SUM(cost_of_goods) AS DECIMAL(18, 4)) AS cost_of_goods,
    CAST(SUM(acquisition) AS DECIMAL(18, 4)) AS acquisition,
    CAST(SUM(retention) AS DECIMAL(18, 4)) AS retention,
    CAST(SUM(sales) AS DECIMAL(18, 4)) AS sales,
    CAST(SUM(support) AS DECIMAL(18, 4)) AS support,
    CAST(SUM(incentives) AS DECIMAL(18, 4)) AS incentives,
    CAST(SUM(other) AS DECIMAL(18, 4)) AS other,
    CAST(SUM(net_cash) AS DECIMAL(18, 4)) AS net_cash
FROM cash_months
WHERE $party IS NULL OR party_id = $party
GROUP BY month
ORDER BY month

-- step: invoiced
SELECT
    month,
    CAST(SUM(invoiced) AS DECIMAL(18, 4)) AS invoiced,
    CAST(SUM(credited) AS DECIMAL(18, 4)) AS credited,
    CAST(SUM(written_off) AS DECIMAL(18, 4)) AS written_off,
    CAST(SUM(cost_of_goods) AS DECIMAL(18, 4)) AS cost_of_goods,
    CAST(SUM(acquisition) AS DECIMAL(18, 4)) AS acquisition,
    CAST(SUM(retention) AS DECIMAL(18, 4)) AS retention,
    CAST(SUM(sales) AS DECIMAL(18, 4)) AS sales,
    CAST(SUM(support) AS DECIMAL(18, 4)) AS support,
    CAST(SUM(incentives) AS DECIMAL(18, 4)) AS incentives,
    CAST(SUM(other) AS DECIMAL(18, 4)) AS other,
    CAST(SUM(net_invoiced) AS DECIMAL(18, 4)) AS net_invoiced
FROM invoiced_months
WHERE $party IS NULL OR party_id = $party
GROUP BY month
ORDER BY month
