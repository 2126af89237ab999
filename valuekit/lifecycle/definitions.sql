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

-- step: _members
SELECT r.definition, COUNT(*) AS members
FROM party_lists AS l
JOIN definition_rules AS r ON (l.definitions & r.bit) <> 0
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
