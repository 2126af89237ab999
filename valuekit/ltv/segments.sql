-- Whose renewals are alike: parties with the same values of the chosen columns, each group with a number from 1.

-- step: _first_terms
SELECT party_id, MIN(starts_on) AS first_starts_on
FROM contracts
WHERE signed_on <= $as_of
GROUP BY party_id

-- step: _parties
SELECT f.*, YEAR(t.first_starts_on) AS cohort
FROM facts AS f
JOIN _first_terms AS t ON t.party_id = f.party_id

-- step: _named
SELECT party_id, {name} AS name
FROM _parties

-- step: segment_names
SELECT name, CAST(ROW_NUMBER() OVER (ORDER BY name) AS INTEGER) AS segment
FROM (SELECT DISTINCT name FROM _named) AS names

-- step: renewal_segments
SELECT p.party_id, s.segment
FROM _named AS p
JOIN segment_names AS s ON s.name = p.name
