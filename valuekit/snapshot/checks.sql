-- What a run must prove before it is published. Each step is one check; `checks` holds them all.

-- step: _parties_with_stage
SELECT COUNT(*) AS parties, COUNT(stage) AS staged
FROM parties LEFT JOIN stages USING (party_id)

-- step: _stages_sum_to_parties
SELECT
    'stages_sum_to_parties' AS check_name,
    parties = staged AND parties = (SELECT COUNT(*) FROM stages) AND parties = (SELECT COUNT(*) FROM parties) AS passed,
    (SELECT COUNT(*) FROM parties) || ' parties, each in one stage' AS expected,
    staged || ' parties with a stage, ' || (SELECT COUNT(*) FROM stages) || ' stages' AS actual,
    'Every party has exactly one stage' AS meaning
FROM _parties_with_stage

-- step: _headcount
SELECT
    (SELECT COUNT(*) FROM stages WHERE LIST_CONTAINS($customer_stages, stage)) AS customers,
    (SELECT COUNT(*) FROM consensus) AS compared,
    (SELECT COUNT(*) FROM consensus JOIN stages USING (party_id) WHERE LIST_CONTAINS($customer_stages, stage)) AS both_ways

-- step: _customers_are_compared
SELECT
    'customers_are_active_plus_inactive' AS check_name,
    customers = compared AND customers = both_ways AS passed,
    customers || ' parties active or inactive' AS expected,
    compared || ' customers compared by the executives, ' || both_ways || ' of them active or inactive' AS actual,
    'Customers are the active and the inactive parties, and the executives compare exactly these' AS meaning
FROM _headcount

-- step: _members
SELECT definition, members, COUNT(party_id) AS listed
FROM definitions LEFT JOIN memberships USING (definition)
WHERE kind = 'team'
GROUP BY definition, members

-- step: _definitions_equal_members
SELECT
    'definitions_equal_members' AS check_name,
    COALESCE(SUM(ABS(members - listed)), 0) = 0 AS passed,
    COALESCE(SUM(members), 0) || ' members counted' AS expected,
    COALESCE(SUM(listed), 0) || ' members listed' AS actual,
    'The number of each definition is the length of its list of members' AS meaning
FROM _members

-- step: _list_sizes
-- The size of each list at each period, as the cells of every pair with it give it.
SELECT as_of, definition_a AS definition, definition_b AS other,
    SUM(parties) FILTER (WHERE side <> 'only_b') AS size
FROM reconciliation
GROUP BY as_of, definition_a, definition_b
UNION ALL
SELECT as_of, definition_b AS definition, definition_a AS other,
    SUM(parties) FILTER (WHERE side <> 'only_a') AS size
FROM reconciliation
GROUP BY as_of, definition_a, definition_b

-- step: _sizes_agree
SELECT as_of, definition, COUNT(*) AS pairs, MIN(size) = MAX(size) AS agree, MAX(size) AS size
FROM _list_sizes
GROUP BY as_of, definition

-- step: _sizes_now
-- Where nobody is known there is no cell, and every list must be empty.
SELECT d.definition, d.members,
    COALESCE(s.agree AND s.size = d.members AND s.pairs = k.lists - 1,
        k.lists = 1 OR d.members = 0 AND (SELECT COUNT(*) FROM reconciliation) = 0) AS agree
FROM definitions AS d
JOIN (SELECT kind, COUNT(*) AS lists FROM definitions GROUP BY kind) AS k USING (kind)
LEFT JOIN (SELECT * FROM _sizes_agree WHERE as_of = (SELECT MAX(as_of) FROM reconciliation)) AS s USING (definition)

-- step: _sizes_told
SELECT
    (SELECT COUNT(*) FROM _sizes_now) AS lists,
    (SELECT COUNT(*) FROM _sizes_now WHERE NOT agree) AS broken_now,
    (SELECT COUNT(*) FROM _sizes_agree WHERE NOT agree) AS broken_ever,
    (SELECT COUNT(*) FROM _list_sizes) // 2 AS pairs

