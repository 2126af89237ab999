-- step: merge_log
-- One line for each record but the oldest of a party: to which record it was joined, and by what.
SELECT
  f.party_id, r.system, r.record, t.system AS to_system, t.record AS to_record, e.rule, e.value AS evidence,
  CAST(NULL AS DOUBLE) AS probability
FROM identity_tree AS j
JOIN identity_edges AS e ON e.low = LEAST(j.code, j.joined_to) AND e.high = GREATEST(j.code, j.joined_to)
JOIN identity_parties AS p ON p.code = j.code
JOIN identity_records AS f ON f.code = p.first
JOIN identity_records AS r ON r.code = j.code
JOIN identity_records AS t ON t.code = j.joined_to
