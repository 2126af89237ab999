-- Which records share which key. A record's `code` is its place by age: every tie is broken by it.

-- step: identity_records
SELECT
  ROW_NUMBER() OVER (ORDER BY created_on NULLS LAST, system, record) - 1 AS code,
  system, record, name, kind, role, created_on,
  'P' || LEFT(MD5(system || CHR(31) || record), 15) AS party_id,
  COALESCE(role IN ('internal', 'test'), FALSE) AS is_internal,
  NULLIF(TRIM(billing_id), '') AS billing_id,
  UPPER(REGEXP_REPLACE(tax_id, '[^A-Za-z0-9]', '', 'g')) AS tax_id,
  RIGHT(REGEXP_REPLACE(phone, '[^0-9]', '', 'g'), 8) AS phone,
  NULLIF(TRIM(LOWER(STRIP_ACCENTS(city))), '') AS city,
  NULLIF(UPPER(REGEXP_REPLACE(postcode, '[^A-Za-z0-9]', '', 'g')), '') AS postcode,
  born_on, parent,
  LOWER(TRIM(email)) AS email,
  REGEXP_REPLACE(LOWER(TRIM(domain)), '^([a-z]+://)?(www\.)?|[/:?].*$', '', 'g') AS domain
FROM records

-- step: _words
-- The name in plain lower-case words: no accents, no dots (G.m.b.H.), no other punctuation.
SELECT
  code,
  TRIM(REGEXP_REPLACE(
    REPLACE(REPLACE(REPLACE(LOWER(STRIP_ACCENTS(name)), 'ß', 'ss'), '.', ''), '&', ' and '),
    '[^\p{L}\p{N}]+', ' ', 'g'
  )) AS words
FROM identity_records
WHERE name IS NOT NULL

-- step: identity_names
-- Legal forms at the end say nothing about who it is; a name that is nothing else stays.
SELECT
  code,
  REGEXP_REPLACE(
    words,
    '( and| co| company| corp| corporation| inc| incorporated| llc| llp| lp| ltd| limited| plc| gmbh| ggmbh| mbh| ag'
    || '| kg| kgaa| ohg| ug| haftungsbeschrankt| eg| ev| se| sa| sas| sasu| sarl| srl| spa| sl| slu| bv| nv| vof| ab'
    || '| as| asa| aps| oy| oyj| doo| sro| zrt| kft| spzoo| sp z o o| pty| pte| pvt| kk)+$',
    ''
  ) AS name
FROM _words
WHERE words <> ''

-- step: identity_emails
SELECT code, is_internal, email
FROM identity_records
WHERE REGEXP_MATCHES(email, '^[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]{2,}$')

-- step: identity_domains
SELECT
  r.code, r.is_internal, COALESCE(NULLIF(r.domain, ''), SPLIT_PART(e.email, '@', 2)) AS domain
FROM identity_records AS r
LEFT JOIN identity_emails AS e USING (code)

-- step: _keys
-- A tax number has a digit above zero and four characters: N/A, 0000 and none are no tax numbers.
SELECT code, is_internal, 'billing_id' AS rule, billing_id AS value
FROM identity_records
WHERE billing_id IS NOT NULL
UNION ALL
SELECT code, is_internal, 'tax_id', tax_id
FROM identity_records
WHERE LENGTH(tax_id) >= 4 AND REGEXP_MATCHES(tax_id, '[1-9]')
UNION ALL
SELECT code, is_internal, 'email', email
FROM identity_emails
UNION ALL
SELECT d.code, d.is_internal, 'domain_name', d.domain || ' ' || n.name
FROM identity_domains AS d
JOIN identity_names AS n USING (code)
WHERE d.domain LIKE '%_._%' AND NOT LIST_CONTAINS(CAST($shared_domains AS VARCHAR[]), d.domain)

-- step: _links
-- A link is a person's word: it holds between inside and outside too.
SELECT
  a.code AS from_code, b.code AS to_code,
  l.system || ' ' || l.from_record || ' = ' || l.to_system || ' ' || l.to_record AS value
FROM links AS l
JOIN identity_records AS a ON a.system = l.system AND a.record = l.from_record
JOIN identity_records AS b ON b.system = l.to_system AND b.record = l.to_record
WHERE l.kind = 'same' AND a.code <> b.code

-- step: identity_decided
-- Pairs of records that somebody decided on, the older record first.
SELECT
  d.decision, LEAST(a.code, b.code) AS low, GREATEST(a.code, b.code) AS high,
  MIN(CONCAT_WS(' ', a.system, a.record, '=', b.system, b.record, '(' || NULLIF(d.note, '') || ')')) AS value
FROM identity_decisions AS d
JOIN identity_records AS a ON a.system = d.system AND a.record = d.record
JOIN identity_records AS b ON b.system = d.to_system AND b.record = d.to_record
GROUP BY ALL

-- step: _words_of_people
-- A decision or a link between two records is a key that no others have.
SELECT low, high, 'decision' AS rule, value
FROM identity_decided
WHERE decision = 'same'
UNION ALL
SELECT l.from_code, l.to_code, 'link', l.value
FROM _links AS l
LEFT JOIN identity_decided AS d
  ON d.decision = 'different' AND d.low = LEAST(l.from_code, l.to_code) AND d.high = GREATEST(l.from_code, l.to_code)
WHERE d.low IS NULL

-- step: _all_keys
SELECT code, is_internal, rule, value FROM _keys
UNION ALL
SELECT low, FALSE, rule, value FROM _words_of_people
UNION ALL
SELECT high, FALSE, rule, value FROM _words_of_people

-- step: _used_keys
-- `hub` is the oldest record that has the key; internal accounts and others have hubs of their own.
SELECT
  r.strength, k.rule, k.value, k.is_internal, k.code,
  MIN(k.code) OVER (PARTITION BY k.rule, k.value, k.is_internal) AS hub,
  COUNT(*) OVER (PARTITION BY k.rule, k.value) AS uses
FROM _all_keys AS k
JOIN identity_rules AS r ON r.rule = k.rule

-- step: identity_shared
SELECT * FROM _used_keys WHERE uses > 1

-- step: _refused
-- Two records that are different by decision lose the keys that nobody else has; what others have too may still tie
-- each of them to these.
SELECT DISTINCT y.code, y.rule, y.value
FROM identity_decided AS d
JOIN identity_shared AS o ON o.code = d.low
JOIN identity_shared AS y ON y.code = d.high AND y.rule = o.rule AND y.value = o.value
WHERE d.decision = 'different' AND o.uses = 2

-- step: identity_keys
SELECT * FROM identity_shared ANTI JOIN _refused USING (code, rule, value)

-- step: identity_payers
-- Records with a billing id, numbered by the id; internal accounts are payers of their own.
SELECT code, DENSE_RANK() OVER (ORDER BY billing_id, is_internal) - 1 AS payer
FROM identity_records
WHERE billing_id IS NOT NULL

-- step: identity_unknown
-- Decisions about a record that is not there.
SELECT
  d.source, d.row_number, d.decision, d.system, d.record, d.to_system, d.to_record,
  CASE WHEN a.code IS NULL THEN d.system || ' ' || d.record ELSE d.to_system || ' ' || d.to_record END AS missing
FROM identity_decisions AS d
LEFT JOIN identity_records AS a ON a.system = d.system AND a.record = d.record
LEFT JOIN identity_records AS b ON b.system = d.to_system AND b.record = d.to_record
WHERE a.code IS NULL OR b.code IS NULL
