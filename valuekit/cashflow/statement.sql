-- The published statement, once all months are in.

-- step: _parts
SELECT
    month, line, pool, currency,
    STRING_AGG(DISTINCT label, ' and ' ORDER BY label) FILTER (WHERE label <> '') AS driver,
    COALESCE(SUM(attributed), 0) AS attributed,
    COALESCE(SUM(unattributed), 0) AS unattributed,
    COALESCE(SUM(unused_capacity), 0) AS unused_capacity,
    COALESCE(SUM(unallocated), 0) AS unallocated,
    COALESCE(SUM(eliminated), 0) AS eliminated
FROM cashflow_all_parts
GROUP BY month, line, pool, currency

-- step: books
SELECT
    month, line, pool, currency,
    COALESCE(driver, '') AS driver,
    CAST(COALESCE(ledger_in_currency, 0) AS DECIMAL(18, 4)) AS ledger_in_currency,
    CAST(COALESCE(ledger, 0) AS DECIMAL(18, 4)) AS ledger,
    CAST(COALESCE(attributed, 0) AS DECIMAL(18, 4)) AS attributed,
    CAST(COALESCE(unattributed, 0) AS DECIMAL(18, 4)) AS unattributed,
    CAST(COALESCE(unused_capacity, 0) AS DECIMAL(18, 4)) AS unused_capacity,
    CAST(COALESCE(unallocated, 0) AS DECIMAL(18, 4)) AS unallocated,
    CAST(COALESCE(eliminated, 0) AS DECIMAL(18, 4)) AS eliminated,
    CAST(
        COALESCE(ledger, 0) - COALESCE(attributed, 0) - COALESCE(unattributed, 0) - COALESCE(unused_capacity, 0)
        - COALESCE(unallocated, 0) - COALESCE(eliminated, 0) AS DECIMAL(18, 4)
    ) AS difference,
    CAST(COALESCE(tax, 0) AS DECIMAL(18, 4)) AS tax
FROM cashflow_ledger
FULL JOIN _parts USING (month, line, pool, currency)

-- step: party_pools
SELECT party_id, line, pool, CAST(SUM(cost) AS DECIMAL(18, 4)) AS cost_12m
FROM cashflow_all_party_pools
JOIN cashflow_parties USING (n)
GROUP BY party_id, line, pool

-- step: cash
SELECT
    party_id,
    MIN(month) AS first_month,
    MAX(month) AS last_month,
    CAST(SUM(revenue) AS DECIMAL(18, 4)) AS revenue,
    CAST(SUM(refunds) AS DECIMAL(18, 4)) AS refunds,
    CAST(SUM(cost_of_goods) AS DECIMAL(18, 4)) AS cost_of_goods,
    CAST(SUM(acquisition) AS DECIMAL(18, 4)) AS acquisition,
    CAST(SUM(retention) AS DECIMAL(18, 4)) AS retention,
    CAST(SUM(sales) AS DECIMAL(18, 4)) AS sales,
    CAST(SUM(support) AS DECIMAL(18, 4)) AS support,
    CAST(SUM(incentives) AS DECIMAL(18, 4)) AS incentives,
    CAST(SUM(other) AS DECIMAL(18, 4)) AS other,
    CAST(SUM(net_cash) AS DECIMAL(18, 4)) AS net_cash,
    CAST(COALESCE(SUM(revenue) FILTER (WHERE month >= $since), 0) AS DECIMAL(18, 4)) AS revenue_12m,
    CAST(COALESCE(SUM(refunds) FILTER (WHERE month >= $since), 0) AS DECIMAL(18, 4)) AS refunds_12m,
    CAST(COALESCE(SUM(cost_of_goods) FILTER (WHERE month >= $since), 0) AS DECIMAL(18, 4)) AS cost_of_goods_12m,
    CAST(COALESCE(SUM(acquisition) FILTER (WHERE month >= $since), 0) AS DECIMAL(18, 4)) AS acquisition_12m,
    CAST(COALESCE(SUM(retention) FILTER (WHERE month >= $since), 0) AS DECIMAL(18, 4)) AS retention_12m,
    CAST(COALESCE(SUM(sales) FILTER (WHERE month >= $since), 0) AS DECIMAL(18, 4)) AS sales_12m,
    CAST(COALESCE(SUM(support) FILTER (WHERE month >= $since), 0) AS DECIMAL(18, 4)) AS support_12m,
    CAST(COALESCE(SUM(incentives) FILTER (WHERE month >= $since), 0) AS DECIMAL(18, 4)) AS incentives_12m,
    CAST(COALESCE(SUM(other) FILTER (WHERE month >= $since), 0) AS DECIMAL(18, 4)) AS other_12m,
    CAST(COALESCE(SUM(net_cash) FILTER (WHERE month >= $since), 0) AS DECIMAL(18, 4)) AS net_cash_12m
FROM cash_months
GROUP BY party_id
