-- What the parties are, why their records were joined, and which were not.

-- step: party_records
SELECT r.system, r.record, f.party_id
FROM identity_records AS r
JOIN identity_parties AS p USING (code)
JOIN identity_records AS f ON f.code = p.first

-- step: parties
-- One role for records that disagree: internal and test come first, then buyer.
-- The label is what every list, file and page calls the party; a name that nobody knows stays empty.
SELECT
  'P' || LEFT(MD5(MIN_BY(r.system || CHR(31) || r.record, r.code)), 15) AS party_id,
  MIN_BY(r.name, r.code) FILTER (WHERE r.name IS NOT NULL) AS name,
  COALESCE(
    MIN_BY(r.name, r.code) FILTER (WHERE r.name IS NOT NULL), MIN_BY(r.system || ' ' || r.record, r.code)
  ) AS label,
  MIN_BY(r.kind, r.code) FILTER (WHERE r.kind IS NOT NULL) AS kind,
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
  FALSE AS in_review,
  MIN(r.created_on) AS created_on
FROM identity_records AS r
JOIN identity_parties AS p USING (code)
GROUP BY p.first

-- step: _party_keys
SELECT k.*, p.first
FROM identity_keys AS k
JOIN identity_parties AS p USING (code)

-- step: _joined
SELECT
  strength, rule, value, code AS high,
  MIN(code) OVER (PARTITION BY rule, value, first) AS low
FROM _party_keys
WHERE uses <= $most_shared OR rule = 'link'

-- step: identity_edges
-- The strongest reason for each pair; a key joins each record of a party to the oldest record that has it.
SELECT low, high, strength, rule, value
FROM _joined
WHERE low < high
QUALIFY ROW_NUMBER() OVER (PARTITION BY low, high ORDER BY strength, value) = 1

-- step: _sightings
-- Each key by the parties that have it, of the inside and of the outside.
SELECT rule, value, is_internal, first, MIN(code) AS code, MIN(uses) AS uses
FROM _party_keys
GROUP BY rule, value, is_internal, first

-- step: _apart
-- The oldest record of each other party against the oldest that has the key; and the outside against the inside.
SELECT
  rule, value, MIN(code) OVER (PARTITION BY rule, value, is_internal) AS low, code AS high,
  'two billing ids' AS reason
FROM _sightings
WHERE uses <= $most_shared AND rule <> 'link'
UNION ALL
SELECT
  rule, value, MIN(code) FILTER (WHERE NOT is_internal), MIN(code) FILTER (WHERE is_internal),
  'internal or test account'
FROM _sightings
WHERE uses <= $most_shared AND rule <> 'link'
GROUP BY rule, value
HAVING MIN_BY(first, code) FILTER (WHERE NOT is_internal) <> MIN_BY(first, code) FILTER (WHERE is_internal)
UNION ALL
SELECT rule, value, MIN(code), MAX(code), 'value shared by ' || COUNT(*) || ' records'
FROM identity_keys
WHERE uses > $most_shared AND rule <> 'link'
GROUP BY rule, value

-- step: review_pairs
SELECT
  a.system, a.record, b.system AS to_system, b.record AS to_record, p.rule, p.value AS evidence, p.reason,
  CAST(NULL AS DOUBLE) AS probability
FROM _apart AS p
JOIN identity_records AS a ON a.code = p.low
JOIN identity_records AS b ON b.code = p.high
WHERE p.low <> p.high
