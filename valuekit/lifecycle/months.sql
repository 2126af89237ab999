-- All month ends of a group of parties: stages and memberships, straight from the facts, which are kept nowhere.

-- step: _ruled_months
SELECT *, {rule} AS rule
FROM _facts

-- step: party_months_part
SELECT
  f.party_id, f.as_of, r.stage, r.reason, {definition_bits} AS definitions, {reason_bits} AS reasons, f.mrr
FROM _ruled_months AS f
JOIN stage_rules AS r USING (rule)

-- step: _current_terms
-- A term is current at month ends in a row; a hole, where there is one, makes two rows of it.
SELECT *, number - ROW_NUMBER() OVER (PARTITION BY system, id ORDER BY number) AS run
FROM _terms
WHERE is_current

-- step: running_terms_part
SELECT
  party_id, system, id, kind, currency, signed_on, starts_on, monthly, reporting_monthly,
  CAST(MIN(number) AS INTEGER) AS from_number,
  CAST(MAX(number) AS INTEGER) AS until_number
FROM _current_terms
GROUP BY party_id, system, id, kind, currency, signed_on, starts_on, monthly, reporting_monthly, run
