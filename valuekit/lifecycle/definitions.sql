-- Who counts whom. A party's `bits` say which definitions hold for it.

-- step: _bits
SELECT party_id, stage, reason, {bits} AS bits
FROM facts
JOIN stages USING (party_id)

-- step: memberships
SELECT b.party_id, r.definition
FROM _bits AS b
JOIN definition_rules AS r ON (b.bits & r.bit) <> 0

-- step: definition_patterns
SELECT bits, stage, reason, COUNT(*) AS parties
FROM _bits
GROUP BY bits, stage, reason

-- step: _members
SELECT r.definition, SUM(p.parties) AS members
FROM definition_patterns AS p
JOIN definition_rules AS r ON (p.bits & r.bit) <> 0
GROUP BY r.definition

-- step: definitions
SELECT
  r.definition, r.label, r.owner, r.system, r.sentence, r.predicate,
  CAST(NULL AS VARCHAR) AS event_on, CAST(NULL AS VARCHAR) AS counts, CAST(NULL AS VARCHAR) AS excludes,
  'agreed' AS status, CAST(NULL AS VARCHAR) AS answers, CAST(1 AS BIGINT) AS version, '' AS fingerprint, 'team' AS kind,
  r.headline,
  CAST(COALESCE(m.members, 0) AS BIGINT) AS members,
  CAST(COALESCE(m.members, 0) AS BIGINT) AS members_with_internal,
  r.not_countable, r.bit, CAST(0 AS BIGINT) AS reason_bits
FROM definition_rules AS r
LEFT JOIN _members AS m USING (definition)
ORDER BY r.bit

-- step: _sides
SELECT
  a.definition AS definition_a, b.definition AS definition_b, p.stage, p.reason, p.parties,
  CASE
    WHEN (p.bits & a.bit) <> 0 AND (p.bits & b.bit) <> 0 THEN 'both'
    WHEN (p.bits & a.bit) <> 0 THEN 'only_a'
    ELSE 'only_b'
  END AS side
FROM definition_patterns AS p
CROSS JOIN definition_rules AS a
JOIN definition_rules AS b ON a.definition < b.definition
WHERE (p.bits & (a.bit | b.bit)) <> 0

-- step: definition_differences
SELECT definition_a, definition_b, side, stage, reason, CAST(SUM(parties) AS BIGINT) AS parties
FROM _sides
GROUP BY definition_a, definition_b, side, stage, reason
