-- Net cash under other prices, volumes, minutes and rates: by party, and by line and pool of the books.
-- Changes arrive as whole numbers: growth in hundred-millionths, rates in ten-thousandths, so that all amounts are exact.

-- step: _changed_pools
SELECT
    UNNEST(CAST($pools AS VARCHAR[])) AS pool,
    UNNEST(CAST($grown AS BIGINT[])) AS grown,
    UNNEST(CAST($rates AS BIGINT[])) AS rate

-- step: _numbered
-- A pool that is not named grows as the volume does, at the rate of today.
SELECT
    b.line, b.pool, b.line IN ('revenue', 'refunds') AS is_sold,
    CAST(COALESCE(c.grown, $volume) AS BIGINT) AS grown,
    CAST(CAST(COALESCE(c.rate, 10000) AS DECIMAL(9, 0)) * 0.0001 AS DECIMAL(9, 4)) AS rate
FROM (SELECT DISTINCT line, pool FROM books) AS b
LEFT JOIN _changed_pools AS c ON c.pool = b.pool AND b.line NOT IN ('revenue', 'refunds')

-- step: _all_pools
SELECT
    line, pool, grown, rate,
    CAST(
        CAST(CASE WHEN is_sold THEN $sold ELSE grown END AS DECIMAL(14, 0)) * 0.00000001
        * CASE WHEN is_sold THEN 1 ELSE rate END AS DECIMAL(18, 12)
    ) AS factor
FROM _numbered

-- step: _party_costs
SELECT p.party_id, SUM(CAST(p.cost_12m AS DECIMAL(20, 4)) * CAST(a.factor - 1 AS DECIMAL(18, 12))) AS change
FROM party_pools AS p
JOIN _all_pools AS a USING (line, pool)
WHERE a.factor <> 1
GROUP BY p.party_id

-- step: parties
SELECT
    c.party_id, c.net_cash_12m AS net_cash,
    c.net_cash_12m
        + CAST(c.revenue_12m + c.refunds_12m AS DECIMAL(20, 4))
        * CAST(CAST($sold - 100000000 AS DECIMAL(14, 0)) * 0.00000001 AS DECIMAL(18, 12))
        + COALESCE(k.change, 0) AS net_cash_then
FROM {cash} AS c
LEFT JOIN _party_costs AS k USING (party_id)
ORDER BY c.party_id

-- step: _rooms
-- Pools of time against a known capacity, month by month, in hundredths of a minute. A month beyond its capacity shows
-- that there was more of it: its room is what was used.
SELECT
    month, function AS line, pool, cost - direct AS cost, unused_cost,
    CAST(ROUND(minutes_used * 100) AS HUGEINT) AS used,
    CAST(ROUND(GREATEST(capacity_minutes, minutes_used) * 100) AS HUGEINT) AS room
FROM pool_months
WHERE month >= $since AND capacity_minutes > 0

-- step: _stepped
-- Capacity is bought in whole steps, each the same share of the room of today, as soon as it is used up.
SELECT
    r.line, r.pool, r.cost, r.unused_cost, a.rate, a.factor,
    CAST(r.used AS DECIMAL(20, 0)) AS used, CAST(r.room AS DECIMAL(20, 0)) AS room,
    CAST(CAST(a.grown AS DECIMAL(14, 0)) * 0.00000001 AS DECIMAL(16, 8)) AS grown,
    CAST(CASE
        WHEN r.used * a.grown > r.room * 100000000
        THEN (r.used * a.grown - r.room * 100000000 + r.room * $step * 10000 - 1) // (r.room * $step * 10000)
        ELSE 0
    END AS BIGINT) AS steps
FROM _rooms AS r
JOIN _all_pools AS a USING (line, pool)

-- step: _enlarged
SELECT *, CAST(1 + CAST(steps * $step AS DECIMAL(10, 0)) * 0.0001 AS DECIMAL(9, 4)) AS larger
FROM _stepped

-- step: capacity_months
-- Month by month what a capacity costs, the part of that which is used, and the multiple of the volume that uses it up.
SELECT
    CAST(cost AS DOUBLE) * rate * larger AS cost,
    CAST(cost - unused_cost AS DOUBLE) * factor AS used_cost,
    CAST(room AS DOUBLE) * larger / (CAST(used AS DOUBLE) * grown) AS reached
FROM _enlarged
WHERE used > 0 AND grown > 0
ORDER BY reached, cost, used_cost

-- step: _capacities
SELECT
    line, pool,
    SUM(used) * 0.01 AS used_minutes,
    SUM(used * grown) * 0.01 AS used_minutes_then,
    SUM(room) * 0.01 AS capacity_minutes,
    SUM(room * larger) * 0.01 AS capacity_minutes_then,
    SUM(steps) AS steps,
    COUNT(*) FILTER (WHERE steps > 0) AS months_stepped,
    SUM(CAST(cost AS DECIMAL(20, 4)) * rate * larger)
        - SUM(CAST(cost - unused_cost AS DECIMAL(20, 4)) * factor) AS unused_then
FROM _enlarged
GROUP BY line, pool

-- step: _books
SELECT
    line, pool, SUM(ledger) AS ledger, SUM(attributed) AS attributed, SUM(unattributed) AS unattributed,
    SUM(unused_capacity) AS unused_capacity, SUM(unallocated) AS unallocated, SUM(eliminated) AS eliminated
FROM books
WHERE month >= $since
GROUP BY line, pool

-- step: _then
SELECT
    b.*, k.* EXCLUDE (line, pool, unused_then),
    CAST(b.attributed AS DECIMAL(20, 4)) * a.factor AS attributed_then,
    CAST(b.unattributed AS DECIMAL(20, 4)) * a.factor AS unattributed_then,
    COALESCE(k.unused_then, 0) AS unused_capacity_then,
    CAST(b.unallocated AS DECIMAL(20, 4)) * a.rate AS unallocated_then
FROM _books AS b
JOIN _all_pools AS a USING (line, pool)
LEFT JOIN _capacities AS k USING (line, pool)

-- step: books
SELECT
    line, pool,
    ledger, attributed_then + unattributed_then + unused_capacity_then + unallocated_then + eliminated AS ledger_then,
    attributed, attributed_then, unattributed, unattributed_then, unused_capacity, unused_capacity_then,
    unallocated, unallocated_then, eliminated,
    used_minutes, used_minutes_then, capacity_minutes, capacity_minutes_then,
    CAST(COALESCE(steps, 0) AS BIGINT) AS steps, COALESCE(months_stepped, 0) AS months_stepped
FROM _then
ORDER BY line, pool

-- step: known
SELECT DISTINCT pool FROM books WHERE line NOT IN ('revenue', 'refunds') ORDER BY pool
