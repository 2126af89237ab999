-- The first stage rule that holds at the as-of date.

-- step: _ruled
SELECT *, {rule} AS rule
FROM facts

-- step: stages
SELECT f.party_id, r.stage, r.reason, {since} AS since
FROM _ruled AS f
JOIN stage_rules AS r USING (rule)
