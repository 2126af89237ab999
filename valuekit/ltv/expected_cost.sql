-- What each valued party cost a month, by function, and the cell of like parties that it stands in.
-- Cost is positive here.

-- step: _used
SELECT party_id, SUM(events) AS events
FROM usage
WHERE used_on > $last_day - 90 AND used_on <= $last_day
GROUP BY party_id

-- step: _known
SELECT
    m.party_id, m.has_contract, m.is_customer, m.months, m.seen, s.stage = 'active' AS is_active,
    CASE WHEN m.has_contract THEN m.mrr ELSE COALESCE(m.received, 0) / LEAST(m.months + 1, 12) END AS size,
    COALESCE(u.events, 0) / 3.0 AS events
FROM cost_months AS m
JOIN stages AS s USING (party_id)
LEFT JOIN _used AS u USING (party_id)

-- step: cost_parties
-- A cell holds parties alike in contract, stage, size, tenure and use; sizes and use in steps of half a natural log.
-- Tenure is that of the middle of the months seen; `next_step` that of the middle of the next year.
SELECT
    party_id, is_customer, seen, LEAST(GREATEST(months - 12, 0), 12) AS formerly,
    has_contract, is_active,
    CAST(ROUND(2 * LN(1 + GREATEST(size, 0))) AS INTEGER) AS size_step,
    CAST(FLOOR(LOG2(1 + months - seen / 2.0)) AS INTEGER) AS tenure_step,
    CAST(FLOOR(LOG2(7 + months)) AS INTEGER) AS next_step,
    CAST(ROUND(2 * LN(1 + events)) AS INTEGER) AS use_step
FROM _known

-- step: cost_own
-- Own cost of the last year and of the one before, of whom any is known.
SELECT party_id, 'marketing' AS function, COALESCE(marketing, 0) AS cost, COALESCE(former_marketing, 0) AS former_cost
FROM cost_months
WHERE marketing <> 0 OR former_marketing <> 0
UNION ALL
SELECT party_id, 'sales', COALESCE(sales, 0), COALESCE(former_sales, 0)
FROM cost_months
WHERE sales <> 0 OR former_sales <> 0
UNION ALL
SELECT party_id, 'support', COALESCE(support, 0), COALESCE(former_support, 0)
FROM cost_months
WHERE support <> 0 OR former_support <> 0
UNION ALL
SELECT party_id, 'incentives', COALESCE(incentives, 0), COALESCE(former_incentives, 0)
FROM cost_months
WHERE incentives <> 0 OR former_incentives <> 0
UNION ALL
SELECT party_id, 'other', COALESCE(other, 0), COALESCE(former_other, 0)
FROM cost_months
WHERE other <> 0 OR former_other <> 0

-- step: _rows
-- The last year and the one before, in cents: what lasts in a party's cost shows in both.
SELECT
    p.has_contract, p.is_active, p.size_step, p.tenure_step, p.use_step, f.function, p.seen, p.formerly,
    COALESCE(o.cost, 0) AS cost,
    CAST(COALESCE(o.cost, 0) * 100 AS HUGEINT) AS cents,
    CAST(COALESCE(o.former_cost, 0) * 100 AS HUGEINT) AS former_cents
FROM cost_parties AS p
CROSS JOIN (SELECT DISTINCT function FROM cost_own) AS f
LEFT JOIN cost_own AS o ON o.party_id = p.party_id AND o.function = f.function
WHERE p.is_customer AND p.seen > 0

-- step: cost_cells
-- Sums from which the mean and both variances follow for any prediction of the cell; of whole numbers, in any order.
SELECT
    function, has_contract, is_active, size_step, tenure_step, use_step,
    COUNT(*) AS parties,
    COUNT(*) FILTER (WHERE cost > 0) AS with_cost,
    SUM(seen) AS months,
    SUM(cost) AS cost,
    SUM(seen * formerly) AS pairs,
    CAST(SUM(cents * formerly + former_cents * seen) AS DOUBLE) / 1e2 AS cost_pairs,
    CAST(SUM(cents * former_cents) AS DOUBLE) / 1e4 AS shared,
    CAST(SUM((cents * formerly - former_cents * seen) * (cents * formerly - former_cents * seen)) AS DOUBLE) / 1e4
        AS apart,
    SUM(seen * formerly * (seen + formerly)) AS months_apart
FROM _rows
GROUP BY function, has_contract, is_active, size_step, tenure_step, use_step
ORDER BY function, has_contract, is_active, size_step, tenure_step, use_step

-- step: cost_states
-- Every cell that somebody stands in, customer or not.
SELECT DISTINCT f.function, p.has_contract, p.is_active, p.size_step, p.tenure_step, p.next_step, p.use_step
FROM cost_parties AS p
CROSS JOIN (SELECT DISTINCT function FROM cost_own) AS f
ORDER BY f.function, p.has_contract, p.is_active, p.size_step, p.tenure_step, p.next_step, p.use_step
