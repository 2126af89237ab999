-- What internal and test accounts would be, were they staged and counted like anybody else.

-- step: _known_in
SELECT r.party_id, BIT_OR(s.bit) AS system_bits
FROM party_records AS r
JOIN party_systems AS s USING (system)
GROUP BY r.party_id

-- step: _let_in
SELECT f.* REPLACE (FALSE AS is_internal), COALESCE(k.system_bits, 0) AS system_bits
FROM facts AS f
LEFT JOIN _known_in AS k USING (party_id)
WHERE f.is_internal

-- step: _ruled
SELECT *, {rule} AS rule
FROM _let_in

-- step: _staged
SELECT l.*, r.stage, r.reason
FROM _ruled AS l
JOIN stage_rules AS r USING (rule)

-- step: internal_as_others
SELECT party_id, {definitions} AS definitions
FROM _staged
