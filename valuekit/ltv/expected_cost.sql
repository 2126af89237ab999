-- What each valued party cost a month beyond what follows the money, by function, and the cell of like parties that it
-- stands in. Cost is positive here. Goods are those of contracts: those of orders are a share of what is paid.

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
    has_contract, is_active, size,
    CAST(ROUND(2 * LN(1 + GREATEST(size, 0))) AS INTEGER) AS size_step,
    CAST(FLOOR(LOG2(1 + months - seen / 2.0)) AS INTEGER) AS tenure_step,
    CAST(FLOOR(LOG2(7 + months)) AS INTEGER) AS next_step,
    CAST(ROUND(2 * LN(1 + events)) AS INTEGER) AS use_step
FROM _known

-- step: cost_functions
SELECT DISTINCT l.function
FROM cost_lines AS l
JOIN cost_parties AS p ON p.party_id = l.party_id
WHERE (l.cost <> 0 OR l.former_cost <> 0) AND (p.has_contract OR l.function <> 'goods')

-- step: _asked
SELECT p.*, f.function
FROM cost_parties AS p
CROSS JOIN cost_functions AS f
WHERE p.has_contract OR f.function <> 'goods'

-- step: cost_own
-- What is left of the own cost without what follows the money: of the last year and of the one before, where there is any.
SELECT
    a.party_id, a.function, COALESCE(s.share, 0) AS share, COALESCE(c.cost, 0) AS spent,
    CAST(COALESCE(c.cost, 0) - COALESCE(s.share * m.received_seen, 0) AS DECIMAL(18, 4)) AS cost,
    CAST(COALESCE(c.former_cost, 0) - COALESCE(s.share * m.received_formerly, 0) AS DECIMAL(18, 4)) AS former_cost
FROM _asked AS a
JOIN cost_months AS m ON m.party_id = a.party_id
LEFT JOIN cost_lines AS c ON c.party_id = a.party_id AND c.function = a.function
LEFT JOIN cost_shares AS s ON s.has_contract = a.has_contract AND s.function = a.function
WHERE c.cost <> 0 OR c.former_cost <> 0 OR s.share > 0

-- step: _rows
-- The last year and the one before, in cents: what lasts in a party's cost shows in both.
SELECT
    a.has_contract, a.is_active, a.size_step, a.tenure_step, a.use_step, a.function, a.seen, a.formerly,
    CAST(a.seen * a.size AS DECIMAL(38, 4)) AS sized,
    COALESCE(o.share, 0) AS share,
    COALESCE(o.spent, 0) AS spent,
    COALESCE(o.cost, 0) AS cost,
    CAST(CAST(COALESCE(o.cost, 0) AS DECIMAL(38, 4)) * 100 AS HUGEINT) AS cents,
    CAST(CAST(COALESCE(o.former_cost, 0) AS DECIMAL(38, 4)) * 100 AS HUGEINT) AS former_cents
FROM _asked AS a
LEFT JOIN cost_own AS o ON o.party_id = a.party_id AND o.function = a.function
WHERE a.is_customer AND a.seen > 0

-- step: cost_cells
-- Sums from which the mean and both variances follow for any prediction of the cell; of whole numbers, in any order.
SELECT
    function, has_contract, is_active, size_step, tenure_step, use_step,
    COUNT(*) AS parties,
    COUNT(*) FILTER (WHERE spent > 0) AS with_cost,
    SUM(seen) AS months,
    SUM(sized) AS sized,
    MAX(share) AS share,
    SUM(spent) AS spent,
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
-- Every cell that somebody stands in, customer or not, and the size of who does.
SELECT function, has_contract, is_active, size_step, tenure_step, next_step, use_step,
       CAST(SUM(CAST(size AS DECIMAL(38, 4))) AS DOUBLE) / COUNT(*) AS size
FROM _asked
GROUP BY function, has_contract, is_active, size_step, tenure_step, next_step, use_step
ORDER BY function, has_contract, is_active, size_step, tenure_step, next_step, use_step
