-- What if: the lines of all parties' statements, the published points of balance, and names of those that tip.

-- step: lines
SELECT
    COALESCE(SUM(revenue_12m), 0) AS revenue,
    COALESCE(SUM(refunds_12m), 0) AS refunds,
    COALESCE(SUM(cost_of_goods_12m), 0) AS cost_of_goods,
    COALESCE(SUM(acquisition_12m), 0) AS acquisition,
    COALESCE(SUM(retention_12m), 0) AS retention,
    COALESCE(SUM(sales_12m), 0) AS sales,
    COALESCE(SUM(support_12m), 0) AS support,
    COALESCE(SUM(incentives_12m), 0) AS incentives,
    COALESCE(SUM(other_12m), 0) AS other,
    COUNT(*) AS parties
FROM cash

-- step: enterprise
SELECT * FROM break_even WHERE party_id IS NULL

-- step: named
SELECT party_id, label AS customer FROM parties WHERE LIST_CONTAINS($parties, party_id)