-- step: _reasons_sum_to_lists
SELECT
    'reasons_sum_to_lists' AS check_name,
    broken_now = 0 AND broken_ever = 0 AS passed,
    lists || ' lists, each as long as its cells against every other' AS expected,
    pairs || ' pairs over all periods, ' || broken_now || ' lists differ from their cells, ' || broken_ever
        || ' differ between pairs' AS actual,
    'Any two lists: those on both and those on one alone, by reason, add up to each list' AS meaning
FROM _sizes_told

-- step: _books_total
SELECT
    COALESCE(SUM(ledger), 0) AS ledger,
    COALESCE(SUM(attributed), 0) AS attributed,
    COALESCE(SUM(unattributed), 0) + COALESCE(SUM(unused_capacity), 0) + COALESCE(SUM(unallocated), 0)
        + COALESCE(SUM(eliminated), 0) AS elsewhere,
    COUNT(*) FILTER (
        WHERE ledger <> attributed + unattributed + unused_capacity + unallocated + eliminated OR difference <> 0
    ) AS open_rows
FROM books

-- step: _pools_summed
SELECT month, function AS line, pool, SUM(cost) AS cost, SUM(unused_cost) AS unused
FROM pool_months
GROUP BY month, function, pool

-- step: _pools_compared
SELECT
    COALESCE(SUM(p.cost), 0) AS cost, COALESCE(SUM(b.ledger), 0) AS ledger,
    COUNT(*) FILTER (WHERE p.cost IS DISTINCT FROM b.ledger OR p.unused IS DISTINCT FROM b.unused_capacity) AS open_rows
FROM _pools_summed AS p
FULL JOIN (SELECT * FROM books WHERE line NOT IN ('revenue', 'refunds')) AS b USING (month, line, pool)

-- step: _pools_equal_books
SELECT
    'pools_equal_books' AS check_name,
    open_rows = 0 AS passed,
    ledger || ' of cost in the books' AS expected,
    cost || ' in the pools, ' || open_rows || ' pools and months differ' AS actual,
    'Every pool has in every month the cost and the unused capacity of the books' AS meaning
FROM _pools_compared

-- step: _carried
SELECT COALESCE(SUM(net_cash), 0) AS by_month, (SELECT COALESCE(SUM(net_cash), 0) FROM cash) AS by_party
FROM cash_months

-- step: _recount
-- The books once more, straight from the input: what came in and what the ledger says was spent.
SELECT
    (SELECT COALESCE(SUM(reporting_amount), 0) FROM payments) + (SELECT COALESCE(SUM(reporting_amount), 0) FROM orders)
        AS received,
    (SELECT COALESCE(SUM(reporting_amount), 0) FROM costs) AS spent

-- step: _booked
SELECT
    COALESCE(SUM(ledger + tax) FILTER (WHERE line IN ('revenue', 'refunds')), 0) AS received,
    -COALESCE(SUM(ledger) FILTER (WHERE line NOT IN ('revenue', 'refunds') AND pool <> 'orders'), 0) AS spent
FROM books

-- step: _books_equal_input
SELECT
    'books_equal_input' AS check_name,
    b.received = r.received AND b.spent = r.spent AS passed,
    r.received || ' received and ' || r.spent || ' spent in the accepted input' AS expected,
    b.received || ' received and ' || b.spent || ' spent in the books' AS actual,
    'The books and the tax kept out of them hold every accepted payment, order and ledger line, once' AS meaning
FROM _booked AS b CROSS JOIN _recount AS r

-- step: _cash_equals_ledger
SELECT
    'cash_equals_ledger' AS check_name,
    open_rows = 0 AND attributed = by_month AND by_month + elsewhere = ledger AS passed,
    ledger || ' in the books, every line closed' AS expected,
    (by_month + elsewhere) || ' carried by parties (' || by_month || ') or shown apart (' || elsewhere || '), '
        || open_rows || ' lines open' AS actual,
    'What parties carry, and what is shown apart, equals the books to the cent' AS meaning
