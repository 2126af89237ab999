-- Who counts whom at the date described. A party's `definitions` are the bits of those that count it.

-- step: party_lists
SELECT party_id, definitions, reasons
FROM party_months
WHERE as_of = $as_of

-- step: memberships
SELECT l.party_id, r.definition
FROM party_lists AS l
JOIN definition_rules AS r ON (l.definitions & r.bit) <> 0
WHERE r.kind = 'team'

-- step: definition_patterns
SELECT l.definitions AS bits, s.stage, s.reason, COUNT(*) AS parties
FROM party_lists AS l
JOIN stages AS s USING (party_id)
GROUP BY l.definitions, s.stage, s.reason

-- step: _members
SELECT r.definition, SUM(p.parties) AS members
FROM definition_patterns AS p
JOIN definition_rules AS r ON (p.bits & r.bit) <> 0
GROUP BY r.definition

-- step: _internal_counted
-- Of the internal and test accounts, those that count already: their place is taken by what they would be as others.
SELECT r.definition, COUNT(*) AS members
FROM party_lists AS l
JOIN facts AS f USING (party_id)
JOIN definition_rules AS r ON (l.definitions & r.bit) <> 0
WHERE f.is_internal
GROUP BY r.definition

-- step: _internal_as_others
SELECT r.definition, COUNT(*) AS members
FROM internal_as_others AS i
JOIN definition_rules AS r ON (i.definitions & r.bit) <> 0
GROUP BY r.definition

-- step: definitions
SELECT
  r.definition, r.label, r.owner, r.system, r.sentence, r.predicate, r.event_on, r.counts, r.excludes, r.status,
  r.answers, r.version, r.fingerprint, r.kind, r.headline,
  CAST(COALESCE(m.members, 0) AS BIGINT) AS members,
  CAST(COALESCE(m.members, 0) - COALESCE(c.members, 0) + COALESCE(i.members, 0) AS BIGINT) AS members_with_internal,
  r.not_countable, r.bit, r.reason_bits
FROM definition_rules AS r
LEFT JOIN _members AS m USING (definition)
LEFT JOIN _internal_counted AS c USING (definition)
LEFT JOIN _internal_as_others AS i USING (definition)
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
JOIN definition_rules AS b ON a.definition < b.definition AND a.kind = b.kind
WHERE (p.bits & (a.bit | b.bit)) <> 0

-- step: definition_differences
SELECT definition_a, definition_b, side, stage, reason, CAST(SUM(parties) AS BIGINT) AS parties
FROM _sides
GROUP BY definition_a, definition_b, side, stage, reason
