-- A group of parties at the as-of date: contract terms as they run, and the facts.

-- step: contract_terms_part
SELECT
  party_id, system, id, kind, signed_on, starts_on, runs_until, cancelled_on, term_months,
  reporting_monthly AS monthly, is_current
FROM _terms

-- step: facts_part
SELECT * FROM _facts
