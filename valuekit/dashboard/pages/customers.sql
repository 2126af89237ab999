-- Who is counted by which definition.

-- step: differences
SELECT
    CASE WHEN definition_a = $first THEN side WHEN side = 'only_a' THEN 'only_b' WHEN side = 'only_b' THEN 'only_a' ELSE side END
        AS side,
    stage,
    reason,
    CAST(SUM(parties) AS BIGINT) AS parties
FROM definition_differences
WHERE (definition_a = $first AND definition_b = $second) OR (definition_a = $second AND definition_b = $first)
GROUP BY ALL
ORDER BY parties DESC, stage, reason, side

-- step: _first
SELECT party_id FROM memberships WHERE definition = $first

-- step: _second
SELECT party_id FROM memberships WHERE definition = $second

-- step: _members
SELECT party_id FROM _first WHERE $side = 'only_a' AND party_id NOT IN (SELECT party_id FROM _second)
UNION ALL
SELECT party_id FROM _second WHERE $side = 'only_b' AND party_id NOT IN (SELECT party_id FROM _first)
UNION ALL
SELECT party_id FROM _first WHERE $side = 'both' AND party_id IN (SELECT party_id FROM _second)

-- step: _side
SELECT
    party_id,
    COALESCE(ltv.ltv, 0) AS ltv
FROM _members LEFT JOIN ltv USING (party_id)

-- step: _top
SELECT party_id, ltv FROM _side ORDER BY ltv DESC, party_id LIMIT $rows

-- step: members
SELECT
    label AS customer,
    party_id,
    stage,
    reason,
    since,
    systems,
    _top.ltv AS ltv,
    net_cash_12m
FROM _top
JOIN parties USING (party_id)
JOIN stages USING (party_id)
JOIN facts USING (party_id)
ORDER BY _top.ltv DESC, party_id
