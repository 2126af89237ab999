-- One day ($as_of) as two runs tell it: `then_*` are tables of the older snapshot, `now_*` of the newer one.

-- step: _then_records
SELECT system, record, party_id AS then_id FROM then_party_records

-- step: _now_records
SELECT system, record, party_id AS now_id FROM now_party_records

-- step: _links
-- Parties of the two runs that share a record. Records that only one run knows join nobody.
SELECT DISTINCT then_id, now_id
FROM _then_records JOIN _now_records USING (system, record)

-- step: _degrees
SELECT
    then_id, now_id,
    COUNT(*) OVER (PARTITION BY then_id) AS now_parties,
    COUNT(*) OVER (PARTITION BY now_id) AS then_parties
FROM _links

-- step: _same
-- One party in both runs, under whatever id.
SELECT then_id, now_id FROM _degrees WHERE now_parties = 1 AND then_parties = 1

-- step: _regrouped
SELECT 'then' AS run, then_id AS party_id FROM _degrees WHERE now_parties > 1 OR then_parties > 1
UNION
SELECT 'now', now_id FROM _degrees WHERE now_parties > 1 OR then_parties > 1

-- step: _then
SELECT h.party_id AS then_id, s.now_id, h.stage, h.reason, h.definitions
FROM then_history AS h LEFT JOIN _same AS s ON s.then_id = h.party_id
WHERE h.from_end <= $as_of AND h.until_end >= $as_of

-- step: _now
SELECT h.party_id AS now_id, s.then_id, h.stage, h.reason, h.definitions
FROM now_history AS h LEFT JOIN _same AS s ON s.now_id = h.party_id
WHERE h.from_end <= $as_of AND h.until_end >= $as_of

-- step: _late_rows
-- Rows of months up to $as_of that the newer run knows and the older one did not, recorded in a later month.
SELECT n.party_id AS now_id, SUM(n.rows) AS rows
FROM now_late_records AS n
WHERE n.month <= $as_of
GROUP BY n.party_id

-- step: _known_late_rows
SELECT s.now_id, SUM(l.rows) AS rows
FROM then_late_records AS l JOIN _same AS s ON s.then_id = l.party_id
WHERE l.month <= $as_of
GROUP BY s.now_id

-- step: _late
SELECT now_id
FROM _late_rows AS n LEFT JOIN _known_late_rows AS t USING (now_id)
WHERE n.rows > COALESCE(t.rows, 0)

-- step: _told
SELECT
    t.then_id,
    COALESCE(n.now_id, t.now_id) AS now_id,
    t.stage AS stage_then, t.reason AS reason_then, COALESCE(t.definitions, 0) AS definitions_then,
    n.stage AS stage_now, n.reason AS reason_now, COALESCE(n.definitions, 0) AS definitions_now
FROM _then AS t FULL JOIN _now AS n ON n.then_id = t.then_id

-- step: restated_told
-- Every party as both runs tell it, with what can have changed it beside the rules.
SELECT
    t.*,
    g.party_id IS NOT NULL OR h.party_id IS NOT NULL AS regrouped,
    l.now_id IS NOT NULL AS late
FROM _told AS t
LEFT JOIN _regrouped AS g ON g.run = 'then' AND g.party_id = t.then_id
LEFT JOIN _regrouped AS h ON h.run = 'now' AND h.party_id = t.now_id
LEFT JOIN _late AS l ON l.now_id = t.now_id

-- step: restated_rules
SELECT
    COALESCE(t.definition, n.definition) AS definition,
    COALESCE(n.label, t.label) AS label,
    COALESCE(n.headline, FALSE) AS headline,
    COALESCE(t.bit, 0) AS then_bit,
    COALESCE(n.bit, 0) AS now_bit,
    t.definition IS NOT NULL AS in_then,
    n.definition IS NOT NULL AS in_now,
    t.predicate IS DISTINCT FROM n.predicate OR t.fingerprint IS DISTINCT FROM n.fingerprint
        OR ($stages_changed AND CONTAINS(LOWER(n.predicate), 'stage')) AS changed
FROM then_definitions AS t FULL JOIN now_definitions AS n ON n.definition = t.definition

-- step: _patterns
SELECT definitions_then, definitions_now, regrouped, late, COUNT(*) AS parties
FROM restated_told
GROUP BY definitions_then, definitions_now, regrouped, late

-- step: definitions
SELECT
    r.definition, r.label, r.headline, r.in_then, r.in_now, r.changed,
    CAST(COALESCE(SUM(p.parties) FILTER (WHERE p.definitions_then & r.then_bit <> 0), 0) AS BIGINT) AS members_then,
    CAST(COALESCE(SUM(p.parties) FILTER (WHERE p.definitions_now & r.now_bit <> 0), 0) AS BIGINT) AS members_now
FROM restated_rules AS r LEFT JOIN _patterns AS p ON TRUE
GROUP BY ALL
ORDER BY r.headline DESC, r.definition

-- step: _differing
SELECT
    r.definition, p.parties,
    p.definitions_now & r.now_bit <> 0 AS joined,
    CASE
        WHEN p.regrouped THEN 'merged_or_split'
        WHEN r.changed THEN 'rule_changed'
        WHEN p.late THEN 'late_records'
        ELSE $otherwise
    END AS cause
FROM _patterns AS p
JOIN restated_rules AS r
    ON r.in_then AND r.in_now
    AND (p.definitions_then & r.then_bit <> 0) <> (p.definitions_now & r.now_bit <> 0)

-- step: causes
SELECT
    definition, cause,
    CAST(COALESCE(SUM(parties) FILTER (WHERE joined), 0) AS BIGINT) AS joined,
    CAST(COALESCE(SUM(parties) FILTER (WHERE NOT joined), 0) AS BIGINT) AS went
FROM _differing
GROUP BY definition, cause
ORDER BY definition, cause

-- step: _moved
-- Parties whose stage is told differently. A party that only one run has is in no stage in the other.
SELECT
    stage_then, stage_now,
    CASE
        WHEN regrouped THEN 'merged_or_split'
        WHEN $stages_changed THEN 'rule_changed'
        WHEN late THEN 'late_records'
        ELSE $otherwise
    END AS cause
FROM restated_told
WHERE stage_then IS DISTINCT FROM stage_now

-- step: stages
SELECT stage_then, stage_now, cause, COUNT(*) AS parties
FROM _moved
GROUP BY stage_then, stage_now, cause
ORDER BY parties DESC, stage_then NULLS FIRST, stage_now NULLS FIRST, cause

-- step: members
-- Who joined or left one definition, with the reason; the newer run's name where it has one.
SELECT
    t.then_id, t.now_id,
    COALESCE(n.label, o.label) AS label,
    t.definitions_now & r.now_bit <> 0 AS joined,
    t.stage_then, t.stage_now,
    CASE
        WHEN t.regrouped THEN 'merged_or_split'
        WHEN r.changed THEN 'rule_changed'
        WHEN t.late THEN 'late_records'
        ELSE $otherwise
    END AS cause
FROM restated_told AS t
JOIN restated_rules AS r
    ON r.definition = $definition
    AND (t.definitions_then & r.then_bit <> 0) <> (t.definitions_now & r.now_bit <> 0)
LEFT JOIN now_parties AS n ON n.party_id = t.now_id
LEFT JOIN then_parties AS o ON o.party_id = t.then_id
ORDER BY joined DESC, cause, COALESCE(t.now_id, t.then_id), t.then_id
