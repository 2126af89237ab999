-- Each executive's number for each current customer. A step gives `party_id`, `value` and `tie_break` (more is better,
-- whatever the direction of the value); a customer without the data gets no row. The 12 months are the calendar month
-- of $as_of and the eleven before it, as in the cash statement: they begin on $since.

-- step: executives_customers
SELECT s.party_id
FROM stages AS s
JOIN facts AS f USING (party_id)
WHERE s.stage IN ('active', 'inactive') AND NOT f.is_internal

-- step: _activity
-- Months of use or order; a company that keeps neither is known by its payments.
SELECT party_id, DATE_TRUNC('month', used_on) AS month
FROM usage
WHERE used_on >= $since
UNION ALL
SELECT party_id, DATE_TRUNC('month', ordered_on)
FROM orders
WHERE ordered_on >= $since AND reporting_amount > 0
UNION ALL
SELECT party_id, DATE_TRUNC('month', paid_on)
FROM payments
WHERE
    paid_on >= $since AND kind = 'payment'
    AND NOT EXISTS (SELECT 1 FROM usage) AND NOT EXISTS (SELECT 1 FROM orders)

-- step: executives_active
SELECT party_id, COUNT(DISTINCT month) AS months
FROM _activity
JOIN executives_customers USING (party_id)
GROUP BY party_id
HAVING COUNT(DISTINCT month) >= $minimum_active_months

-- step: value_low_support
SELECT
    party_id, CAST(-COALESCE(support_12m, 0) AS DOUBLE) / months AS value,
    CAST(COALESCE(revenue_12m, 0) AS DOUBLE) AS tie_break
FROM executives_active
LEFT JOIN cash USING (party_id)
WHERE EXISTS (SELECT 1 FROM costs WHERE function = 'support' AND month >= $since)

-- step: value_self_service
SELECT
    party_id,
    CAST(COUNT(*) FILTER (WHERE channel <> 'agent') AS DOUBLE) / COUNT(*) AS value,
    0 AS tie_break
FROM tickets
JOIN executives_customers USING (party_id)
WHERE opened_on >= $since
GROUP BY party_id

-- step: _requirements
SELECT party_id, CAST(COUNT(*) FILTER (WHERE status = 'met') AS DOUBLE) / COUNT(*) AS met
FROM ideas
WHERE kind = 'requirement'
GROUP BY party_id

-- step: _features
SELECT NULLIF(COUNT(DISTINCT feature), 0) AS all_features
FROM usage
WHERE used_on >= $breadth_since

-- step: _breadth
SELECT party_id, COUNT(DISTINCT feature) AS features
FROM usage
WHERE used_on >= $breadth_since
GROUP BY party_id

-- step: _fit
SELECT party_id, met, CAST(COALESCE(features, 0) AS DOUBLE) / all_features AS breadth
FROM executives_customers
CROSS JOIN _features
LEFT JOIN _requirements USING (party_id)
LEFT JOIN _breadth USING (party_id)

-- step: value_fit
SELECT party_id, COALESCE((met + breadth) / 2, met, breadth) AS value, 0 AS tie_break
FROM _fit
WHERE met IS NOT NULL OR breadth IS NOT NULL

-- step: _terms
SELECT
    *,
    CAST(ROUND(reporting_amount / term_months, 4) AS DECIMAL(18, 4)) AS monthly,
    COALESCE(ends_on, CAST(starts_on + term_months * INTERVAL 1 MONTH AS DATE)) AS term_ends_on,
    LEAD(starts_on) OVER (PARTITION BY party_id ORDER BY starts_on, system, id) AS next_starts_on,
    LEAD(kind) OVER (PARTITION BY party_id ORDER BY starts_on, system, id) AS next_kind
FROM contracts
JOIN executives_customers USING (party_id)
WHERE signed_on IS NOT NULL

