-- What to do and to check: how many of each, and the rows behind.

-- step: sizes
SELECT 'renewals' AS register, COUNT(*) AS size FROM renewals
UNION ALL SELECT 'stale', COUNT(*) FROM paying_status WHERE stale
UNION ALL SELECT 'words', COUNT(*) FROM status_words WHERE meaning = 'unknown'
UNION ALL SELECT 'contracts', COUNT(*) FROM contract_issues
UNION ALL SELECT 'commissions', COUNT(*) FROM commissions WHERE rules_disagree
UNION ALL SELECT 'duplicates', COUNT(*) FROM review_pairs
UNION ALL SELECT 'no_contract', COUNT(*) FROM stages WHERE stage = 'paid_without_contract'
UNION ALL SELECT 'unpaid', COUNT(*) FROM stages WHERE stage = 'signed_unpaid'
UNION ALL SELECT 'paying', COUNT(*) FROM paying_status
UNION ALL SELECT 'managed', COUNT(*) FROM managed_in
UNION ALL SELECT 'cash_and_profit', SUM(parties) FROM cash_and_profit
UNION ALL SELECT 'trade', COUNT(*) FROM trade
UNION ALL SELECT 'served', COUNT(*) FROM relationships

-- step: contracts
SELECT label AS customer, party_id, system, contract, issue, detail
FROM contract_issues LEFT JOIN parties USING (party_id)
ORDER BY issue, system, contract
LIMIT $rows

-- step: contract_kinds
SELECT issue, COUNT(*) AS contracts, COUNT(DISTINCT party_id) AS parties
FROM contract_issues
GROUP BY issue
ORDER BY contracts DESC, issue

-- step: words
SELECT origin, status, meaning, rows, parties
FROM status_words
ORDER BY meaning = 'unknown' DESC, origin, parties DESC, status

-- step: duplicates
SELECT
    one.label AS customer,
    one.party_id,
    r.system || ' ' || r.record AS first_record,
    other.label AS other,
    r.to_system || ' ' || r.to_record AS second_record,
    rule,
    evidence,
    reason,
    probability
FROM review_pairs AS r
LEFT JOIN party_records AS a ON a.system = r.system AND a.record = r.record
LEFT JOIN party_records AS b ON b.system = r.to_system AND b.record = r.to_record
LEFT JOIN parties AS one ON one.party_id = a.party_id
LEFT JOIN parties AS other ON other.party_id = b.party_id
ORDER BY probability DESC NULLS LAST, r.system, r.record, r.to_system, r.to_record
LIMIT $rows

-- step: in_stage
-- The parties of one stage.
SELECT party_id, CAST(NULL AS DECIMAL(18,4)) AS amount
FROM stages
WHERE stage = $stage

-- step: cash_and_profit
SELECT cash_positive, profitable, label, parties, net_cash_12m, profit_12m
FROM cash_and_profit
ORDER BY cash_positive DESC, profitable DESC

-- step: good
-- The customers of one cell: sign of net cash by sign of profit.
SELECT party_id, CAST(NULL AS DECIMAL(18,4)) AS amount
FROM facts JOIN stages USING (party_id)
WHERE
    stage IN ('active', 'inactive')
    AND (net_cash_12m > 0) = $cash_positive
    AND (profit_12m > 0) = $profitable

-- step: trade
SELECT label AS customer, party_id, received, paid, net, is_customer
FROM trade JOIN parties USING (party_id)
ORDER BY paid, party_id
LIMIT $rows

-- step: trade_sums
SELECT
    COUNT(*) AS parties,
    COUNT(*) FILTER (WHERE is_customer) AS customers,
    COALESCE(SUM(received), 0) AS received,
    COALESCE(SUM(paid), 0) AS paid,
    COALESCE(SUM(net), 0) AS net
FROM trade

-- step: served
SELECT p.label AS customer, r.party_id, s.label AS server, r.kind AS kind, serving_role, aim
FROM relationships AS r JOIN parties AS p USING (party_id) LEFT JOIN parties AS s ON s.party_id = r.served_by
ORDER BY aim, r.kind, customer, r.party_id, server
LIMIT $rows
