-- Values of groups of parties: variances by chance add up, and effects of the shared parameters do.

-- step: _groups
SELECT 'company' AS scope, 'all' AS name, party_id FROM ltv
UNION ALL
SELECT 'customers', CASE WHEN LIST_CONTAINS($current, stage) THEN 'current' ELSE 'other' END, party_id FROM stages
UNION ALL
SELECT 'stage', stage, party_id FROM stages
UNION ALL
SELECT 'tier', tier, party_id FROM segments
UNION ALL
SELECT 'cohort', COALESCE(CAST(YEAR(LEAST(COALESCE(first_paid_on, first_ordered_on),
                                          COALESCE(first_ordered_on, first_paid_on))) AS VARCHAR), 'unknown'), party_id
FROM facts

-- step: value_groups
SELECT g.scope, g.name, COUNT(*) AS parties, SUM(v.ltv) AS ltv, SUM(v.chance) AS chance,
       BOOL_OR(v.may_lose) AS may_lose, {effects}
FROM _groups AS g
JOIN value_spread AS v ON v.party_id = g.party_id
GROUP BY g.scope, g.name
ORDER BY g.scope, g.name