FROM _books_total CROSS JOIN _carried

-- step: _cash_adds_up
SELECT
    'cash_by_party_equals_cash_by_month' AS check_name,
    by_month = by_party AND by_party = (SELECT COALESCE(SUM(net_cash), 0) FROM facts) AS passed,
    by_month || ' by month' AS expected,
    by_party || ' by party, ' || (SELECT COALESCE(SUM(net_cash), 0) FROM facts) || ' in the facts' AS actual,
    'Months, parties and facts show the same net cash' AS meaning
FROM _carried

-- step: _intake_rows
SELECT
    COALESCE(SUM(rows_in), 0) AS rows_in,
    COALESCE(SUM(rows_accepted + rows_quarantined), 0) AS rows_seen,
    COUNT(*) FILTER (WHERE rows_in <> rows_accepted + rows_quarantined) AS open_rows
FROM intake

-- step: _rows_add_up
SELECT
    'rows_in_are_accepted_or_quarantined' AS check_name,
    open_rows = 0 AS passed,
    rows_in || ' rows read' AS expected,
    rows_seen || ' rows accepted or quarantined' AS actual,
    'No input row is lost' AS meaning
FROM _intake_rows

-- step: _shares
SELECT table_name, SUM(rows_quarantined) AS bad, SUM(rows_in) AS rows_in
FROM intake
GROUP BY table_name

-- step: _worst
SELECT table_name, bad, rows_in
FROM _shares
ORDER BY CAST(bad AS DOUBLE) / NULLIF(rows_in, 0) DESC NULLS LAST, table_name
LIMIT 1

-- step: _few_are_quarantined
SELECT
    'few_rows_are_quarantined' AS check_name,
    COALESCE(MAX(bad) <= $max_quarantined_share * MAX(rows_in), TRUE) AS passed,
    'at most ' || ROUND($max_quarantined_share * 100, 2) || '% of the rows of a table' AS expected,
    COALESCE(MIN(table_name) || ': ' || MAX(bad) || ' of ' || MAX(rows_in), 'no rows') AS actual,
    'The input is good enough to be believed' AS meaning
FROM _worst

-- step: _valued_twice
SELECT
    COALESCE(SUM(c.ltv), 0) AS from_cube,
    COALESCE(SUM(l.ltv), 0) AS as_column,
    COALESCE(MAX(ABS(COALESCE(c.ltv, 0) - COALESCE(l.ltv, 0))), 0) AS widest
FROM {cube_value} AS c FULL JOIN ltv AS l USING (party_id)

-- step: _cube_equals_ltv
SELECT
    'cube_equals_ltv' AS check_name,
    widest = 0 AND from_cube = as_column AS passed,
    as_column || ' lifetime value' AS expected,
    from_cube || ' from the cube, widest difference of a party ' || widest AS actual,
    'The value cube at the horizon of the run gives each lifetime value' AS meaning
FROM _valued_twice

-- step: _coverage
SELECT
    (SELECT COUNT(*) FROM ltv ANTI JOIN segments USING (party_id)) AS valued_without,
    (SELECT COUNT(*) FROM stages ANTI JOIN segments USING (party_id) WHERE LIST_CONTAINS($customer_stages, stage))
        AS customers_without,
    (SELECT COALESCE(SUM(ltv), 0) FROM segments) AS segmented,
    (SELECT COALESCE(SUM(ltv), 0) FROM tiers) AS tiered,
    (SELECT COALESCE(SUM(ltv), 0) FROM ltv) AS valued

-- step: _segments_cover
SELECT
    'segments_cover_all_customers' AS check_name,
    valued_without = 0 AND customers_without = 0 AND segmented = valued AND tiered = valued AS passed,
    'no party left out, ' || valued || ' lifetime value' AS expected,
    valued_without || ' valued parties and ' || customers_without || ' customers left out, ' || segmented
        || ' in segments, ' || tiered || ' in tiers' AS actual,
    'Value tiers hold every party with a value and every current customer' AS meaning
