-- Everything that a snapshot knows of one party ($party).

-- step: by_id
SELECT party_id FROM parties WHERE party_id = $name

-- step: by_former_id
-- A former id leads to the party that has its records now.
SELECT party_id FROM party_aliases WHERE former_id = $name

-- step: by_record
SELECT DISTINCT party_id
FROM party_records
WHERE record = $name OR system || ':' || record = $name
ORDER BY party_id

-- step: by_name
SELECT party_id FROM parties WHERE LOWER(label) = LOWER($name) ORDER BY party_id LIMIT 6

-- step: alike
-- The names and ids that look like what was asked for. Ids differ in few digits anyway: there, one slip is all.
SELECT known
FROM (SELECT party_id AS known FROM parties UNION SELECT record FROM party_records UNION SELECT label FROM parties)
WHERE CASE WHEN REGEXP_MATCHES($name, '[0-9]') THEN LEVENSHTEIN(LOWER(known), LOWER($name)) <= 1
           ELSE CONTAINS(LOWER(known), LOWER(NULLIF(TRIM($name), '')))
                OR JARO_WINKLER_SIMILARITY(LOWER(known), LOWER($name)) >= 0.85 END
ORDER BY JARO_WINKLER_SIMILARITY(LOWER(known), LOWER($name)) DESC, known
LIMIT 3

-- step: some_record
SELECT system || ':' || record AS known FROM party_records ORDER BY system, record LIMIT 1

-- step: party
SELECT * FROM parties WHERE party_id = $party

-- step: records
SELECT system, record FROM party_records WHERE party_id = $party ORDER BY system, record

-- step: former_ids
SELECT former_id, reason FROM party_aliases WHERE party_id = $party ORDER BY former_id

-- step: merges
SELECT system, record, to_system, to_record, rule, evidence, probability
FROM merge_log
WHERE party_id = $party
ORDER BY system, record, to_system, to_record, rule

-- step: facts
SELECT * FROM facts WHERE party_id = $party

-- step: stage
SELECT stage, reason, since FROM stages WHERE party_id = $party

-- step: _explaining
-- Of the reasons that hold for the party, those that can explain why a definition does not count it.
SELECT d.definition, l.reasons & d.reason_bits AS bits
FROM party_lists AS l CROSS JOIN definitions AS d
WHERE l.party_id = $party

-- step: _why_not
-- The lowest bit is the first reason in order of priority.
SELECT e.definition, r.reason, r.label, r.sentence
FROM _explaining AS e JOIN reasons AS r ON r.bit = e.bits & -e.bits

-- step: definitions
SELECT
    d.definition, d.label, d.owner, d.system, d.predicate, d.counts, d.headline, m.party_id IS NOT NULL AS counted,
    CASE WHEN m.party_id IS NULL THEN w.reason END AS reason,
    CASE WHEN m.party_id IS NULL THEN COALESCE(w.label, d.not_countable, 'Its rule does not hold') END AS why_not,
    CASE WHEN m.party_id IS NULL THEN w.sentence END AS because
FROM definitions AS d
LEFT JOIN (SELECT * FROM memberships WHERE party_id = $party) AS m USING (definition)
LEFT JOIN _why_not AS w USING (definition)
WHERE d.kind = 'team'
ORDER BY d.headline DESC, d.definition

-- step: history
SELECT from_end, until_end, stage, reason, definitions, first_definitions
FROM history
WHERE party_id = $party
ORDER BY from_end

-- step: mrr_movements
SELECT as_of, movement, amount FROM mrr_movements WHERE party_id = $party ORDER BY as_of, movement

-- step: lists
SELECT label, bit FROM definitions ORDER BY bit, definition

-- step: cash
SELECT * FROM cash WHERE party_id = $party

-- step: value
SELECT model, basis, own_weight, p_alive, ltv, ltv_infinite, discount_rate FROM ltv WHERE party_id = $party

-- step: streams
SELECT * FROM cube WHERE party_id = $party ORDER BY stream

-- step: segment
SELECT tier, tier_order, rule
FROM segments JOIN tiers USING (tier, tier_order)
WHERE party_id = $party

-- step: ranks
SELECT executive, label, unit, value, rank, ranked, not_rankable
FROM measures LEFT JOIN (SELECT * FROM rankings WHERE party_id = $party) AS r USING (measure)
ORDER BY executive, requirement, measure

-- step: consensus
SELECT score, measures, rank FROM consensus WHERE party_id = $party
