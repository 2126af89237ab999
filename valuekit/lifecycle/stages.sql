-- The as-of date: contract terms as they run, the facts, and the first stage rule that holds.

-- step: contract_terms
SELECT
  party_id, system, id, kind, signed_on, starts_on, runs_until, cancelled_on, term_months,
  reporting_monthly AS monthly, is_current
FROM _terms

-- step: facts
SELECT * FROM _facts

-- step: _ruled
SELECT *, {rule} AS rule
FROM facts

-- step: stages
SELECT f.party_id, r.stage, r.reason, {since} AS since
FROM _ruled AS f
JOIN stage_rules AS r USING (rule)
