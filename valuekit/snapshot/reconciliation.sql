-- Two lists of a snapshot against each other. $first and $second are definitions, in any order.

-- step: _pair
SELECT f.bit AS first_bit, s.bit AS second_bit, f.reason_bits AS first_reasons, s.reason_bits AS second_reasons,
    f.bit > s.bit AS swapped
FROM (SELECT * FROM definitions WHERE definition = $first) AS f
CROSS JOIN (SELECT * FROM definitions WHERE definition = $second) AS s

-- step: _of_pair
-- The published side is that of the pair in the order of `definitions`.
SELECT
    as_of,
    CASE
        WHEN side = 'both' THEN 'both'
        WHEN (side = 'only_a') <> swapped THEN 'only_first'
        ELSE 'only_second'
    END AS side,
    reason,
    parties
FROM reconciliation CROSS JOIN _pair
WHERE (definition_a = $first AND definition_b = $second) OR (definition_a = $second AND definition_b = $first)

-- step: _former_end
SELECT MAX(as_of) AS as_of FROM reconciliation WHERE as_of < $as_of

-- step: _now
SELECT side, reason, parties FROM _of_pair WHERE as_of = $as_of

-- step: _before
SELECT side, reason, parties FROM _of_pair WHERE as_of = (SELECT as_of FROM _former_end)

-- step: _compared
-- A reason that is gone is shown with 0. Without a former period there is nothing to compare with.
SELECT
    side,
    reason,
    COALESCE(n.parties, 0) AS parties,
    CASE WHEN (SELECT as_of FROM _former_end) IS NOT NULL THEN COALESCE(b.parties, 0) END AS former
FROM _now AS n FULL JOIN _before AS b USING (side, reason)

-- step: cells
SELECT
    c.side,
    c.reason,
    COALESCE(r.label, CASE WHEN c.side = 'both' THEN 'On both lists' ELSE 'Unexplained' END) AS label,
    r.sentence,
    c.parties,
    c.former,
    c.parties - c.former AS change
FROM _compared AS c LEFT JOIN reasons AS r USING (reason)
ORDER BY
    CASE c.side WHEN 'both' THEN 1 WHEN 'only_first' THEN 2 ELSE 3 END,
    c.reason = 'unexplained',
    r.priority,
    c.reason

-- step: periods
-- Every period of the pair: sizes, gap and what is unexplained.
SELECT
    as_of,
    CAST(SUM(parties) FILTER (WHERE side <> 'only_second') AS BIGINT) AS first_size,
    CAST(SUM(parties) FILTER (WHERE side <> 'only_first') AS BIGINT) AS second_size,
    CAST(SUM(parties) FILTER (WHERE side = 'both') AS BIGINT) AS on_both,
    CAST(SUM(parties) FILTER (WHERE side = 'only_first') AS BIGINT) AS only_first,
    CAST(SUM(parties) FILTER (WHERE side = 'only_second') AS BIGINT) AS only_second,
    CAST(SUM(parties) FILTER (WHERE reason = 'unexplained') AS BIGINT) AS unexplained
FROM _of_pair
GROUP BY as_of
ORDER BY as_of

-- step: _told
SELECT
    l.party_id,
    CASE
        WHEN (l.definitions & p.second_bit) = 0 THEN 'only_first'
        WHEN (l.definitions & p.first_bit) = 0 THEN 'only_second'
        ELSE 'both'
    END AS side,
    CASE
        WHEN (l.definitions & p.second_bit) = 0 THEN l.reasons & p.second_reasons
        WHEN (l.definitions & p.first_bit) = 0 THEN l.reasons & p.first_reasons
    END AS explaining
FROM party_lists AS l
JOIN _pair AS p ON (l.definitions & (p.first_bit | p.second_bit)) <> 0

-- step: _reasoned
SELECT t.party_id, t.side, CASE WHEN t.side = 'both' THEN '' ELSE COALESCE(r.reason, 'unexplained') END AS reason
FROM _told AS t LEFT JOIN reasons AS r ON r.bit = (t.explaining & -t.explaining)

-- step: _cell
SELECT party_id, side, reason
FROM _reasoned
WHERE side = $side AND ($reason IS NULL OR reason = $reason)

-- step: _members
SELECT
    c.party_id,
    p.label AS customer,
    c.side,
    c.reason,
    s.stage,
    s.reason AS stage_reason,
    s.since,
    p.systems,
    CAST(COALESCE(v.ltv, 0) AS DECIMAL(18, 4)) AS ltv,
    f.net_cash_12m
FROM _cell AS c
JOIN parties AS p USING (party_id)
JOIN stages AS s USING (party_id)
JOIN facts AS f USING (party_id)
LEFT JOIN ltv AS v USING (party_id)

-- step: members
SELECT * FROM _members ORDER BY ltv DESC, party_id

-- step: top_members
SELECT * FROM _members ORDER BY ltv DESC, party_id LIMIT $top
