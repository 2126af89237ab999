-- What groups of parties used of the pools that have a scale effect, and what they bring.

-- step: _member
SELECT q.n, q.party_id, COALESCE(g.{member}, $no_group) AS member
FROM scale_parties AS q
LEFT JOIN {groups} AS g USING (party_id)

-- step: group_units
-- Units without a party are a group of their own: they are part of the volume.
SELECT
    p.function, p.pool, p.month, p.elasticity,
    CAST(p.cost AS DOUBLE) AS cost,
    COALESCE(m.member, $unknown) AS member,
    CAST(SUM(u.units) AS DOUBLE) AS units
FROM scale_months AS p
JOIN scale_units AS u
    ON u.driver = p.driver AND u.work = p.work AND u.month = p.month
LEFT JOIN _member AS m USING (n)
GROUP BY p.function, p.pool, p.month, p.elasticity, p.cost, COALESCE(m.member, $unknown)
ORDER BY p.function, p.pool, p.month, COALESCE(m.member, $unknown)

-- step: _unknown
SELECT 0 AS parties, SUM(unattributed) AS money
FROM books
WHERE month >= $since
HAVING SUM(unattributed) <> 0

-- step: group_money
SELECT m.member, COUNT(c.party_id) AS parties, CAST(COALESCE(SUM(c.net_cash_12m), 0) AS DECIMAL(18, 4)) AS money
FROM _member AS m
JOIN cash AS c USING (party_id)
GROUP BY m.member
UNION ALL
SELECT $unknown, parties, CAST(money AS DECIMAL(18, 4))
FROM _unknown
ORDER BY 1
