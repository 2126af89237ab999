-- What each real party was found to be, to cost and to be worth, beside the truth. Needs `truth_map`.

-- step: stage_pairs
SELECT t.true_party, t.stage AS true_stage, t.reason AS true_reason, s.stage, s.reason
FROM truth_stages AS t
LEFT JOIN truth_map AS m USING (true_party)
LEFT JOIN stages AS s USING (party_id)
WHERE t.as_of = $as_of

-- step: stage_result
SELECT
    COUNT(*) AS parties,
    AVG(CASE WHEN stage = true_stage THEN 1.0 ELSE 0.0 END) AS stage_accuracy,
    AVG(CASE WHEN stage = true_stage AND COALESCE(reason, '') = COALESCE(true_reason, '') THEN 1.0 ELSE 0.0 END)
        AS stage_and_reason_accuracy
FROM stage_pairs

-- step: stage_errors
SELECT true_stage, COALESCE(stage, 'not found') AS stage, COUNT(*) AS parties
FROM stage_pairs
WHERE stage IS DISTINCT FROM true_stage
GROUP BY ALL
ORDER BY parties DESC, true_stage, stage

-- step: _true_cost
SELECT true_party, SUM(cost) AS true_cost
FROM truth_costs
WHERE month > $year_ago AND month <= $as_of
GROUP BY true_party

-- step: _paying
SELECT m.true_party, c.revenue_12m, c.revenue_12m + c.refunds_12m - c.net_cash_12m AS found_cost
FROM truth_map AS m
JOIN cash AS c USING (party_id)
JOIN stages AS s USING (party_id)
WHERE s.stage IN ('active', 'inactive')

-- step: cost_pairs
SELECT
    p.true_party,
    CAST(p.found_cost AS DOUBLE) AS found_cost,
    CAST(COALESCE(t.true_cost, 0) AS DOUBLE) AS true_cost,
    CAST(p.revenue_12m AS DOUBLE) AS revenue
FROM _paying AS p
LEFT JOIN _true_cost AS t USING (true_party)
ORDER BY p.true_party

-- step: _future
SELECT
    true_party,
    SUM(CAST((revenue + cost_of_goods + marketing + sales + support + incentives) * POWER(1 + $rate, 0.5 - year)
        AS DECIMAL(18, 4))) AS true_value
FROM truth_future
WHERE year <= $horizon
GROUP BY true_party

-- step: value_pairs
SELECT
    m.true_party,
    s.stage,
    CAST(l.ltv AS DOUBLE) AS found_value,
    CAST(COALESCE(f.true_value, 0) AS DOUBLE) AS true_value,
    CAST(c.net_cash_12m AS DOUBLE) AS last_year
FROM truth_map AS m
JOIN ltv AS l USING (party_id)
JOIN stages AS s USING (party_id)
LEFT JOIN cash AS c USING (party_id)
LEFT JOIN _future AS f USING (true_party)
ORDER BY m.true_party
