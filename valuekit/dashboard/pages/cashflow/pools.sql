-- Cost pools: what they cost, what shares them out, and the capacity that is used and unused, by month.

-- step: months
SELECT DISTINCT month FROM pool_months ORDER BY month DESC

-- step: of_month
SELECT *
FROM pool_months
WHERE month = $month
ORDER BY ABS(cost) DESC, function, pool, campaign

-- step: pools
SELECT function, pool, campaign, BOOL_OR(capacity_minutes IS NOT NULL) AS timed
FROM pool_months
GROUP BY function, pool, campaign
ORDER BY timed DESC, SUM(ABS(cost)) DESC, function, pool, campaign

-- step: history
SELECT month, cost, minutes_used, unused_minutes, over_capacity_minutes, rate_per_minute, unused_cost
FROM pool_months
WHERE function = $function AND pool = $pool AND campaign = $campaign
ORDER BY month

-- step: notes
SELECT note, place, rows, amount, message FROM cash_notes ORDER BY note, place
