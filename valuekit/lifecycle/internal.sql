-- What internal and test accounts would be, were they staged and counted like anybody else.

-- step: _let_in
SELECT * REPLACE (FALSE AS is_internal)
FROM facts
WHERE is_internal

-- step: _ruled
SELECT *, {rule} AS rule
FROM _let_in

-- step: _staged
SELECT l.*, r.stage, r.reason
FROM _ruled AS l
JOIN stage_rules AS r USING (rule)

-- step: internal_as_others
SELECT party_id, {definition_bits} AS definitions
FROM _staged
