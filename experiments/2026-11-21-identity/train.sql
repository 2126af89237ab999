-- Pairs of profiles of which it is known whether they are one party.

-- step: numbered
SELECT r.code, r.system, r.record, p.unique_id, t.truth
FROM identity_profiles AS p
JOIN identity_records AS r USING (code)
JOIN truth AS t USING (system, record)

-- step: same_pairs
SELECT a.unique_id AS join_key_l, b.unique_id AS join_key_r, '0' AS match_key
FROM numbered AS a
JOIN numbered AS b ON a.truth = b.truth AND a.code < b.code
ORDER BY MD5(a.record || b.record), a.code, b.code
LIMIT $most

-- step: _draws
-- Two sequences that fill the square evenly stand for chance: the same pairs each time.
SELECT
  1 + CAST(FLOOR((i * 0.6180339887498949 % 1) * size) AS BIGINT) AS l,
  1 + CAST(FLOOR((i * 0.7548776662466927 % 1) * size) AS BIGINT) AS r
FROM RANGE($draws) AS t(i), (SELECT COUNT(*) AS size FROM identity_profiles)

-- step: random_pairs
SELECT a.unique_id AS join_key_l, b.unique_id AS join_key_r, '0' AS match_key
FROM _draws AS d
JOIN numbered AS a ON a.unique_id = d.l
JOIN numbered AS b ON b.unique_id = d.r
WHERE a.truth <> b.truth
