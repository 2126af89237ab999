-- What the document says of definitions and stages: now, and at the month end before.

-- step: _former_end
SELECT MAX(as_of) AS as_of
FROM stage_months
WHERE as_of < $as_of

-- step: _former_patterns
SELECT h.definitions, COUNT(*) AS parties
FROM history AS h
JOIN _former_end AS f ON h.from_end <= f.as_of AND h.until_end >= f.as_of
GROUP BY h.definitions

-- step: _former_members
SELECT d.definition, SUM(p.parties) AS members
FROM definitions AS d
JOIN _former_patterns AS p ON (p.definitions & d.bit) <> 0
GROUP BY d.definition

-- step: former_end
SELECT as_of FROM _former_end

-- step: definitions
-- At a month end that lies before all data, nobody was counted; without such a month end, nothing is known.
SELECT
    d.*,
    CASE WHEN f.as_of IS NOT NULL THEN CAST(COALESCE(m.members, 0) AS BIGINT) END AS members_before
FROM definitions AS d
CROSS JOIN _former_end AS f
LEFT JOIN _former_members AS m ON m.definition = d.definition
ORDER BY d.kind = 'system', d.headline DESC, d.bit, d.definition

-- step: stages
SELECT stage, reason, COUNT(*) AS parties
FROM stages
GROUP BY stage, reason

-- step: stages_before
SELECT s.stage, s.reason, s.parties
FROM stage_months AS s
JOIN _former_end AS f ON f.as_of = s.as_of

-- step: _cells
-- Every team against the headline, seen from the headline: `mine` is the headline's side.
SELECT
    b.definition, CASE r.side WHEN 'only_a' THEN 'mine' WHEN 'only_b' THEN 'theirs' ELSE r.side END AS side,
    r.reason, r.parties
FROM reconciliation AS r
JOIN definitions AS a ON a.definition = r.definition_a AND a.headline
JOIN definitions AS b ON b.definition = r.definition_b
WHERE r.as_of = $as_of
UNION ALL
SELECT
    a.definition, CASE r.side WHEN 'only_b' THEN 'mine' WHEN 'only_a' THEN 'theirs' ELSE r.side END AS side,
    r.reason, r.parties
FROM reconciliation AS r
JOIN definitions AS a ON a.definition = r.definition_a
JOIN definitions AS b ON b.definition = r.definition_b AND b.headline
WHERE r.as_of = $as_of

-- step: differences
SELECT c.definition, c.side, c.reason, COALESCE(r.label, c.reason) AS label, c.parties
FROM _cells AS c LEFT JOIN reasons AS r ON r.reason = c.reason
ORDER BY c.definition, c.side, c.parties DESC, r.priority NULLS LAST, c.reason
