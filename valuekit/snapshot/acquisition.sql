-- What it took to win the customers of the months since $since, and what they brought: by $by, and all together.

-- step: _named
-- Buyers outside the company, by tier, channel or campaign of the first contact.
SELECT
    p.party_id, c.won_month, c.months,
    CASE $by
        WHEN 'tier' THEN COALESCE(s.tier, 'not valued')
        WHEN 'channel' THEN COALESCE(c.channel, 'none')
        ELSE COALESCE(c.campaign, 'none')
    END AS name,
    CASE WHEN $by = 'tier' THEN COALESCE(s.tier_order, 1000) ELSE 0 END AS place
FROM parties AS p
LEFT JOIN channels AS c USING (party_id)
LEFT JOIN segments AS s USING (party_id)
WHERE p.role = 'buyer'

-- step: _grouped
SELECT party_id, won_month, months, name, place FROM _named
UNION ALL
SELECT party_id, won_month, months, 'all' AS name, 1001 AS place FROM _named

-- step: _won
SELECT * FROM _grouped WHERE won_month >= $since

-- step: _customers
SELECT w.name, w.place, COUNT(*) AS won, COALESCE(SUM(l.ltv), 0) AS value_ahead
FROM _won AS w
LEFT JOIN ltv AS l USING (party_id)
GROUP BY w.name, w.place

-- step: _flows
-- Until the month of the first money, marketing and sales won the customer; everything else is what it contributes.
SELECT
    w.name, w.place,
    GREATEST(DATE_DIFF('month', w.won_month, m.month), 0) AS age,
    CASE WHEN m.month <= w.won_month THEN m.acquisition + m.sales ELSE 0 END AS winning,
    m.net_cash
FROM _won AS w
JOIN cash_months AS m USING (party_id)

-- step: _earned
SELECT name, place, -SUM(winning) AS cost, SUM(net_cash - winning) AS contribution
FROM _flows
GROUP BY name, place

-- step: _lost
-- Leads that have not bought, in the same months.
SELECT g.name, g.place, COUNT(DISTINCT g.party_id) AS leads_lost, -SUM(m.acquisition + m.sales) AS cost_of_the_lost
FROM _grouped AS g
JOIN cash_months AS m USING (party_id)
WHERE g.won_month IS NULL AND m.month >= $since AND (m.acquisition <> 0 OR m.sales <> 0)
GROUP BY g.name, g.place

-- step: _all_lost
SELECT leads_lost, cost_of_the_lost FROM _lost WHERE place = 1001

-- step: groups
-- Leads have no tier: each customer won stands for an equal part of them.
SELECT
    COALESCE(c.name, l.name) AS name,
    COALESCE(c.won, 0) AS won,
    CAST(COALESCE(e.cost, 0) AS DECIMAL(18, 4)) AS cost,
    CAST(
        CASE
            WHEN $by = 'tier' AND c.place < 1001
            THEN ROUND((SELECT cost_of_the_lost FROM _all_lost) * c.won / (SELECT won FROM _customers WHERE place = 1001), 2)
            ELSE l.cost_of_the_lost
        END AS DECIMAL(18, 4)
    ) AS cost_of_the_lost,
    CASE WHEN $by <> 'tier' OR c.place = 1001 THEN COALESCE(l.leads_lost, 0) END AS leads_lost,
    CAST(COALESCE(e.contribution, 0) AS DECIMAL(18, 4)) AS contribution,
    CAST(COALESCE(c.value_ahead, 0) AS DECIMAL(18, 4)) AS value_ahead
FROM _customers AS c
LEFT JOIN _earned AS e ON e.name = c.name AND e.place = c.place
FULL JOIN _lost AS l ON l.name = c.name AND l.place = c.place
WHERE $by <> 'tier' OR c.place IS NOT NULL OR l.place = 1001
ORDER BY COALESCE(c.place, l.place), name

-- step: _observed
SELECT name, place, months, COUNT(*) AS customers FROM _won GROUP BY name, place, months

-- step: _aged
SELECT name, place, age, SUM(net_cash - winning) AS contribution FROM _flows GROUP BY name, place, age

-- step: curve
-- What a customer brings in each month of its life, averaged over those who are that old.
SELECT
    a.name, a.age,
    CAST(MAX(a.contribution) / NULLIF(SUM(o.customers), 0) AS DECIMAL(18, 4)) AS contribution
FROM _aged AS a
JOIN _observed AS o ON o.name = a.name AND o.place = a.place AND o.months > a.age
GROUP BY a.name, a.place, a.age
ORDER BY a.place, a.name, a.age
