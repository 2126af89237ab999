-- Any two lists of one kind compared at every month end: who is on both, and why the others are on one alone.

-- step: list_patterns
-- Parties with equal lists and reasons are counted once: all that follows is as long as this, not as the parties.
SELECT as_of, definitions, reasons, COUNT(*) AS parties
FROM party_months
GROUP BY as_of, definitions, reasons

-- step: _pairs
SELECT
  a.definition AS definition_a, b.definition AS definition_b, a.bit AS bit_a, b.bit AS bit_b,
  a.reason_bits AS reasons_a, b.reason_bits AS reasons_b
FROM definitions AS a
JOIN definitions AS b ON a.bit < b.bit AND a.kind = b.kind

-- step: _sided
-- The list that lacks the party says which reasons can explain it.
SELECT
  l.as_of, p.definition_a, p.definition_b, l.parties,
  CASE
    WHEN (l.definitions & p.bit_a) = 0 THEN 'only_b'
    WHEN (l.definitions & p.bit_b) = 0 THEN 'only_a'
    ELSE 'both'
  END AS side,
  CASE
    WHEN (l.definitions & p.bit_a) = 0 THEN l.reasons & p.reasons_a
    WHEN (l.definitions & p.bit_b) = 0 THEN l.reasons & p.reasons_b
  END AS explaining
FROM list_patterns AS l
JOIN _pairs AS p ON (l.definitions & (p.bit_a | p.bit_b)) <> 0

-- step: _counted
-- The lowest bit is the first reason that holds; without any, 0.
SELECT
  as_of, definition_a, definition_b, side, explaining & -explaining AS bit, SUM(parties) AS parties
FROM _sided
GROUP BY as_of, definition_a, definition_b, side, explaining & -explaining

-- step: _always_there
-- What is on both and what no reason explains are shown even when they are 0.
SELECT m.as_of, p.definition_a, p.definition_b, s.side, s.reason, 0 AS parties
FROM (SELECT DISTINCT as_of FROM list_patterns) AS m
CROSS JOIN _pairs AS p
CROSS JOIN (VALUES ('both', ''), ('only_a', 'unexplained'), ('only_b', 'unexplained')) AS s (side, reason)

-- step: _cells
SELECT
  c.as_of, c.definition_a, c.definition_b, c.side,
  CASE WHEN c.side = 'both' THEN '' ELSE COALESCE(r.reason, 'unexplained') END AS reason,
  c.parties
FROM _counted AS c
LEFT JOIN reasons AS r ON r.bit = c.bit
UNION ALL
SELECT as_of, definition_a, definition_b, side, reason, parties FROM _always_there

-- step: reconciliation
SELECT as_of, definition_a, definition_b, side, reason, CAST(SUM(parties) AS BIGINT) AS parties
FROM _cells
GROUP BY as_of, definition_a, definition_b, side, reason
