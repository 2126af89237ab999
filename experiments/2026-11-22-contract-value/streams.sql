-- Cash of three years by kind of party and stream: the cube's beside the true one, not discounted. Needs `truth_map`.
-- What customers bring by referrals and ideas is left out: the truth holds each party's own money.

-- step: _kinds
SELECT m.true_party, m.party_id,
       CASE WHEN s.stage IN ('active', 'inactive') AND f.has_contract THEN 'contract'
            WHEN s.stage IN ('active', 'inactive') THEN 'orders'
            ELSE s.stage END AS kind
FROM truth_map AS m
JOIN stages AS s ON s.party_id = m.party_id
JOIN facts AS f ON f.party_id = m.party_id

-- step: _true
SELECT true_party, 'revenue' AS stream, revenue AS cash FROM truth_future WHERE year <= 3
UNION ALL
SELECT true_party, 'cost_of_goods', cost_of_goods FROM truth_future WHERE year <= 3
UNION ALL
SELECT true_party, 'marketing', marketing FROM truth_future WHERE year <= 3
UNION ALL
SELECT true_party, 'sales', sales FROM truth_future WHERE year <= 3
UNION ALL
SELECT true_party, 'support', support FROM truth_future WHERE year <= 3
UNION ALL
SELECT true_party, 'incentives', incentives FROM truth_future WHERE year <= 3

-- step: _both
SELECT m.true_party, c.stream, c.year_1 + c.year_2 + c.year_3 AS found, CAST(0 AS DECIMAL(18, 4)) AS truth
FROM cube AS c
JOIN truth_map AS m ON m.party_id = c.party_id
WHERE c.stream NOT IN ('advocacy', 'innovation')
UNION ALL
SELECT true_party, stream, 0, cash FROM _true

-- step: stream_totals
SELECT COALESCE(k.kind, 'unknown') AS kind, b.stream, SUM(b.found) AS found, SUM(b.truth) AS truth
FROM _both AS b
LEFT JOIN _kinds AS k ON k.true_party = b.true_party
GROUP BY 1, 2
ORDER BY 1, 2

-- step: _realised
SELECT true_party, SUM(cash) AS cash
FROM _true
GROUP BY true_party

-- step: realised_in_intervals
-- Every valued party's interval beside what it really brings; a cent is rounding.
SELECT k.kind, COUNT(*) AS parties,
       COUNT(*) FILTER (WHERE COALESCE(r.cash, 0) BETWEEN i.low_50 - 0.01 AND i.high_50 + 0.01) AS in_50,
       COUNT(*) FILTER (WHERE COALESCE(r.cash, 0) BETWEEN i.low_80 - 0.01 AND i.high_80 + 0.01) AS in_80,
       COUNT(*) FILTER (WHERE COALESCE(r.cash, 0) BETWEEN i.low_95 - 0.01 AND i.high_95 + 0.01) AS in_95,
       COUNT(*) FILTER (WHERE COALESCE(r.cash, 0) < i.low_80 - 0.01) AS below_80
FROM ltv_intervals AS i
JOIN _kinds AS k ON k.party_id = i.party_id
LEFT JOIN _realised AS r ON r.true_party = k.true_party
GROUP BY k.kind
ORDER BY k.kind

-- step: realised_in_sum
SELECT CAST(t.cash AS DOUBLE) AS truth, CAST(v.ltv AS DOUBLE) AS found, CAST(v.deviation AS DOUBLE) AS deviation
FROM value_sums AS v
CROSS JOIN (SELECT SUM(cash) AS cash FROM _true) AS t
WHERE v.scope = 'company'