FROM _coverage

-- step: _scopes
SELECT scope, SUM(parties) AS parties, SUM(ltv) AS ltv
FROM value_sums
GROUP BY scope

-- step: _scopes_differ
SELECT
    COUNT(*) AS scopes,
    COUNT(*) FILTER (WHERE s.parties <> v.parties OR s.ltv <> v.ltv) AS open_scopes,
    MAX(v.ltv) AS valued
FROM _scopes AS s CROSS JOIN (SELECT COUNT(*) AS parties, COALESCE(SUM(ltv), 0) AS ltv FROM ltv) AS v

-- step: _value_sums_add_up
SELECT
    'value_sums_add_up' AS check_name,
    open_scopes = 0 AS passed,
    COALESCE(valued, 0) || ' lifetime value in every scope' AS expected,
    scopes || ' scopes, ' || open_scopes || ' with another sum' AS actual,
    'Stages, tiers and cohorts hold every value once' AS meaning
FROM _scopes_differ

-- step: _advocacy_years
SELECT year_1, year_2, year_3, year_4, year_5, year_6, year_7, year_8, year_9, year_10
FROM cube
WHERE stream = 'advocacy'

-- step: _advocacy_left
SELECT
    COUNT(*) AS parties,
    COALESCE(ABS(SUM(year_1)) + ABS(SUM(year_2)) + ABS(SUM(year_3)) + ABS(SUM(year_4)) + ABS(SUM(year_5))
        + ABS(SUM(year_6)) + ABS(SUM(year_7)) + ABS(SUM(year_8)) + ABS(SUM(year_9)) + ABS(SUM(year_10)), 0) AS made
FROM _advocacy_years

-- step: _advocacy_moves
SELECT
    'advocacy_moves_and_makes_nothing' AS check_name,
    made = 0 AS passed,
    'no value of referred customers is counted twice: 0 in every year' AS expected,
    parties || ' parties give or receive, ' || made || ' left over' AS actual,
    'What referrers are credited is taken from those they referred' AS meaning
FROM _advocacy_left

-- step: _bridges
SELECT
    *,
    "begin" + new + reactivated - churned AS arrived,
    LAG("end") OVER (PARTITION BY definition ORDER BY as_of) AS former_end
FROM customer_movements

-- step: _customers_close
SELECT
    'customer_movements_close' AS check_name,
    COUNT(*) FILTER (WHERE arrived <> "end" OR former_end <> "begin") = 0 AS passed,
    'begin + new + reactivated - churned = end, and the end of a month begins the next' AS expected,
    COUNT(*) || ' months of definitions, ' || COUNT(*) FILTER (WHERE arrived <> "end" OR former_end <> "begin")
        || ' open' AS actual,
    'Members counted at each month end are those that the movements lead to' AS meaning
FROM _bridges

-- step: _mrr_parties
SELECT
    as_of,
    COALESCE(SUM(amount) FILTER (WHERE movement = 'new_business'), 0) AS new_business,
    COALESCE(SUM(amount) FILTER (WHERE movement = 'expansion'), 0) AS expansion,
    COALESCE(SUM(amount) FILTER (WHERE movement = 'reactivation'), 0) AS reactivation,
    COALESCE(SUM(amount) FILTER (WHERE movement = 'contraction'), 0) AS contraction,
    COALESCE(SUM(amount) FILTER (WHERE movement = 'churn'), 0) AS churn,
    COALESCE(SUM(amount) FILTER (WHERE movement = 'fx'), 0) AS fx
FROM mrr_movements
GROUP BY as_of

