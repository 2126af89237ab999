-- What is known of each customer of `order_summary` at its date, for forecasters that learn from features.
-- Amounts are of orders less what was returned by then, so that nothing later shows.

-- step: _recent
SELECT party_id, $as_of - day AS days_ago, CASE WHEN returns_order IS NOT NULL OR amount < 0 THEN 0 ELSE 1 END AS orders,
       amount, day
FROM order_lines
WHERE day <= $as_of

-- step: _sums
SELECT party_id,
       COUNT(DISTINCT CASE WHEN orders = 1 AND days_ago < $days THEN day END) AS last_purchases,
       COUNT(DISTINCT CASE WHEN orders = 1 AND days_ago < 30 THEN day END) AS purchases_30,
       COUNT(DISTINCT CASE WHEN orders = 1 AND days_ago < 90 THEN day END) AS purchases_90,
       COUNT(DISTINCT CASE WHEN orders = 1 AND days_ago < 365 THEN day END) AS purchases_365,
       COALESCE(SUM(amount) FILTER (WHERE days_ago < $days), 0) AS last_spend,
       COALESCE(SUM(amount) FILTER (WHERE days_ago < 365), 0) AS spend_365,
       SUM(amount) AS spend
FROM _recent
GROUP BY party_id

-- step: order_features
SELECT s.party_id,
       s.frequency, s.recency_days, s.age_days, s.monetary, s.first_amount,
       s.age_days - s.recency_days AS silent_days,
       CAST(s.recency_days AS DOUBLE) / NULLIF(s.frequency, 0) AS mean_gap,
       (s.age_days - s.recency_days) * s.frequency / NULLIF(CAST(s.recency_days AS DOUBLE), 0) AS silent_gaps,
       f.purchases_30, f.purchases_90, f.purchases_365,
       f.last_purchases,
       CAST(GREATEST(f.last_spend, 0) AS DOUBLE) AS last_spend,
       CAST(f.spend_365 AS DOUBLE) AS spend_365,
       CAST(f.spend AS DOUBLE) AS spend,
       YEAR(s.first_on) * 4 + QUARTER(s.first_on) AS cohort
FROM order_summary AS s
JOIN _sums AS f ON f.party_id = s.party_id
ORDER BY s.party_id
