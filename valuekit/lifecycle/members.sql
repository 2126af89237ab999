-- Questions about the definitions in $asked: who moves in and out of each, and when.

-- step: _asked
SELECT definition, bit
FROM definitions
WHERE definition IN (SELECT UNNEST($asked))

-- step: _changes
-- Few rows: the history has one only where something changed. A member left after the month end before.
SELECT
  a.definition,
  h.party_id,
  h.from_end AS as_of,
  (h.definitions & a.bit) <> 0 AS is_join,
  (h.definitions & a.bit) = 0 AS is_leave,
  (h.first_definitions & a.bit) <> 0 AS is_first,
  (h.definitions & $using_bit) <> 0 AS is_using,
  CASE WHEN (h.definitions & a.bit) = 0 THEN CAST(DATE_TRUNC('month', h.from_end) AS DATE) - 1 END AS left_on
FROM history AS h
JOIN _asked AS a ON ((h.definitions & a.bit) <> 0) <> ((h.former_definitions & a.bit) <> 0)

-- step: _with_brief
-- Who joined and left between two month ends is in no month end of the history.
SELECT *, FALSE AS is_brief FROM _changes
UNION ALL
SELECT definition, party_id, as_of, TRUE, TRUE, TRUE, FALSE, left_on, TRUE
FROM joined_and_left
WHERE $same_month = 'gross' AND definition IN (SELECT definition FROM _asked)

-- step: _with_last
-- The last day before a return: only asked where a policy needs more than whether it was the first time.
SELECT *, CAST(NULL AS DATE) AS last_on
FROM _with_brief
WHERE $reactivation_days IS NULL AND $same_month = 'net'
UNION ALL
SELECT
  *,
  MAX(left_on) OVER (
    PARTITION BY definition, party_id ORDER BY as_of ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  ) AS last_on
FROM _with_brief
WHERE $reactivation_days IS NOT NULL OR $same_month = 'gross'

-- step: _movements
SELECT
  definition,
  party_id,
  as_of,
  CASE
    WHEN is_first AND last_on IS NULL THEN 'new'
    WHEN as_of - last_on > CAST($reactivation_days AS INTEGER) THEN 'new'
    ELSE 'reactivated'
  END AS movement,
  is_using, is_brief
FROM _with_last
WHERE is_join
UNION ALL
SELECT definition, party_id, as_of, 'churned', FALSE, is_brief
FROM _with_last
WHERE is_leave OR is_brief

-- step: counted
SELECT
  definition,
  as_of,
  COUNT(*) FILTER (WHERE movement = 'new') AS new,
  COUNT(*) FILTER (WHERE movement = 'reactivated') AS reactivated,
  COUNT(*) FILTER (WHERE movement = 'churned') AS churned,
  COUNT(*) FILTER (WHERE movement = 'churned' AND NOT is_brief) AS churned_of_begin,
  COUNT(*) FILTER (WHERE movement = 'new' AND is_using) AS new_using
FROM _movements
WHERE as_of > $opening
GROUP BY definition, as_of

-- step: members
SELECT m.party_id, p.label, s.stage, s.reason, m.is_using
FROM _movements AS m
JOIN parties AS p USING (party_id)
JOIN stages AS s USING (party_id)
WHERE m.as_of = $as_of AND m.movement = $movement
ORDER BY m.party_id

-- step: _events
SELECT DISTINCT a.definition, f.party_id, CAST({event_on} AS DATE) AS event_on
FROM facts AS f
JOIN ever_counted AS e USING (party_id)
CROSS JOIN _asked AS a
WHERE
  (e.definitions & a.bit) <> 0
  OR ($same_month = 'gross' AND (a.definition, f.party_id) IN (SELECT (definition, party_id) FROM joined_and_left))

-- step: acquired
SELECT e.definition, m.as_of, COUNT(*) AS acquired
FROM _events AS e
CROSS JOIN (SELECT MIN(as_of) AS first_end FROM month_ends) AS f
JOIN month_ends AS m ON m.number = DATEDIFF('month', f.first_end, e.event_on)
WHERE m.number > 0 AND e.event_on <= m.as_of
GROUP BY e.definition, m.as_of

-- step: _counted_then
SELECT a.definition, b.party_id, b.month_end AS as_of, b.joined_on, b.left_on
FROM brief_members AS b
CROSS JOIN _asked AS a
GROUP BY a.definition, b.party_id, b.month_end, b.joined_on, b.left_on
HAVING BOOL_AND({predicate})

-- step: _there
SELECT a.definition, h.party_id, h.from_end, h.until_end
FROM history AS h
JOIN _asked AS a ON (h.definitions & a.bit) <> 0
WHERE h.party_id IN (SELECT party_id FROM brief_terms)

-- step: joined_and_left
-- Those that a definition counts then, and neither at the month end before nor at the month end after.
SELECT c.party_id, c.as_of, c.joined_on, c.left_on, c.definition
FROM _counted_then AS c
WHERE NOT EXISTS (
  SELECT 1 FROM _there AS t
  WHERE
    t.definition = c.definition AND t.party_id = c.party_id AND t.from_end <= c.as_of
    AND t.until_end >= CAST(DATE_TRUNC('month', c.as_of) AS DATE) - 1
)
