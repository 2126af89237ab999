-- Ids that stay: a party keeps the id that its oldest former record stood for.

-- step: _anchors
-- The record that a former id goes with: the one that it was made from, or else the oldest that is left.
SELECT f.party_id, r.code
FROM identity_former AS f
JOIN identity_records AS r USING (system, record)
QUALIFY ROW_NUMBER() OVER (PARTITION BY f.party_id ORDER BY r.party_id <> f.party_id, r.code) = 1

-- step: _claims
-- Of former parties that are one now, the older keeps its id.
SELECT
  p.first, a.party_id, ROW_NUMBER() OVER (PARTITION BY p.first ORDER BY p.core <> p.first, a.code) AS place
FROM _anchors AS a
JOIN identity_parties AS p USING (code)

-- step: _kept
SELECT first, party_id FROM _claims WHERE place = 1

-- step: identity_ids
-- A new party's id comes from its oldest record; where that id is taken, from the record and a number.
SELECT
  p.first,
  CASE
    WHEN k.party_id IS NOT NULL THEN k.party_id
    WHEN taken.party_id IS NULL THEN r.party_id
    ELSE 'P' || LEFT(MD5(r.system || CHR(31) || r.record || CHR(31) || '2'), 15)
  END AS party_id
FROM (SELECT DISTINCT first FROM identity_parties) AS p
JOIN identity_records AS r ON r.code = p.first
LEFT JOIN _kept AS k USING (first)
LEFT JOIN _kept AS taken ON taken.party_id = r.party_id

-- step: _gone
-- Former ids that are no party's id now, and to which parties their records went.
SELECT
  f.party_id AS former_id, MIN(p.first) FILTER (WHERE p.code = a.code) AS first,
  CASE WHEN COUNT(DISTINCT p.first) = 1 THEN 'merged' ELSE 'undone' END AS reason
FROM identity_former AS f
JOIN _anchors AS a USING (party_id)
JOIN identity_records AS r USING (system, record)
JOIN identity_parties AS p ON p.code = r.code
GROUP BY f.party_id

-- step: _aliases
-- Earlier aliases live on, at the party that has the record that they were made from.
SELECT former_id, first, reason, 1 AS trust FROM _gone
UNION ALL
SELECT b.former_id, COALESCE(p.first, i.first, g.first), b.reason, 2
FROM identity_former_aliases AS b
LEFT JOIN identity_records AS r ON r.party_id = b.former_id
LEFT JOIN identity_parties AS p ON p.code = r.code
LEFT JOIN identity_ids AS i ON i.party_id = b.party_id
LEFT JOIN _gone AS g ON g.former_id = b.party_id

-- step: party_aliases
SELECT a.former_id, i.party_id, a.reason
FROM (SELECT * FROM _aliases QUALIFY ROW_NUMBER() OVER (PARTITION BY former_id ORDER BY trust) = 1) AS a
JOIN identity_ids AS i USING (first)
WHERE a.former_id NOT IN (SELECT party_id FROM identity_ids)
