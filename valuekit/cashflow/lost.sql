-- Acquisition and sales cost of those that never bought, spread over those won.

-- step: _leads
SELECT q.party_id
FROM cashflow_parties AS q
JOIN parties AS p USING (party_id)
WHERE q.won IS NULL AND COALESCE(p.role, 'buyer') = 'buyer'

-- step: _lost_months
SELECT m.month, SUM(m.acquisition + m.sales) AS amount
FROM cashflow_months AS m
SEMI JOIN _leads AS l USING (party_id)
GROUP BY m.month

-- step: _moved
-- Sizes as whole numbers: hundredths of a cent.
SELECT
    l.month,
    CASE WHEN l.amount < 0 THEN -1 ELSE 1 END AS sign,
    CAST(ABS(CAST(l.amount AS DECIMAL(38, 4))) * 10000 AS HUGEINT) AS size,
    MIN(q.won) AS won
FROM _lost_months AS l
JOIN (SELECT DISTINCT won FROM cashflow_parties WHERE won IS NOT NULL) AS q ON q.won >= l.month
WHERE l.amount <> 0
GROUP BY l.month, l.amount

-- step: _winners
SELECT
    party_id, won,
    ROW_NUMBER() OVER (PARTITION BY won ORDER BY n) AS place,
    COUNT(*) OVER (PARTITION BY won) AS winners
FROM cashflow_parties
WHERE won IN (SELECT won FROM _moved)

-- step: _received
-- Equal parts in whole cents; the cents that are left to the first ones, and what is less than a cent to the first.
SELECT
    w.party_id, m.month,
    m.sign * (
        100 * (m.size // 100 // w.winners + CASE WHEN w.place <= m.size // 100 % w.winners THEN 1 ELSE 0 END)
        + CASE WHEN w.place = 1 THEN m.size % 100 ELSE 0 END
    ) AS hundredths
FROM _moved AS m
JOIN _winners AS w USING (won)

-- step: _own
SELECT m.*, l.party_id IS NOT NULL AND m.month IN (SELECT month FROM _moved) AS gives
FROM cashflow_months AS m
LEFT JOIN _leads AS l USING (party_id)

-- step: _changed
SELECT
    party_id, month, revenue, refunds, cost_of_goods,
    CASE WHEN gives THEN 0 ELSE acquisition END AS acquisition,
    retention,
    CASE WHEN gives THEN 0 ELSE sales END AS sales,
    support, incentives, other
FROM _own
UNION ALL
SELECT
    party_id, month, 0, 0, 0, CAST(CAST(hundredths AS DECIMAL(20, 0)) * 0.0001 AS DECIMAL(18, 4)), 0, 0, 0, 0, 0
FROM _received
WHERE hundredths <> 0

-- step: cashflow_spread
SELECT
    party_id, month,
    CAST(SUM(revenue) AS DECIMAL(18, 4)) AS revenue,
    CAST(SUM(refunds) AS DECIMAL(18, 4)) AS refunds,
    CAST(SUM(cost_of_goods) AS DECIMAL(18, 4)) AS cost_of_goods,
    CAST(SUM(acquisition) AS DECIMAL(18, 4)) AS acquisition,
    CAST(SUM(retention) AS DECIMAL(18, 4)) AS retention,
    CAST(SUM(sales) AS DECIMAL(18, 4)) AS sales,
    CAST(SUM(support) AS DECIMAL(18, 4)) AS support,
    CAST(SUM(incentives) AS DECIMAL(18, 4)) AS incentives,
    CAST(SUM(other) AS DECIMAL(18, 4)) AS other,
    CAST(
        SUM(revenue + refunds + cost_of_goods + acquisition + retention + sales + support + incentives + other)
        AS DECIMAL(18, 4)
    ) AS net_cash
FROM _changed
WHERE revenue <> 0 OR refunds <> 0 OR cost_of_goods <> 0 OR acquisition <> 0 OR retention <> 0 OR sales <> 0
    OR support <> 0 OR incentives <> 0 OR other <> 0
GROUP BY party_id, month

-- step: cashflow_moved
SELECT month, CAST(sign * size AS DECIMAL(38, 0)) * 0.0001 AS amount FROM _moved
