-- One ranking from all: the weighted mean of what each measure makes of a customer (Borda).

-- step: _weights
SELECT
    UNNEST(CAST($measures AS VARCHAR[])) AS measure,
    CAST(UNNEST(CAST($weights AS DOUBLE[])) AS DECIMAL(18, 6)) AS weight

-- step: _voters
SELECT m.measure, m.ranked, w.weight
FROM measures AS m
JOIN _weights AS w USING (measure)
WHERE m.ranked > 0 AND w.weight > 0

-- step: _votes
-- Scores as DECIMAL, so that their sum is the same in any order. Alone, or all equal: half.
SELECT
    r.party_id, v.weight,
    CAST(COALESCE((v.ranked - r.rank) / NULLIF(v.ranked - 1, 0), 0.5) AS DECIMAL(18, 12)) AS score
FROM rankings AS r
JOIN _voters AS v USING (measure)

-- step: _tally
SELECT
    party_id,
    COUNT(*) AS measures,
    SUM(weight) AS weight,
    CAST(SUM(weight * score) AS DOUBLE) / CAST(SUM(weight) AS DOUBLE) AS score
FROM _votes
GROUP BY party_id

-- step: _standing
SELECT
    c.party_id, t.score,
    COALESCE(t.measures, 0) AS measures,
    COALESCE(2 * t.weight >= a.weight, FALSE) AS known
FROM {customers} AS c
LEFT JOIN _tally AS t USING (party_id)
CROSS JOIN (SELECT SUM(weight) AS weight FROM _voters) AS a

-- step: consensus
SELECT
    party_id, score, measures,
    CASE WHEN known THEN ROW_NUMBER() OVER (PARTITION BY known ORDER BY score DESC, party_id) END AS rank
FROM _standing
ORDER BY rank NULLS LAST, party_id
LIMIT $most
