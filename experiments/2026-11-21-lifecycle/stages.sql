-- The stage of every real party at every month end, found and true; the wrong ones by cause.

-- step: _found
SELECT m.true_party, h.from_end, h.until_end, h.stage, h.reason
FROM truth_map AS m
JOIN history AS h USING (party_id)

-- step: stage_pairs
SELECT
  t.true_party, t.as_of, t.stage AS true_stage, t.reason AS true_reason, f.stage, f.reason,
  CASE
    WHEN f.stage = t.stage THEN NULL
    WHEN s.true_party IS NULL AND p.cause IS NULL THEN 'other'
    ELSE COALESCE(p.cause, 'records joined in part')
  END AS cause
FROM truth_stages AS t
LEFT JOIN _found AS f ON f.true_party = t.true_party AND t.as_of BETWEEN f.from_end AND f.until_end
LEFT JOIN truth_faults AS p ON p.true_party = t.true_party AND p.as_of = t.as_of
LEFT JOIN split_parties AS s ON s.true_party = t.true_party

-- step: stage_months_judged
SELECT
  as_of, COUNT(*) AS parties, SUM(CASE WHEN stage = true_stage THEN 1 ELSE 0 END) AS right_ones,
  AVG(CASE WHEN stage = true_stage THEN 1.0 ELSE 0.0 END) AS accuracy,
  AVG(CASE WHEN stage = true_stage AND reason IS NOT DISTINCT FROM true_reason THEN 1.0 ELSE 0.0 END)
    AS accuracy_with_reason
FROM stage_pairs
GROUP BY as_of
ORDER BY as_of

-- step: stage_causes
SELECT cause, COUNT(*) AS party_months, COUNT(DISTINCT true_party) AS parties
FROM stage_pairs
WHERE cause IS NOT NULL
GROUP BY cause
ORDER BY party_months DESC, cause

-- step: stage_errors
SELECT
  cause, CONCAT_WS(': ', true_stage, true_reason) AS true_stage,
  COALESCE(CONCAT_WS(': ', stage, reason), 'not found') AS found_stage,
  COUNT(*) AS party_months, COUNT(DISTINCT true_party) AS parties, MIN(true_party) AS example
FROM stage_pairs
WHERE cause IS NOT NULL
GROUP BY 1, 2, 3
ORDER BY party_months DESC, 1, 2, 3

-- step: stage_extra
-- Found parties that are part of a real one which another found party speaks for, at the data end.
SELECT h.stage, COUNT(*) AS parties
FROM found_map AS f
JOIN history AS h USING (party_id)
WHERE NOT f.is_main AND h.until_end = $as_of
GROUP BY h.stage
ORDER BY parties DESC, h.stage
