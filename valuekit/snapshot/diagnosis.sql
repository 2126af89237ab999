-- The numbers behind the four questions by which a company finds out whether it has one customer list.

-- step: _last_month
-- The last month that is over: a running month would make every rate look good.
SELECT MAX(as_of) AS as_of
FROM stage_months
WHERE complete

-- step: counts
SELECT d.definition, d.label, d.owner, d.system, d.status, d.headline, d.members, d.not_countable
FROM definitions AS d
WHERE d.kind = 'team' AND (d.headline OR LIST_CONTAINS($teams, d.definition))
ORDER BY d.headline DESC, d.bit, d.definition

-- step: differences
SELECT
    COALESCE(SUM(parties) FILTER (WHERE side <> 'both'), 0) AS different,
    COALESCE(SUM(parties) FILTER (WHERE reason = 'unexplained'), 0) AS unexplained,
    COUNT(*) AS cells
FROM reconciliation AS r
JOIN definitions AS a ON a.definition = r.definition_a
JOIN definitions AS b ON b.definition = r.definition_b
WHERE
    r.as_of = $as_of
    AND ((a.headline AND LIST_CONTAINS($teams, b.definition)) OR (b.headline AND LIST_CONTAINS($teams, a.definition)))

-- step: acquired
SELECT d.definition, d.label, d.owner, d.event_on, d.headline, m.as_of, m.acquired, m.new
FROM customer_movements AS m
JOIN _last_month AS l ON l.as_of = m.as_of
JOIN definitions AS d ON d.definition = m.definition
WHERE d.headline OR LIST_CONTAINS($teams, d.definition)
ORDER BY d.headline DESC, d.bit, d.definition

-- step: customers
SELECT stage, reason, COUNT(*) AS parties
FROM stages
WHERE LIST_CONTAINS($customer_stages, stage)
GROUP BY stage, reason
ORDER BY stage, reason NULLS FIRST

-- step: churn
SELECT
    p.as_of, p.paying_begin, p.stopped_paying, p.payment_churn_rate, p.using_begin, p.stopped_using,
    p.usage_churn_rate, p.stopped_both, m.gross_churn_rate, m.net_churn_rate
FROM paying_and_using AS p
JOIN _last_month AS l ON l.as_of = p.as_of
LEFT JOIN mrr_months AS m ON m.as_of = p.as_of
