-- Who the best customers are, by each executive.

-- step: _named_best
SELECT measure, COUNT(*) AS named FROM rankings WHERE rank <= $rows GROUP BY measure

-- step: measures
SELECT measure, requirement, executive, label, sentence, unit, high_is_best, not_rankable, ranked, weight,
    COALESCE(named, 0) AS named
FROM measures LEFT JOIN _named_best USING (measure)
ORDER BY LENGTH(requirement), requirement, measure

-- step: top
SELECT measure, rank, value, party_id, label AS customer
FROM rankings JOIN parties USING (party_id)
WHERE rank <= $rows AND LIST_CONTAINS($measures, measure)
ORDER BY measure, rank, party_id

-- step: _next
SELECT measure, MIN(rank) AS rank FROM rankings WHERE rank > $rows AND LIST_CONTAINS($measures, measure) GROUP BY measure

-- step: ties
SELECT measure, rank, COUNT(*) AS parties
FROM rankings JOIN _next USING (measure, rank)
GROUP BY measure, rank
ORDER BY measure

-- step: agreement
SELECT measure_a, measure_b, common, top_n, overlap, kendall_tau_b
FROM agreement
ORDER BY measure_a, measure_b

-- step: named
SELECT
    party_id,
    label AS customer,
    consensus.rank AS rank_before,
    COALESCE(ltv.ltv, 0) AS ltv,
    COALESCE(net_cash_12m, 0) AS net_cash_12m
FROM parties
LEFT JOIN consensus USING (party_id)
LEFT JOIN ltv USING (party_id)
LEFT JOIN cash USING (party_id)
WHERE LIST_CONTAINS($parties, party_id)
ORDER BY party_id

-- step: _pair
SELECT DISTINCT party_id FROM rankings WHERE measure IN ($first, $second) AND rank <= $rows

-- step: pair
SELECT party_id, label AS customer, measure, rank
FROM _pair JOIN rankings USING (party_id) JOIN parties USING (party_id)
WHERE measure IN ($first, $second)
ORDER BY party_id, measure

-- step: one
SELECT measure, executive, label, rank, ranked
FROM measures LEFT JOIN (SELECT measure, rank, value FROM rankings WHERE party_id = $party) USING (measure)
ORDER BY LENGTH(requirement), requirement, measure
