-- step: merge_log
-- One line for each record but the oldest of a party: to which record it was joined, and by what. Who belongs to a unit
-- has a line for his oldest record.
SELECT
  i.party_id, r.system, r.record, t.system AS to_system, t.record AS to_record, e.rule, e.value AS evidence,
  e.probability
FROM identity_tree AS j
JOIN identity_edges AS e ON e.low = LEAST(j.code, j.joined_to) AND e.high = GREATEST(j.code, j.joined_to)
JOIN identity_parties AS p ON p.code = j.code
JOIN identity_ids AS i USING (first)
JOIN identity_records AS r ON r.code = j.code
JOIN identity_records AS t ON t.code = j.joined_to
UNION ALL
SELECT i.party_id, r.system, r.record, t.system, t.record, 'unit', 'belongs to ' || t.system || ' ' || t.record, NULL
FROM identity_parties AS p
JOIN identity_owners AS o ON o.first = p.code
JOIN identity_ids AS i ON i.first = p.first
JOIN identity_records AS r ON r.code = p.code
JOIN identity_records AS t ON t.code = o.to_code
WHERE p.code = p.core AND p.core <> p.first
