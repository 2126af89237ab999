-- Questions about one definition ($bit of every sum of definitions): who moves in and out of it, and when.

-- step: _changes
-- Few rows: the history has one only where something changed. A member left after the month end before.
SELECT
  party_id,
  from_end AS as_of,
  (definitions & $bit) <> 0 AS is_join,
  (definitions & $bit) = 0 AS is_leave,
  (first_definitions & $bit) <> 0 AS is_first,
  (definitions & $using_bit) <> 0 AS is_using,
  CASE WHEN (definitions & $bit) = 0 THEN CAST(DATE_TRUNC('month', from_end) AS DATE) - 1 END AS left_on
FROM history
WHERE ((definitions & $bit) <> 0) <> ((former_definitions & $bit) <> 0)

-- step: _with_brief
-- Who joined and left between two month ends is in no month end of the history.
SELECT *, FALSE AS is_brief FROM _changes
UNION ALL
SELECT party_id, as_of, TRUE, TRUE, TRUE, FALSE, left_on, TRUE
FROM joined_and_left
WHERE $same_month = 'gross' AND definition = $definition

-- step: _with_last
-- The last day before a return: only asked where a policy needs more than whether it was the first time.
SELECT *, CAST(NULL AS DATE) AS last_on
FROM _with_brief
WHERE $reactivation_days IS NULL AND $same_month = 'net'
UNION ALL
SELECT
  *,
  MAX(left_on) OVER (PARTITION BY party_id ORDER BY as_of ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_on
FROM _with_brief
WHERE $reactivation_days IS NOT NULL OR $same_month = 'gross'

-- step: _movements
SELECT
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
SELECT party_id, as_of, 'churned', FALSE, is_brief
FROM _with_last
WHERE is_leave OR is_brief

-- step: counted
SELECT
  as_of,
  COUNT(*) FILTER (WHERE movement = 'new') AS new,
  COUNT(*) FILTER (WHERE movement = 'reactivated') AS reactivated,
  COUNT(*) FILTER (WHERE movement = 'churned') AS churned,
  COUNT(*) FILTER (WHERE movement = 'churned' AND NOT is_brief) AS churned_of_begin,
  COUNT(*) FILTER (WHERE movement = 'new' AND is_using) AS new_using
FROM _movements
WHERE as_of > $opening
GROUP BY as_of
ORDER BY as_of

-- step: members
SELECT m.party_id, p.label, s.stage, s.reason, m.is_using
FROM _movements AS m
JOIN parties AS p USING (party_id)
JOIN stages AS s USING (party_id)
WHERE m.as_of = $as_of AND m.movement = $movement
ORDER BY m.party_id

-- step: _events
SELECT DISTINCT f.party_id, CAST({event_on} AS DATE) AS event_on
FROM facts AS f
JOIN ever_counted AS e USING (party_id)
LEFT JOIN joined_and_left AS j ON j.party_id = f.party_id AND j.definition = $definition
WHERE (e.definitions & $bit) <> 0 OR ($same_month = 'gross' AND j.party_id IS NOT NULL)

-- step: acquired
SELECT m.as_of, COUNT(*) AS acquired
FROM _events AS e
CROSS JOIN (SELECT MIN(as_of) AS first_end FROM month_ends) AS f
JOIN month_ends AS m ON m.number = DATEDIFF('month', f.first_end, e.event_on)
WHERE m.number > 0 AND e.event_on <= m.as_of
GROUP BY m.as_of
ORDER BY m.as_of

-- step: _counted_then
SELECT party_id, month_end AS as_of, joined_on, left_on
FROM brief_members
GROUP BY party_id, month_end, joined_on, left_on
HAVING BOOL_AND({predicate})

-- step: _there
SELECT party_id, from_end, until_end
FROM history
WHERE (definitions & $bit) <> 0 AND party_id IN (SELECT party_id FROM brief_terms)

-- step: brief_joins
-- Those that the definition of $bit counts then, and neither at the month end before nor at the month end after.
SELECT c.*
FROM _counted_then AS c
WHERE NOT EXISTS (
  SELECT 1 FROM _there AS t
  WHERE
    t.party_id = c.party_id AND t.from_end <= c.as_of
    AND t.until_end >= CAST(DATE_TRUNC('month', c.as_of) AS DATE) - 1
)
ORDER BY c.party_id, c.as_of
