-- What the parties that exact keys made look like: one profile for each name that a party goes by.

-- step: _parties
SELECT r.*, p.first FROM identity_records AS r JOIN identity_cores AS p USING (code)

-- step: _names
-- Words in alphabetical order: who writes the surname first is the same person.
SELECT
  p.first, ARRAY_TO_STRING(LIST_SORT(LIST_DISTINCT(STRING_SPLIT(n.name, ' '))), ' ') AS name, MIN(n.code) AS code
FROM identity_names AS n
JOIN identity_cores AS p USING (code)
GROUP BY ALL

-- step: _emails
SELECT p.first, e.code, e.email, SPLIT_PART(SPLIT_PART(e.email, '@', 1), '+', 1) AS mailbox
FROM identity_emails AS e
JOIN identity_cores AS p USING (code)

-- step: _email_lists
SELECT
  first, LIST(DISTINCT email ORDER BY email) AS emails, MIN_BY(email, code) AS email,
  MIN_BY(mailbox, code) FILTER (WHERE LENGTH(mailbox) >= 5) AS mailbox
FROM _emails
GROUP BY first

-- step: _sites
-- The part of a domain that is registered: mail.acme.co.uk belongs to acme.co.uk.
SELECT
  p.first,
  MIN_BY(REGEXP_EXTRACT(d.domain, '[^.]+\.(?:(?:co|com|org|net|gov|ac|edu|or|ne)\.[a-z]{2}|[^.]+)$'), d.code) AS site
FROM identity_domains AS d
JOIN identity_cores AS p USING (code)
WHERE d.domain LIKE '%_._%' AND NOT LIST_CONTAINS(CAST($shared_domains AS VARCHAR[]), d.domain)
GROUP BY p.first

-- step: _phones
-- A number that very many have, or that is one digit over and over, identifies nobody.
SELECT DISTINCT first, phone
FROM _parties
WHERE LENGTH(phone) = 8 AND REPLACE(phone, RIGHT(phone, 1), '') <> ''

-- step: _phone_lists
SELECT first, LIST(phone ORDER BY phone) AS phones
FROM (SELECT *, COUNT(*) OVER (PARTITION BY phone) AS uses FROM _phones)
WHERE uses <= $most_shared
GROUP BY first

-- step: _tax_lists
SELECT first, LIST(DISTINCT tax_id ORDER BY tax_id) AS tax_ids
FROM _parties
WHERE LENGTH(tax_id) >= 4 AND REGEXP_MATCHES(tax_id, '[1-9]')
GROUP BY first

-- step: _places
SELECT
  first, MIN(code) AS code, MIN_BY(city, code) FILTER (WHERE city IS NOT NULL) AS city,
  MIN_BY(postcode, code) FILTER (WHERE postcode IS NOT NULL) AS postcode,
  CAST(MIN_BY(born_on, code) FILTER (WHERE born_on IS NOT NULL) AS VARCHAR) AS born_on
FROM _parties
GROUP BY first

-- step: identity_profiles
SELECT
  ROW_NUMBER() OVER (ORDER BY p.first, n.name) AS unique_id,
  p.first, COALESCE(n.code, p.code) AS code, n.name, STRING_SPLIT(n.name, ' ') AS words,
  e.emails, e.email, e.mailbox, s.site, f.phones, t.tax_ids, p.city, p.postcode, p.born_on
FROM _places AS p
LEFT JOIN _names AS n USING (first)
LEFT JOIN _email_lists AS e USING (first)
LEFT JOIN _sites AS s USING (first)
LEFT JOIN _phone_lists AS f USING (first)
LEFT JOIN _tax_lists AS t USING (first)

-- step: _size
SELECT COUNT(DISTINCT first) + 1000 AS size FROM identity_profiles

-- step: identity_tf_name
-- How common a value is among the other parties. A thousand strangers are added, so that in a small company, where
-- every name is half of all names, a name still says something.
SELECT name, GREATEST(COUNT(DISTINCT first) - 1, 1) / CAST(MAX(size) AS DOUBLE) AS tf_name
FROM identity_profiles, _size
WHERE name IS NOT NULL
GROUP BY name

-- step: identity_tf_site
SELECT site, GREATEST(COUNT(DISTINCT first) - 1, 1) / CAST(MAX(size) AS DOUBLE) AS tf_site
FROM identity_profiles, _size
WHERE site IS NOT NULL
GROUP BY site

-- step: identity_tf_mailbox
SELECT mailbox, GREATEST(COUNT(DISTINCT first) - 1, 1) / CAST(MAX(size) AS DOUBLE) AS tf_mailbox
FROM identity_profiles, _size
WHERE mailbox IS NOT NULL
GROUP BY mailbox

-- step: identity_tf_city
SELECT city, GREATEST(COUNT(DISTINCT first) - 1, 1) / CAST(MAX(size) AS DOUBLE) AS tf_city
FROM identity_profiles, _size
WHERE city IS NOT NULL
GROUP BY city

-- step: identity_tf_postcode
SELECT postcode, GREATEST(COUNT(DISTINCT first) - 1, 1) / CAST(MAX(size) AS DOUBLE) AS tf_postcode
FROM identity_profiles, _size
WHERE postcode IS NOT NULL
GROUP BY postcode

-- step: identity_tf_born_on
SELECT born_on, GREATEST(COUNT(DISTINCT first) - 1, 1) / CAST(MAX(size) AS DOUBLE) AS tf_born_on
FROM identity_profiles, _size
WHERE born_on IS NOT NULL
GROUP BY born_on
