-- Which profiles are compared: those that share one of several loose keys. A key that very many share is passed over,
-- so that the number of pairs grows with the number of profiles, not with its square.

-- step: _words
-- The four longest words of a name.
SELECT unique_id, word, LENGTH(word) AS letters, COUNT(*) OVER (PARTITION BY unique_id) AS words
FROM (SELECT unique_id, UNNEST(words) AS word FROM identity_profiles)
QUALIFY ROW_NUMBER() OVER (PARTITION BY unique_id ORDER BY LENGTH(word) DESC, word) <= 4

-- step: _halves
-- One wrong letter leaves the beginning or the end of a word as it was.
SELECT unique_id, word, words, LEFT(word, CASE WHEN letters < 6 THEN 3 ELSE 4 END) || '*' AS half
FROM _words WHERE letters > 3
UNION ALL
SELECT unique_id, word, words, '*' || RIGHT(word, CASE WHEN letters < 6 THEN 3 ELSE 4 END)
FROM _words WHERE letters > 3

-- step: _blocks
SELECT unique_id, 'name' AS kind, name AS value FROM identity_profiles WHERE name IS NOT NULL
UNION ALL
SELECT h.unique_id, 'word and half a word', w.word || ' ' || h.half
FROM _halves AS h JOIN _words AS w ON w.unique_id = h.unique_id AND w.word <> h.word
UNION ALL
SELECT unique_id, 'half a word', half FROM _halves WHERE words = 1
UNION ALL
SELECT unique_id, 'domain', site FROM identity_profiles WHERE site IS NOT NULL
UNION ALL
SELECT unique_id, 'phone', UNNEST(phones) FROM identity_profiles
UNION ALL
SELECT unique_id, 'mailbox', mailbox FROM identity_profiles WHERE mailbox IS NOT NULL
UNION ALL
SELECT p.unique_id, 'day of birth and two letters', p.born_on || ' ' || LEFT(w.word, 2)
FROM identity_profiles AS p JOIN _words AS w USING (unique_id) WHERE p.born_on IS NOT NULL
UNION ALL
SELECT unique_id, 'day of birth and place', born_on || ' ' || city
FROM identity_profiles WHERE born_on IS NOT NULL AND city IS NOT NULL
UNION ALL
SELECT unique_id, 'day of birth and postcode', born_on || ' ' || postcode
FROM identity_profiles WHERE born_on IS NOT NULL AND postcode IS NOT NULL
UNION ALL
SELECT p.unique_id, 'postcode and three letters', p.postcode || ' ' || LEFT(w.word, 3)
FROM identity_profiles AS p JOIN _words AS w USING (unique_id) WHERE p.postcode IS NOT NULL
UNION ALL
SELECT p.unique_id, 'place and word', p.city || ' ' || w.word
FROM identity_profiles AS p JOIN _words AS w USING (unique_id) WHERE p.city IS NOT NULL

-- step: identity_blocks
SELECT kind, value, unique_id, first, uses
FROM (
  SELECT b.kind, b.value, b.unique_id, p.first, COUNT(*) OVER (PARTITION BY b.kind, b.value) AS uses
  FROM (SELECT DISTINCT * FROM _blocks) AS b
  JOIN identity_profiles AS p USING (unique_id)
)
WHERE uses > 1

-- step: identity_pairs
SELECT DISTINCT a.unique_id AS join_key_l, b.unique_id AS join_key_r, '0' AS match_key
FROM identity_blocks AS a
JOIN identity_blocks AS b ON b.kind = a.kind AND b.value = a.value AND b.unique_id > a.unique_id AND b.first <> a.first
WHERE a.uses <= $most_compared
