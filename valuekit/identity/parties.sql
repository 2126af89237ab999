-- What the parties are, why their records were joined, and which were not. A party's `first` is the oldest record of
-- the one that stands for the unit; `core` is the oldest record of the one whose record it is.

-- step: _members
-- Records of the one that stands for the unit go first.
SELECT r.*, p.first, ROW_NUMBER() OVER (ORDER BY p.core <> p.first, r.code) AS place
FROM identity_records AS r
JOIN identity_parties AS p USING (code)

-- step: party_records
SELECT r.system, r.record, i.party_id
FROM identity_records AS r
JOIN identity_parties AS p USING (code)
JOIN identity_ids AS i USING (first)

-- step: _joined
-- A key joins each record of a party to the oldest record that has it.
SELECT
  k.strength, k.rule, k.value, k.code AS high,
  MIN(k.code) OVER (PARTITION BY k.rule, k.value, p.core) AS low
FROM identity_keys AS k
JOIN identity_parties AS p USING (code)
WHERE k.uses <= $most_shared OR k.rule IN ('decision', 'link')

-- step: _reasons
SELECT low, high, strength, 0.0 AS weight, rule, value, CAST(NULL AS DOUBLE) AS probability
FROM _joined
WHERE low < high
UNION ALL
SELECT m.low, m.high, 99, m.weight, 'match', m.evidence, m.probability
FROM identity_matches AS m
JOIN identity_parties AS a ON a.code = m.low
JOIN identity_parties AS b ON b.code = m.high
WHERE m.joins AND a.core = b.core

-- step: identity_edges
-- The strongest reason for each pair.
SELECT low, high, strength, weight, rule, value, probability
FROM _reasons
QUALIFY ROW_NUMBER() OVER (PARTITION BY low, high ORDER BY strength, weight DESC, value) = 1

-- step: _sightings
-- Each key by the parties that have it, of the inside and of the outside.
SELECT k.rule, k.value, k.is_internal, p.first, MIN(k.code) AS code, MIN(k.uses) AS uses
FROM identity_shared AS k
JOIN identity_parties AS p USING (code)
WHERE k.rule NOT IN ('decision', 'link')
GROUP BY k.rule, k.value, k.is_internal, p.first

-- step: _apart
-- The oldest record of each other party against the oldest that has the key; and the outside against the inside.
SELECT
  rule, value, MIN(code) OVER (PARTITION BY rule, value, is_internal) AS low, code AS high,
  'two billing ids' AS reason, CAST(NULL AS DOUBLE) AS probability
FROM _sightings
WHERE uses <= $most_shared
UNION ALL
SELECT
  rule, value, MIN(code) FILTER (WHERE NOT is_internal), MIN(code) FILTER (WHERE is_internal),
  'internal or test account', NULL
FROM _sightings
WHERE uses <= $most_shared
GROUP BY rule, value
HAVING MIN_BY(first, code) FILTER (WHERE NOT is_internal) <> MIN_BY(first, code) FILTER (WHERE is_internal)
UNION ALL
SELECT
  'match', m.evidence, m.low, m.high,
  CASE
    WHEN m.is_internal THEN 'internal or test account'
    WHEN m.joins THEN 'two billing ids'
    ELSE 'likely, not certain'
  END,
  m.probability
FROM identity_matches AS m

-- step: _decided
-- Parties that are different by a decision.
SELECT DISTINCT LEAST(a.first, b.first) AS one, GREATEST(a.first, b.first) AS other
FROM identity_decided AS d
JOIN identity_parties AS a ON a.code = d.low
JOIN identity_parties AS b ON b.code = d.high
WHERE d.decision = 'different'

-- step: _undecided
SELECT p.*, LEAST(a.first, b.first) AS one, GREATEST(a.first, b.first) AS other
FROM _apart AS p
JOIN identity_parties AS a ON a.code = p.low
JOIN identity_parties AS b ON b.code = p.high
WHERE a.first <> b.first

-- step: identity_undecided
-- A match says nothing new of parties that share a key.
SELECT *
FROM _undecided ANTI JOIN _decided USING (one, other)
QUALIFY rule <> 'match' OR COUNT(*) FILTER (WHERE rule <> 'match') OVER (PARTITION BY one, other) = 0

-- step: _not_used
-- Values that very many share.
SELECT rule, value, MIN(code) AS low, MAX(code) AS high, 'value shared by ' || COUNT(*) || ' records' AS reason
FROM identity_shared
WHERE uses > $most_shared AND rule NOT IN ('decision', 'link')
GROUP BY rule, value
UNION ALL
SELECT 'match', kind || ' ' || example, low, high, 'too common to compare: ' || keys
FROM identity_passed_over

-- step: review_pairs
SELECT
  a.system, a.record, b.system AS to_system, b.record AS to_record, p.rule, p.value AS evidence, p.reason, p.probability
FROM (
  SELECT rule, value, low, high, reason, probability FROM identity_undecided
  UNION ALL
  SELECT rule, value, low, high, reason, NULL FROM _not_used
) AS p
JOIN identity_records AS a ON a.code = p.low
JOIN identity_records AS b ON b.code = p.high
WHERE p.low <> p.high

-- step: _in_review
SELECT one AS first FROM identity_undecided UNION SELECT other FROM identity_undecided

-- step: parties
-- One role for records that disagree: internal and test come first, then buyer.
-- The label is what every list, file and page calls the party; a name that nobody knows stays empty.
SELECT
  MIN(i.party_id) AS party_id,
  MIN_BY(r.name, r.place) FILTER (WHERE r.name IS NOT NULL) AS name,
  COALESCE(
    MIN_BY(r.name, r.place) FILTER (WHERE r.name IS NOT NULL), MIN_BY(r.system || ' ' || r.record, r.place)
  ) AS label,
  MIN_BY(r.kind, r.place) FILTER (WHERE r.kind IS NOT NULL) AS kind,
  CASE
    WHEN BOOL_OR(r.role = 'internal') THEN 'internal'
    WHEN BOOL_OR(r.role = 'test') THEN 'test'
    WHEN BOOL_OR(r.role IS NULL OR r.role = 'buyer') THEN 'buyer'
    WHEN BOOL_OR(r.role = 'served') THEN 'served'
    WHEN BOOL_OR(r.role = 'partner') THEN 'partner'
    ELSE 'supplier'
  END AS role,
  COALESCE(BOOL_OR(r.role IN ('supplier', 'partner')), FALSE) AS is_supplier,
  COUNT(*) AS records,
  STRING_AGG(DISTINCT r.system, ', ' ORDER BY r.system) AS systems,
  BOOL_OR(v.first IS NOT NULL) AS in_review,
  MIN(r.created_on) AS created_on
FROM _members AS r
JOIN identity_ids AS i USING (first)
LEFT JOIN _in_review AS v USING (first)
GROUP BY r.first
