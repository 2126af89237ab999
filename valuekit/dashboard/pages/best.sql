-- Who the best customers are, by each executive.

-- step: measures
SELECT measure, requirement, executive, label, sentence, unit, high_is_best, not_rankable, ranked, weight
FROM measures
ORDER BY LENGTH(requirement), requirement, measure

-- step: top
SELECT measure, rank, value, party_id, COALESCE(name, party_id) AS customer
FROM rankings JOIN parties USING (party_id)
WHERE rank <= $rows AND LIST_CONTAINS($measures, measure)
ORDER BY measure, rank, party_id

-- step: agreement
SELECT measure_a, measure_b, common, top_n, overlap, kendall_tau_b
FROM agreement
ORDER BY measure_a, measure_b

-- step: _weights
SELECT UNNEST($measures) AS measure, UNNEST($weights) AS weight

-- step: _points
SELECT
    party_id,
    measure,
    CAST(_weights.weight AS DECIMAL(9,4)) AS weight,
    CAST(CAST(_weights.weight AS DECIMAL(9,4)) * CAST(1 - (rank - 1) / GREATEST(ranked - 1, 1) AS DECIMAL(14,10)) AS DECIMAL(23,10)) AS points
FROM rankings JOIN measures USING (measure) JOIN _weights USING (measure)
WHERE _weights.weight > 0

-- step: _scores
SELECT party_id, CAST(SUM(points) AS DOUBLE) / NULLIF(CAST(SUM(weight) AS DOUBLE), 0) AS score, COUNT(*) AS measures
FROM _points
GROUP BY party_id

-- step: _best
SELECT party_id, score, measures, ROW_NUMBER() OVER (ORDER BY score DESC, party_id) AS rank
FROM _scores
ORDER BY rank
LIMIT $rows

-- step: consensus
SELECT
    _best.rank, COALESCE(name, party_id) AS customer, party_id, _best.score, _best.measures, consensus.rank AS rank_before,
    COALESCE(ltv.ltv, 0) AS ltv, COALESCE(net_cash_12m, 0) AS net_cash_12m
FROM _best
JOIN parties USING (party_id)
LEFT JOIN consensus USING (party_id)
LEFT JOIN ltv USING (party_id)
LEFT JOIN cash USING (party_id)
ORDER BY _best.rank

-- step: _named
SELECT DISTINCT party_id FROM rankings WHERE measure IN ($first, $second) AND rank <= $rows

-- step: pair
SELECT party_id, COALESCE(name, party_id) AS customer, measure, rank
FROM _named JOIN rankings USING (party_id) JOIN parties USING (party_id)
WHERE measure IN ($first, $second)
ORDER BY party_id, measure

-- step: one
SELECT measure, executive, label, rank, ranked
FROM measures LEFT JOIN (SELECT measure, rank, value FROM rankings WHERE party_id = $party) USING (measure)
ORDER BY LENGTH(requirement), requirement, measure