-- step: _mrr
-- A term counts on its days, and after its end while it renews by itself and no later term has begun.
SELECT t.party_id, d.day, SUM(t.monthly) AS mrr
FROM _terms AS t
JOIN (SELECT CAST($as_of AS DATE) AS day UNION ALL SELECT CAST($year_ago AS DATE)) AS d
    ON t.starts_on <= d.day AND t.signed_on <= d.day
WHERE
    t.ends_on >= d.day
    OR (t.ends_on IS NULL OR t.auto_renew AND (t.next_starts_on IS NULL OR t.next_starts_on > d.day))
    AND (t.cancelled_on IS NULL OR t.cancelled_on > d.day)
GROUP BY t.party_id, d.day

-- step: _contract_growth
SELECT party_id, 12 * GREATEST(now.mrr - ago.mrr, 0) AS growth
FROM (SELECT party_id, mrr FROM _mrr WHERE day = $as_of) AS now
JOIN (SELECT party_id, mrr FROM _mrr WHERE day = $year_ago AND mrr > 0) AS ago USING (party_id)

-- step: _ordered
-- Tax inside an order is nobody's revenue, as in the cash statement.
SELECT party_id, ordered_on, reporting_amount - COALESCE(reporting_tax, 0) AS amount
FROM orders

-- step: _order_growth
SELECT
    party_id,
    SUM(amount) FILTER (WHERE ordered_on >= $since) - SUM(amount) FILTER (WHERE ordered_on < $since) AS growth
FROM _ordered
WHERE ordered_on >= $since_before
GROUP BY party_id
HAVING SUM(amount) FILTER (WHERE ordered_on < $since) > 0

-- step: _accepted_ideas
SELECT party_id, SUM(reporting_value_estimate) AS growth
FROM ideas
WHERE kind = 'idea' AND status = 'accepted' AND submitted_on >= $since
GROUP BY party_id

-- step: value_innovation
SELECT
    party_id,
    CAST(COALESCE(i.growth, 0) + COALESCE(c.growth, 0) + GREATEST(COALESCE(o.growth, 0), 0) AS DOUBLE) AS value,
    0 AS tie_break
FROM executives_customers
LEFT JOIN _accepted_ideas AS i USING (party_id)
LEFT JOIN _contract_growth AS c USING (party_id)
LEFT JOIN _order_growth AS o USING (party_id)

-- step: _served
SELECT
    party_id,
    CAST(revenue_12m + refunds_12m AS DOUBLE) AS bought,
    CAST(-(acquisition_12m + retention_12m + sales_12m + support_12m + incentives_12m + other_12m) AS DOUBLE)
    / CAST(revenue_12m + refunds_12m AS DOUBLE) AS cost_share
FROM cash
JOIN executives_active USING (party_id)
WHERE
    revenue_12m + refunds_12m > 0
    AND EXISTS (
        SELECT 1 FROM costs WHERE function IN ('marketing', 'sales', 'support', 'incentives', 'other') AND month >= $since
    )

-- step: value_buys_most_costs_least
SELECT
    party_id,
    (
        RANK() OVER (ORDER BY bought DESC) + (COUNT(*) OVER (PARTITION BY bought) - 1) / 2.0
        + RANK() OVER (ORDER BY cost_share) + (COUNT(*) OVER (PARTITION BY cost_share) - 1) / 2.0
    ) / 2.0 AS value,
    0 AS tie_break
FROM _served

-- step: _first_referrals
-- One referral wins a party: its first, so that no revenue counts twice.
SELECT referrer_party_id AS party_id, referred_party_id, referred_on, would_have_joined_anyway
FROM referrals
WHERE referrer_party_id <> referred_party_id
QUALIFY ROW_NUMBER() OVER (PARTITION BY referred_party_id ORDER BY referred_on, system, id) = 1

