-- Two growth figures over the same parties: $bit_a from $first_a to $last_a, $bit_b from $first_b to $last_b.

-- step: _members
SELECT
    party_id,
    BOOL_OR((definitions & $bit_a) <> 0 AND $first_a BETWEEN from_end AND until_end) AS begins_a,
    BOOL_OR((definitions & $bit_a) <> 0 AND $last_a BETWEEN from_end AND until_end) AS ends_a,
    BOOL_OR((definitions & $bit_b) <> 0 AND $first_b BETWEEN from_end AND until_end) AS begins_b,
    BOOL_OR((definitions & $bit_b) <> 0 AND $last_b BETWEEN from_end AND until_end) AS ends_b
FROM history
GROUP BY party_id

-- step: _moves
SELECT
    party_id,
    CASE WHEN begins_a AND ends_a THEN 'stayed' WHEN begins_a THEN 'left' WHEN ends_a THEN 'joined' ELSE 'outside' END AS move_a,
    CASE WHEN begins_b AND ends_b THEN 'stayed' WHEN begins_b THEN 'left' WHEN ends_b THEN 'joined' ELSE 'outside' END AS move_b
FROM _members
WHERE begins_a OR ends_a OR begins_b OR ends_b

-- step: cells
SELECT move_a, move_b, COUNT(*) AS parties
FROM _moves
GROUP BY move_a, move_b
ORDER BY move_a, move_b

-- step: members
SELECT m.party_id, p.label, s.stage, s.reason
FROM _moves AS m
JOIN parties AS p USING (party_id)
JOIN stages AS s USING (party_id)
WHERE m.move_a = $move_a AND m.move_b = $move_b
ORDER BY m.party_id

-- step: definition
SELECT label, owner, system, bit FROM definitions WHERE definition = $definition
