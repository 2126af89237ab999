-- What the first page asks.

-- step: stages
SELECT stage, reason, COUNT(*) AS parties
FROM stages
GROUP BY stage, reason
ORDER BY stage, parties DESC, reason

-- step: value
SELECT
    COUNT(*) AS customers,
    COALESCE(SUM(ltv), 0) AS equity,
    COUNT(*) FILTER (WHERE ltv < 0) AS negative
FROM _current LEFT JOIN ltv USING (party_id)

-- step: company
SELECT
    (SELECT COUNT(*) FROM parties) AS parties,
    (SELECT COALESCE(SUM(records), 0) FROM parties) AS records,
    (SELECT MIN(month) FROM books) AS first_month,
    (SELECT MAX(month) FROM books) AS last_month

-- step: cash
-- What moved inside the enterprise is nobody's cash flow.
SELECT
    COALESCE(SUM(ledger - eliminated) FILTER (WHERE month >= $since), 0) AS net_cash,
    COALESCE(SUM(ledger - eliminated) FILTER (WHERE month >= $since AND line IN ('revenue', 'refunds')), 0) AS income,
    COALESCE(SUM(ledger - eliminated) FILTER (WHERE month >= $before AND month < $since), 0) AS net_cash_before
FROM books

-- step: quality
SELECT
    COALESCE(SUM(rows_in), 0) AS rows_in,
    COALESCE(SUM(rows_accepted), 0) AS rows_accepted,
    COALESCE(SUM(rows_quarantined), 0) AS rows_quarantined,
    (SELECT COUNT(*) FROM checks) AS checks,
    (SELECT COUNT(*) FROM checks WHERE passed) AS passed
FROM intake

-- step: checks
SELECT check_name, passed, expected, actual, meaning
FROM checks
ORDER BY passed, check_name

-- step: _best
SELECT party_id, score, measures, rank
FROM consensus
WHERE rank IS NOT NULL
ORDER BY rank, party_id
LIMIT 5

-- step: best
SELECT
    party_id,
    label AS customer,
    rank,
    measures,
    COALESCE(ltv.ltv, 0) AS ltv,
    COALESCE(cash.net_cash_12m, 0) AS net_cash_12m
FROM _best
JOIN parties USING (party_id)
LEFT JOIN ltv USING (party_id)
LEFT JOIN cash USING (party_id)
ORDER BY rank, party_id

-- step: _richest
SELECT party_id, ltv FROM ltv ORDER BY ltv DESC, party_id LIMIT 3

-- step: richest
SELECT label AS customer FROM _richest JOIN parties USING (party_id) ORDER BY ltv DESC, party_id

-- step: against
-- How each definition differs from the headline: whom it counts besides, and whom it leaves out, by reason.
SELECT
    CASE WHEN definition_a = $headline THEN definition_b ELSE definition_a END AS definition,
    (definition_a = $headline) <> (side = 'only_a') AS besides,
    COALESCE(label, 'Unexplained') AS reason,
    parties
FROM reconciliation LEFT JOIN reasons USING (reason)
WHERE as_of = $as_of AND side <> 'both' AND parties > 0 AND $headline IN (definition_a, definition_b)
ORDER BY definition, besides DESC, parties DESC, priority NULLS LAST, reason
