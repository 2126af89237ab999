-- Customer movements of every definition, and who pays and uses. Balances come from `party_months`, movements from
-- `history`: that they meet is a check.

-- step: member_patterns
SELECT as_of, definitions, COUNT(*) AS parties
FROM party_months
GROUP BY as_of, definitions

-- step: _members
SELECT d.definition, p.as_of, SUM(p.parties) AS members
FROM member_patterns AS p
JOIN definitions AS d ON (p.definitions & d.bit) <> 0
GROUP BY d.definition, p.as_of

-- step: _balances
SELECT
  d.definition, d.event_on, m.number, m.as_of, m.complete,
  CAST(COALESCE(n.members, 0) AS BIGINT) AS "end",
  CAST(COALESCE(LAG(n.members) OVER (PARTITION BY d.definition ORDER BY m.number), 0) AS BIGINT) AS "begin"
FROM definitions AS d
CROSS JOIN month_ends AS m
LEFT JOIN _members AS n ON n.definition = d.definition AND n.as_of = m.as_of

-- step: customer_movements
SELECT
  b.definition, b.as_of, b.complete, b."begin",
  COALESCE(c.new, 0) AS new,
  COALESCE(c.reactivated, 0) AS reactivated,
  COALESCE(c.churned, 0) AS churned,
  b."end",
  CASE WHEN $using_bit <> 0 THEN COALESCE(c.new_using, 0) END AS new_using,
  CASE WHEN b.event_on IS NOT NULL THEN COALESCE(a.acquired, 0) END AS acquired,
  COALESCE(c.churned_of_begin, 0) / CAST(NULLIF(b."begin", 0) AS DOUBLE) AS churn_rate,
  b."end" / CAST(NULLIF(b."begin", 0) AS DOUBLE) - 1 AS growth_rate
FROM _balances AS b
LEFT JOIN counted_movements AS c ON c.definition = b.definition AND c.as_of = b.as_of
LEFT JOIN counted_acquired AS a ON a.definition = b.definition AND a.as_of = b.as_of
WHERE b.number > 0

-- step: _pay_or_use
SELECT
  as_of,
  CAST(SUM(parties) FILTER (WHERE (definitions & $paying_bit) <> 0 AND (definitions & $using_bit) <> 0) AS BIGINT) AS both,
  CAST(SUM(parties) FILTER (WHERE (definitions & $paying_bit) <> 0) AS BIGINT) AS paying,
  CAST(SUM(parties) FILTER (WHERE (definitions & $using_bit) <> 0) AS BIGINT) AS "using"
FROM member_patterns
GROUP BY as_of

-- step: _at_month_ends
SELECT
  m.number, m.as_of, m.complete,
  COALESCE(p.both, 0) AS both,
  COALESCE(p.paying, 0) AS paying,
  COALESCE(p."using", 0) AS "using",
  COALESCE(LAG(p.paying) OVER (ORDER BY m.number), 0) AS paying_begin,
  COALESCE(LAG(p."using") OVER (ORDER BY m.number), 0) AS using_begin
FROM month_ends AS m
LEFT JOIN _pay_or_use AS p USING (as_of)

-- step: _stops
SELECT
  from_end AS as_of,
  (former_definitions & $paying_bit) <> 0 AND (definitions & $paying_bit) = 0 AS stopped_paying,
  (former_definitions & $using_bit) <> 0 AND (definitions & $using_bit) = 0 AS stopped_using
FROM history

-- step: _stopped
SELECT
  as_of,
  COUNT(*) FILTER (WHERE stopped_paying) AS stopped_paying,
  COUNT(*) FILTER (WHERE stopped_using) AS stopped_using,
  COUNT(*) FILTER (WHERE stopped_paying AND stopped_using) AS stopped_both
FROM _stops
GROUP BY as_of

-- step: paying_and_using
-- What nobody can be counted by stays empty: it is not known, not zero.
SELECT
  m.as_of, m.complete,
  CASE WHEN $paying_bit <> 0 AND $using_bit <> 0 THEN m.both END AS paying_and_using,
  CASE WHEN $paying_bit <> 0 AND $using_bit <> 0 THEN m.paying - m.both END AS paying_only,
  CASE WHEN $paying_bit <> 0 AND $using_bit <> 0 THEN m."using" - m.both END AS using_only,
  CASE WHEN $paying_bit <> 0 THEN m.paying_begin END AS paying_begin,
  CASE WHEN $using_bit <> 0 THEN m.using_begin END AS using_begin,
  CASE WHEN $paying_bit <> 0 THEN COALESCE(s.stopped_paying, 0) END AS stopped_paying,
  CASE WHEN $using_bit <> 0 THEN COALESCE(s.stopped_using, 0) END AS stopped_using,
  CASE WHEN $paying_bit <> 0 AND $using_bit <> 0 THEN COALESCE(s.stopped_both, 0) END AS stopped_both,
  COALESCE(s.stopped_paying, 0) / CAST(NULLIF(m.paying_begin, 0) AS DOUBLE) AS payment_churn_rate,
  COALESCE(s.stopped_using, 0) / CAST(NULLIF(m.using_begin, 0) AS DOUBLE) AS usage_churn_rate
FROM _at_month_ends AS m
LEFT JOIN _stopped AS s USING (as_of)
WHERE m.number > 0 AND ($paying_bit <> 0 OR $using_bit <> 0)
