-- Which records share which key. A record's `code` is its place by age: every tie is broken by it.

-- step: identity_records
SELECT
  ROW_NUMBER() OVER (ORDER BY created_on NULLS LAST, system, record) - 1 AS code,
  system, record, name, kind, role, created_on,
  'P' || LEFT(MD5(system || CHR(31) || record), 15) AS party_id,
  COALESCE(role IN ('internal', 'test'), FALSE) AS is_internal,
  NULLIF(TRIM(billing_id), '') AS billing_id,
  UPPER(REGEXP_REPLACE(tax_id, '[^A-Za-z0-9]', '', 'g')) AS tax_id,
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

-- step: _names
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

-- step: _emails
SELECT code, is_internal, email
FROM identity_records
WHERE REGEXP_MATCHES(email, '^[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]{2,}$')

-- step: _domains
SELECT
  r.code, r.is_internal, COALESCE(NULLIF(r.domain, ''), SPLIT_PART(e.email, '@', 2)) AS domain
FROM identity_records AS r
LEFT JOIN _emails AS e USING (code)

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
FROM _emails
UNION ALL
SELECT d.code, d.is_internal, 'domain_name', d.domain || ' ' || n.name
FROM _domains AS d
JOIN _names AS n USING (code)
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

-- step: _all_keys
SELECT code, is_internal, rule, value FROM _keys
UNION ALL
SELECT from_code, FALSE, 'link', value FROM _links
UNION ALL
SELECT to_code, FALSE, 'link', value FROM _links

-- step: _used_keys
-- `hub` is the oldest record that has the key; internal accounts and others have hubs of their own.
SELECT
  r.strength, k.rule, k.value, k.is_internal, k.code,
  MIN(k.code) OVER (PARTITION BY k.rule, k.value, k.is_internal) AS hub,
  COUNT(*) OVER (PARTITION BY k.rule, k.value) AS uses
FROM _all_keys AS k
JOIN identity_rules AS r ON r.rule = k.rule

-- step: identity_keys
SELECT * FROM _used_keys WHERE uses > 1

-- step: identity_payers
-- Records with a billing id, numbered by the id; internal accounts are payers of their own.
SELECT code, DENSE_RANK() OVER (ORDER BY billing_id, is_internal) - 1 AS payer
FROM identity_records
WHERE billing_id IS NOT NULL
