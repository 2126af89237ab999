-- What if: the pools that can be moved, the published points of balance, and names of those that tip.

-- step: pools
-- Those with a capacity first, then by size. Time is kept where a minute has a rate.
SELECT
    b.pool,
    SUM(b.ledger) AS cost,
    COALESCE(BOOL_OR(m.rate_per_minute IS NOT NULL), FALSE) AS in_minutes,
    COALESCE(BOOL_OR(m.capacity_minutes > 0), FALSE) AS has_capacity,
    BOOL_OR(b.attributed <> 0) AS is_carried
FROM (
    SELECT month, line, pool, SUM(ledger) AS ledger, SUM(attributed) AS attributed
    FROM books
    WHERE month >= $since AND line NOT IN ('revenue', 'refunds')
    GROUP BY month, line, pool
) AS b
LEFT JOIN pool_months AS m ON m.month = b.month AND m.function = b.line AND m.pool = b.pool AND m.campaign = ''
GROUP BY b.pool
HAVING SUM(b.ledger) <> 0
ORDER BY has_capacity DESC, cost, b.pool

-- step: enterprise
SELECT * FROM break_even WHERE party_id IS NULL

-- step: named
SELECT party_id, label AS customer FROM parties WHERE LIST_CONTAINS($parties, party_id)