-- step: _mrr_bridges
SELECT
    m.*,
    m.new_business + m.expansion + m.reactivation + m.contraction + m.churn + m.fx AS moved,
    (m.new_business, m.expansion, m.reactivation, m.contraction, m.churn, m.fx) <> (
        COALESCE(p.new_business, 0), COALESCE(p.expansion, 0), COALESCE(p.reactivation, 0),
        COALESCE(p.contraction, 0), COALESCE(p.churn, 0), COALESCE(p.fx, 0)
    ) AS parties_differ,
    m.customers_begin + m.customers_new + m.customers_reactivated - m.customers_churned AS customers_arrived,
    LAG(m."end") OVER (ORDER BY m.as_of) AS former_end
FROM mrr_months AS m
FULL JOIN _mrr_parties AS p USING (as_of)

-- step: _mrr_open
SELECT
    COUNT(*) AS months,
    COUNT(*) FILTER (
        WHERE complete IS NULL OR "begin" + moved <> "end" OR parties_differ OR customers_arrived <> customers_end
            OR former_end <> "begin"
    ) AS open_months
FROM _mrr_bridges

-- step: _mrr_closes
SELECT
    'mrr_movements_close' AS check_name,
    open_months = 0 AS passed,
    'begin + movements = end, as the parties moved, and the end of a month begins the next' AS expected,
    months || ' months, ' || open_months || ' open' AS actual,
    'Recurring revenue summed from contract terms is what the movements of the parties lead to' AS meaning
FROM _mrr_open

-- step: _last_runs
SELECT party_id, stage, reason, definitions
FROM history
WHERE until_end = (SELECT MAX(until_end) FROM history)

-- step: _member_bits
SELECT m.party_id, SUM(d.bit) AS definitions
FROM memberships AS m
JOIN definitions AS d USING (definition)
GROUP BY m.party_id

-- step: _listed
-- Members of a team's definition are listed; lists of whole systems are not.
SELECT CAST(COALESCE(SUM(bit), 0) AS BIGINT) AS bits
FROM definitions
WHERE kind = 'team'

-- step: _last_differs
SELECT
    COUNT(*) AS parties,
    COUNT(*) FILTER (WHERE s.stage IS DISTINCT FROM h.stage OR s.reason IS DISTINCT FROM h.reason) AS other_stage,
    COUNT(*) FILTER (WHERE COALESCE(b.definitions, 0) IS DISTINCT FROM h.definitions & k.bits) AS other_members
FROM stages AS s
FULL JOIN _last_runs AS h USING (party_id)
LEFT JOIN _member_bits AS b USING (party_id)
CROSS JOIN _listed AS k

-- step: _history_ends_with_stages
SELECT
    'history_ends_with_stages' AS check_name,
    other_stage = 0 AND other_members = 0 AS passed,
    parties || ' parties alike in the last month end of the history and at the as-of date' AS expected,
    other_stage || ' with another stage, ' || other_members || ' in other definitions' AS actual,
    'The history leads to the stages and the members of today' AS meaning
FROM _last_differs

-- step: checks
SELECT * FROM _stages_sum_to_parties
UNION ALL SELECT * FROM _customers_are_compared
UNION ALL SELECT * FROM _definitions_equal_members
UNION ALL SELECT * FROM _reasons_sum_to_lists
UNION ALL SELECT * FROM _books_equal_input
UNION ALL SELECT * FROM _cash_equals_ledger
UNION ALL SELECT * FROM _pools_equal_books
UNION ALL SELECT * FROM _cash_adds_up
UNION ALL SELECT * FROM _rows_add_up
UNION ALL SELECT * FROM _few_are_quarantined
UNION ALL SELECT * FROM _cube_equals_ltv
UNION ALL SELECT * FROM _segments_cover
UNION ALL SELECT * FROM _value_sums_add_up
UNION ALL SELECT * FROM _advocacy_moves
UNION ALL SELECT * FROM _customers_close
UNION ALL SELECT * FROM _mrr_closes
UNION ALL SELECT * FROM _history_ends_with_stages
