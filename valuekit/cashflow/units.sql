-- What each party used of every driver in the months from $first to $last.

-- step: _ticket_minutes
SELECT
    'ticket_minutes' AS driver, '' AS work, {month_of_opened_on} AS month, n,
    SUM(CAST(minutes * 100 AS BIGINT)) AS units
FROM tickets
LEFT JOIN cashflow_parties USING (party_id)
WHERE $ticket_minutes AND channel = 'agent' AND opened_on BETWEEN $first AND $last
GROUP BY 3, 4

-- step: _tickets
SELECT
    'tickets' AS driver, '' AS work, {month_of_opened_on} AS month, n, COUNT(*) AS units
FROM tickets
LEFT JOIN cashflow_parties USING (party_id)
WHERE $tickets AND channel = 'agent' AND opened_on BETWEEN $first AND $last
GROUP BY 3, 4

-- step: _activity_minutes
SELECT
    'activity_minutes' AS driver, function AS work, {month_of_done_on} AS month, n,
    SUM(CAST(minutes * 100 AS BIGINT)) AS units
FROM activities
LEFT JOIN cashflow_parties USING (party_id)
WHERE $activity_minutes AND done_on BETWEEN $first AND $last
GROUP BY 2, 3, 4

-- step: _direct_cost
SELECT
    'direct_cost' AS driver, function AS work, {month_of_done_on} AS month, n,
    CAST(SUM(reporting_direct_cost) * 10000 AS HUGEINT) AS units
FROM activities
LEFT JOIN cashflow_parties USING (party_id)
WHERE $direct_cost AND done_on BETWEEN $first AND $last
GROUP BY 2, 3, 4

-- step: _engagements
SELECT
    'engagements' AS driver, '' AS work, {month_of_engaged_on} AS month, n, COUNT(*) AS units
FROM engagements
LEFT JOIN cashflow_parties USING (party_id)
WHERE $engagements AND engaged_on BETWEEN $first AND $last
GROUP BY 3, 4

-- step: _usage_events
SELECT
    'usage_events' AS driver, '' AS work, {month_of_used_on} AS month, n, SUM(events) AS units
FROM usage
LEFT JOIN cashflow_parties USING (party_id)
WHERE $usage_events AND used_on BETWEEN $first AND $last
GROUP BY 3, 4

-- step: _orders
SELECT
    'orders' AS driver, '' AS work, {month_of_ordered_on} AS month, n, COUNT(*) AS units
FROM orders
ANTI JOIN cashflow_inside USING (party_id)
LEFT JOIN cashflow_parties USING (party_id)
WHERE $orders AND reporting_amount >= 0 AND ordered_on BETWEEN $first AND $last
GROUP BY 3, 4

-- step: _won_deals
SELECT
    'won_deals' AS driver, '' AS work, {month_of_closed_on} AS month, n,
    CAST(SUM(reporting_amount) * 10000 AS HUGEINT) AS units
FROM opportunities
LEFT JOIN cashflow_parties USING (party_id)
WHERE $won_deals AND status = 'won' AND reporting_amount > 0 AND closed_on BETWEEN $first AND $last
GROUP BY 3, 4

-- step: _takings
-- Money received without tax; what one unit charges another is none.
SELECT
    {month_of_paid_on} AS month, party_id,
    reporting_amount - COALESCE(reporting_tax, 0) AS amount
FROM payments
ANTI JOIN cashflow_inside USING (party_id)
WHERE kind = 'payment' AND reporting_amount > 0 AND paid_on BETWEEN $first AND $last
UNION ALL
SELECT
    {month_of_ordered_on} AS month, party_id,
    reporting_amount - COALESCE(reporting_tax, 0) AS amount
FROM orders
ANTI JOIN cashflow_inside USING (party_id)
WHERE reporting_amount > 0 AND ordered_on BETWEEN $first AND $last

-- step: _revenue
SELECT 'revenue' AS driver, '' AS work, month, n, CAST(SUM(amount) * 10000 AS HUGEINT) AS units
FROM _takings
LEFT JOIN cashflow_parties USING (party_id)
WHERE $revenue
GROUP BY month, n

-- step: _equal
SELECT DISTINCT 'equal' AS driver, '' AS work, month, n, 1 AS units
FROM _takings
JOIN cashflow_parties USING (party_id)
WHERE $equal

-- step: _activity_time
SELECT 'activity_time' AS driver, pool AS work, month, n, SUM(units) AS units
FROM cashflow_times
GROUP BY pool, month, n

-- step: _campaign
SELECT 'campaign' AS driver, campaign AS work, month, n, units
FROM cashflow_credits
WHERE month BETWEEN $first_month AND $last_month

-- step: _campaign_any_month
-- Whom a campaign touched in any month, for the months in which it cost and touched nobody.
SELECT 'campaign_any_month' AS driver, c.campaign AS work, m.month, c.n, SUM(c.units) AS units
FROM (
    SELECT DISTINCT campaign, month FROM costs WHERE campaign IS NOT NULL AND month BETWEEN $first_month AND $last_month
) AS m
ANTI JOIN cashflow_credits AS t ON t.campaign = m.campaign AND t.month = m.month
JOIN cashflow_credits AS c ON c.campaign = m.campaign
GROUP BY c.campaign, m.month, c.n

-- step: _units
SELECT * FROM _ticket_minutes
UNION ALL
SELECT * FROM _tickets
UNION ALL
SELECT * FROM _activity_minutes
UNION ALL
SELECT * FROM _direct_cost
UNION ALL
SELECT * FROM _engagements
UNION ALL
SELECT * FROM _usage_events
UNION ALL
SELECT * FROM _orders
UNION ALL
SELECT * FROM _revenue
UNION ALL
SELECT * FROM _equal
UNION ALL
SELECT * FROM _won_deals
UNION ALL
SELECT * FROM _activity_time
UNION ALL
SELECT * FROM _campaign
UNION ALL
SELECT * FROM _campaign_any_month

-- step: cashflow_units
-- Whole units of each driver by month and party; the row without party holds what unknown parties used.
SELECT driver, work, month, n, CAST(units AS BIGINT) AS units
FROM _units
WHERE units > 0
