-- step: identity_matches
SELECT
  code AS low, code AS high, 0.0 AS weight, 0.0 AS probability, '' AS evidence, FALSE AS is_internal, FALSE AS joins
FROM identity_records
WHERE FALSE

-- step: identity_passed_over
SELECT '' AS kind, 0 AS keys, '' AS example, code AS low, code AS high FROM identity_records WHERE FALSE
