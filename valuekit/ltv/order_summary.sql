-- Purchases without contract: one row per buyer.
-- Reads `order_totals`, and what a second look made: `order_first_days`, `order_days`, `unmatched_returns`.

-- step: _buyers
SELECT party_id,
       MIN(day) AS first_on,
       MAX(day) AS last_on,
       COUNT(*) AS purchases,
       SUM(amount) AS amount,
       SUM(CASE WHEN purchase = 1 THEN amount ELSE 0 END) AS first_amount
FROM order_days
GROUP BY party_id
UNION ALL
SELECT t.party_id, t.first_on, t.last_on, t.purchases, t.amount, COALESCE(f.first_amount, t.first_amount)
FROM order_totals AS t
LEFT JOIN order_first_days AS f ON f.party_id = t.party_id
WHERE NOT t.has_return AND t.purchases > 0

-- step: _spans
SELECT *,
       purchases - 1 AS frequency,
       CAST(last_on - first_on AS BIGINT) AS recency_days,
       CAST(CAST($as_of AS DATE) - first_on AS BIGINT) AS age_days
FROM _buyers

-- step: order_summary
SELECT b.party_id,
       b.first_on,
       b.frequency,
       b.recency_days,
       b.age_days,
       b.recency_days / $unit_days AS recency,
       b.age_days / $unit_days AS age,
       CASE WHEN b.frequency > 0
            THEN CAST(GREATEST(b.amount - b.first_amount + COALESCE(u.reduces, 0), 0) AS DOUBLE) / b.frequency
            ELSE 0 END AS monetary,
       CAST(b.first_amount AS DOUBLE) AS first_amount,
       $time_unit AS time_unit
FROM _spans AS b
LEFT JOIN unmatched_returns AS u ON u.party_id = b.party_id
