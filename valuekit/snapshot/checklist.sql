-- What the monthly reconciliation looks at: how much of each item is open, of how much. Read from published tables.

-- step: _not_agreed
SELECT 'definitions_agreed' AS item, COUNT(*) FILTER (WHERE status <> 'agreed') AS open, COUNT(*) AS total
FROM definitions
WHERE kind = 'team'

-- step: _compared
-- Every team's list against the headline, at the as-of date.
SELECT side, reason, parties
FROM reconciliation AS r
JOIN definitions AS a ON a.definition = r.definition_a
JOIN definitions AS b ON b.definition = r.definition_b
WHERE r.as_of = $as_of AND a.kind = 'team' AND b.kind = 'team' AND (a.headline OR b.headline)

-- step: _unexplained
SELECT
    'differences_explained' AS item,
    COALESCE(SUM(parties) FILTER (WHERE reason = 'unexplained'), 0) AS open,
    COALESCE(SUM(parties) FILTER (WHERE side <> 'both'), 0) AS total
FROM _compared

-- step: _duplicates
SELECT 'duplicates_reviewed' AS item, COUNT(*) AS open, (SELECT COUNT(*) FROM party_records) AS total
FROM review_pairs

-- step: _set_aside
SELECT 'rows_accepted' AS item, COALESCE(SUM(rows_quarantined), 0) AS open, COALESCE(SUM(rows_in), 0) AS total
FROM intake

-- step: _money_of_nobody
SELECT
    'money_has_a_party' AS item,
    COUNT(*) FILTER (WHERE unattributed <> 0) AS open,
    COUNT(*) AS total
FROM books
WHERE line IN ('revenue', 'refunds')

-- step: _tie_out
SELECT
    'books_tie_out' AS item,
    COUNT(*) FILTER (
        WHERE ledger <> attributed + unattributed + unused_capacity + unallocated + eliminated OR difference <> 0
    ) AS open,
    COUNT(*) AS total
FROM books

-- step: _receivable_gaps
SELECT
    "begin" + invoiced - received - credited - written_off - unknown + fx - "end" AS gap,
    "begin" - LAG("end", 1, 0) OVER (PARTITION BY party_id ORDER BY month) AS jump
FROM receivable_months

-- step: _receivables
SELECT 'receivables_close' AS item, COUNT(*) FILTER (WHERE gap <> 0 OR jump <> 0) AS open, COUNT(*) AS total
FROM _receivable_gaps

-- step: _contracts
SELECT
    'contracts_clean' AS item,
    (SELECT COUNT(*) FROM contract_issues) AS open,
    COUNT(*) FILTER (WHERE has_contract) AS total
FROM facts

-- step: _words
SELECT
    'status_words_known' AS item,
    COALESCE(SUM(rows) FILTER (WHERE meaning = 'unknown'), 0) AS open,
    COALESCE(SUM(rows), 0) AS total
FROM status_words

-- step: _manual
SELECT
    'manual_statuses_fresh' AS item,
    COUNT(*) FILTER (WHERE stale) AS open,
    COUNT(*) FILTER (WHERE manual IS NOT NULL) AS total
FROM paying_status

-- step: _exceptions
SELECT
    'exceptions_followed_up' AS item,
    COUNT(*) FILTER (WHERE stage IN ('paid_without_contract', 'lapsed_paying')) AS open,
    COUNT(*) AS total
FROM stages

-- step: _customer_months
SELECT
    "begin" + new + reactivated - churned - "end" AS gap,
    "begin" - LAG("end") OVER (PARTITION BY definition ORDER BY as_of) AS jump
FROM customer_movements

-- step: _customers_move
SELECT
    'customer_bridges_close' AS item,
    COUNT(*) FILTER (WHERE gap <> 0 OR jump <> 0) AS open,
    COUNT(*) AS total
FROM _customer_months

-- step: _mrr_gaps
SELECT
    "begin" + new_business + expansion + reactivation + contraction + churn + fx - "end" AS gap,
    "begin" - LAG("end") OVER (ORDER BY as_of) AS jump
FROM mrr_months

-- step: _mrr_moves
SELECT 'mrr_bridge_closes' AS item, COUNT(*) FILTER (WHERE gap <> 0 OR jump <> 0) AS open, COUNT(*) AS total
FROM _mrr_gaps

-- step: _deals
SELECT 'commissions_agreed' AS item, COUNT(*) FILTER (WHERE rules_disagree) AS open, COUNT(*) AS total
FROM commissions

-- step: _proofs
SELECT 'checks_passed' AS item, COUNT(*) FILTER (WHERE NOT passed) AS open, COUNT(*) AS total
FROM checks

-- step: checklist
SELECT * FROM _not_agreed
UNION ALL SELECT * FROM _unexplained
UNION ALL SELECT * FROM _duplicates
UNION ALL SELECT * FROM _set_aside
UNION ALL SELECT * FROM _money_of_nobody
UNION ALL SELECT * FROM _tie_out
UNION ALL SELECT * FROM _receivables
UNION ALL SELECT * FROM _contracts
UNION ALL SELECT * FROM _words
UNION ALL SELECT * FROM _manual
UNION ALL SELECT * FROM _exceptions
UNION ALL SELECT * FROM _customers_move
UNION ALL SELECT * FROM _mrr_moves
UNION ALL SELECT * FROM _deals
UNION ALL SELECT * FROM _proofs

-- step: owners
SELECT definition, owner, headline
FROM definitions
ORDER BY headline DESC, definition
