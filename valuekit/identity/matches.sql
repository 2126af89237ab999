-- What the comparison found.

-- step: _likely
-- The likeliest pair of each two parties, by their records. Matches are tried in order of weight, and where two payers
-- claim a record, the first gets it. A typo in a name has a fixed weight and the same name may be a common one, so pairs
-- of the same name go before all others, whatever both weigh.
SELECT
  a.first AS one, b.first AS other, LEAST(a.code, b.code) AS low, GREATEST(a.code, b.code) AS high,
  s.match_weight + CASE WHEN a.name = b.name THEN 1000 ELSE 0 END AS weight,
  ROUND(s.match_probability, 6) AS probability, s.alike,
  CASE WHEN a.name = b.name OR a.name IS NULL OR b.name IS NULL THEN '' ELSE a.name || ' / ' || b.name || ': ' END
    || s.evidence AS evidence
FROM identity_scored AS s
JOIN identity_profiles AS a ON a.unique_id = s.unique_id_l
JOIN identity_profiles AS b ON b.unique_id = s.unique_id_r
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY a.first, b.first ORDER BY s.match_weight DESC, a.code, b.code, a.unique_id, b.unique_id
) = 1

-- step: _different
SELECT DISTINCT LEAST(a.first, b.first) AS one, GREATEST(a.first, b.first) AS other
FROM identity_decided AS d
JOIN identity_cores AS a ON a.code = d.low
JOIN identity_cores AS b ON b.code = d.high
WHERE d.decision = 'different'

-- step: identity_matches
SELECT
  m.low, m.high, m.weight, m.probability, m.evidence, a.is_internal <> b.is_internal AS is_internal,
  m.probability >= $join_above AND m.alike AND a.is_internal = b.is_internal AS joins
FROM (SELECT * FROM _likely ANTI JOIN _different USING (one, other)) AS m
JOIN identity_records AS a ON a.code = m.low
JOIN identity_records AS b ON b.code = m.high

-- step: identity_passed_over
-- Keys that too many share, by kind; the rarest stands as the example.
SELECT
  kind, COUNT(DISTINCT value) AS keys, MIN_BY(value, (uses, value)) AS example,
  MIN_BY(code, (uses, value, code)) AS low, MAX_BY(code, (-uses, value, code)) AS high
FROM identity_blocks AS b
JOIN identity_profiles AS p USING (unique_id)
WHERE uses > $most_compared
GROUP BY kind
