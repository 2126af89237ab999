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
