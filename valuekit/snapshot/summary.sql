-- The few numbers that a run reports: read from the published tables, in a run or in a snapshot.

-- step: intake
SELECT
    table_name,
    SUM(rows_in) AS rows_in,
    SUM(rows_accepted) AS rows_accepted,
    SUM(rows_quarantined) AS rows_quarantined,
    SUM(rows_warned) AS rows_warned,
    SUM(rows_later) AS rows_later,
    SUM(rows_out) AS rows_out
FROM intake
GROUP BY table_name
ORDER BY table_name

-- step: stages
SELECT stage, COUNT(*) AS parties
FROM stages
GROUP BY stage
ORDER BY stage

-- step: stage_rules
SELECT stage, reason, sentence, predicate, not_countable
FROM stage_rules
ORDER BY rule

-- step: definitions
SELECT definition, label, owner, system, sentence, members, not_countable, headline
FROM definitions
WHERE kind = 'team'
ORDER BY headline DESC, definition

-- step: tiers
SELECT tier, parties, ltv, net_cash_12m, rule
FROM tiers
ORDER BY tier_order

-- step: agreement
SELECT a.label AS label_a, b.label AS label_b, overlap, kendall_tau_b, common
FROM agreement
JOIN measures AS a ON a.measure = measure_a
JOIN measures AS b ON b.measure = measure_b
WHERE measure_a < measure_b AND overlap IS NOT NULL AND common > 0
    AND a.label <> b.label  -- two executives may share one measure
ORDER BY overlap DESC, kendall_tau_b DESC NULLS LAST, measure_a, measure_b

-- step: cash_12m
SELECT
    COALESCE(SUM(revenue_12m), 0) AS revenue,
    COALESCE(SUM(refunds_12m), 0) AS refunds,
    COALESCE(SUM(cost_of_goods_12m), 0) AS cost_of_goods,
    COALESCE(SUM(acquisition_12m), 0) AS acquisition,
    COALESCE(SUM(retention_12m), 0) AS retention,
    COALESCE(SUM(sales_12m), 0) AS sales,
    COALESCE(SUM(support_12m), 0) AS support,
    COALESCE(SUM(incentives_12m), 0) AS incentives,
    COALESCE(SUM(other_12m), 0) AS other,
    COALESCE(SUM(net_cash_12m), 0) AS net_cash
FROM cash

-- step: _last_month
SELECT "end" AS mrr FROM mrr_months ORDER BY as_of DESC LIMIT 1

-- step: _recurring
-- Monthly recurring revenue at the as-of date: the last balance of its months; without any, of the contracts themselves.
SELECT COALESCE((SELECT mrr FROM _last_month), SUM(mrr) FILTER (WHERE NOT is_internal), 0) AS mrr FROM facts

-- step: totals
SELECT
    (SELECT COALESCE(SUM(net_cash), 0) FROM cash) AS net_cash,
    (SELECT COALESCE(SUM(net_cash_12m), 0) FROM cash) AS net_cash_12m,
    (SELECT mrr FROM _recurring) AS mrr,
    (SELECT COALESCE(SUM(ltv), 0) FROM ltv JOIN stages USING (party_id) WHERE LIST_CONTAINS($customer_stages, stage))
        AS customer_equity,
    (SELECT COALESCE(SUM(ltv), 0) FROM ltv) AS lifetime_value,
    (SELECT COALESCE(SUM(ledger), 0) FROM books) AS books,
    (SELECT COALESCE(SUM(ledger - eliminated), 0) FROM books) AS company_net_cash,
    (SELECT COALESCE(SUM(ledger - eliminated), 0) FROM books WHERE line IN ('revenue', 'refunds')) AS money_received,
    (SELECT COALESCE(SUM(attributed), 0) FROM books) AS attributed,
    (SELECT COALESCE(SUM(unattributed), 0) FROM books) AS unattributed,
    (SELECT COALESCE(SUM(unused_capacity), 0) FROM books) AS unused_capacity,
    (SELECT COALESCE(SUM(unallocated), 0) FROM books) AS unallocated,
    (SELECT COALESCE(SUM(eliminated), 0) FROM books) AS eliminated
