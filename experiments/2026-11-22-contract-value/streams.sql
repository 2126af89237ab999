-- Cash of three years by stream: the cube's beside the true one, not discounted. Needs `truth_map`.

-- step: _stages
SELECT m.true_party, CASE WHEN s.stage IN ('active', 'inactive') THEN '' ELSE 'others: ' END AS who
FROM truth_map AS m
JOIN stages AS s USING (party_id)

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
JOIN truth_map AS m USING (party_id)
UNION ALL
SELECT true_party, stream, 0, cash FROM _true

-- step: stream_totals
SELECT COALESCE(s.who, 'others: ') || b.stream AS part, SUM(b.found) AS found, SUM(b.truth) AS truth
FROM _both AS b
LEFT JOIN _stages AS s USING (true_party)
GROUP BY part
