-- Runs of month ends in which nothing about a party changes.

-- step: _before
SELECT
  p.*, m.number,
  LAG(p.definitions) OVER party AS definitions_before,
  LAG(p.stage) OVER party AS stage_before,
  LAG(p.reason) OVER party AS reason_before
FROM party_months_part AS p
JOIN month_ends AS m USING (as_of)
WINDOW party AS (PARTITION BY p.party_id ORDER BY m.number)

-- step: _runs
-- A party is there at every month end after its first.
SELECT
  party_id, as_of AS from_end, stage, reason, definitions, stage_before, definitions_before,
  COALESCE(
    LEAD(number) OVER (PARTITION BY party_id ORDER BY number), (SELECT MAX(number) + 1 FROM month_ends)
  ) - 1 AS until_number,
  COALESCE(
    BIT_OR(definitions) OVER (
      PARTITION BY party_id ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ),
    0
  ) AS ever
FROM _before
WHERE
  definitions IS DISTINCT FROM definitions_before
  OR stage IS DISTINCT FROM stage_before
  OR reason IS DISTINCT FROM reason_before

-- step: history_part
SELECT
  r.party_id, r.from_end, m.as_of AS until_end, r.stage, r.reason, r.definitions,
  r.stage_before AS former_stage,
  COALESCE(r.definitions_before, 0) AS former_definitions,
  r.definitions & ~r.ever AS first_definitions
FROM _runs AS r
JOIN month_ends AS m ON m.number = r.until_number