-- step: _won_by_referral
SELECT r.party_id, SUM(c.revenue + c.refunds) AS revenue, COUNT(*) AS won
FROM _first_referrals AS r
JOIN facts AS f ON f.party_id = r.referred_party_id
JOIN cash AS c ON c.party_id = r.referred_party_id
WHERE
    COALESCE(LEAST(f.first_paid_on, f.first_ordered_on), f.first_paid_on, f.first_ordered_on) >= r.referred_on
    AND NOT COALESCE(r.would_have_joined_anyway, FALSE)
GROUP BY r.party_id

-- step: value_advocacy
SELECT party_id, CAST(COALESCE(revenue, 0) AS DOUBLE) AS value, COALESCE(won, 0) AS tie_break
FROM executives_customers
LEFT JOIN _won_by_referral USING (party_id)

-- step: _purchases
SELECT party_id, COUNT(*) AS purchases
FROM (
    SELECT party_id FROM payments WHERE kind = 'payment' AND reporting_amount > 0 AND paid_on >= $since
    UNION ALL
    SELECT party_id FROM orders WHERE reporting_amount > 0 AND ordered_on >= $since
)
GROUP BY party_id

-- step: value_transactional
SELECT
    party_id, CAST(-COALESCE(sales_12m, 0) AS DOUBLE) / purchases AS value,
    CAST(COALESCE(revenue_12m, 0) AS DOUBLE) AS tie_break
FROM executives_active
JOIN _purchases USING (party_id)
LEFT JOIN cash USING (party_id)
WHERE EXISTS (SELECT 1 FROM costs WHERE function = 'sales' AND month >= $since)

-- step: _renewals
-- A chance to come back is a term that has ended or was followed by another; a changed price within it is none. It is
-- taken by a later term, and by a contract that is open-ended or renews by itself and was not cancelled by then.
SELECT
    party_id,
    COUNT(*) AS chances,
    COUNT(*) FILTER (
        WHERE
            next_starts_on <= $as_of
            OR (ends_on IS NULL OR auto_renew) AND (cancelled_on IS NULL OR cancelled_on > term_ends_on)
    ) AS taken
FROM _terms
WHERE (term_ends_on < $as_of OR next_starts_on <= $as_of) AND (next_kind IS NULL OR next_kind <> 'change')
GROUP BY party_id

-- step: _repeats
SELECT
    party_id,
    DATE_DIFF('month', MIN(ordered_on), CAST($as_of AS DATE)) AS chances,
    COUNT(DISTINCT DATE_TRUNC('month', ordered_on)) - 1 AS taken
FROM orders
JOIN executives_customers USING (party_id)
WHERE reporting_amount > 0 AND party_id NOT IN (SELECT party_id FROM _terms)
GROUP BY party_id

-- step: value_loyalty
SELECT
    b.party_id,
    CAST(b.taken AS DOUBLE) / b.chances AS value,
    CAST(COALESCE(v.ltv, 0) AS DOUBLE) AS tie_break
FROM (SELECT * FROM _renewals UNION ALL SELECT * FROM _repeats) AS b
LEFT JOIN ltv AS v USING (party_id)
WHERE b.chances > 0

-- step: value_biggest_deals
SELECT
    party_id,
    CAST(MAX(reporting_amount) AS DOUBLE) AS value,
    CAST(SUM(reporting_amount) AS DOUBLE) AS tie_break
FROM opportunities
JOIN executives_customers USING (party_id)
WHERE status = 'won' AND reporting_amount > 0
GROUP BY party_id

-- step: value_pays_on_time
-- As `paying_on_time` has it; a customer to whom nothing fell due in the last 12 months has no row.
SELECT party_id, on_time_share AS value, -weighted_days_late AS tie_break
FROM paying_on_time
JOIN executives_customers USING (party_id)
WHERE due > 0

-- step: value_most_profitable
SELECT party_id, CAST(COALESCE(net_cash_12m, 0) AS DOUBLE) AS value, 0 AS tie_break
FROM executives_customers
LEFT JOIN cash USING (party_id)
