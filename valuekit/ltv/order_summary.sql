-- Purchases without contract: one row per buyer.
-- Reads `order_buyers`: party_id, first_on, last_on, purchases, first_amount, repeat_amount.

-- step: _spans
SELECT *,
       purchases - 1 AS frequency,
       CAST(last_on - first_on AS BIGINT) AS recency_days,
       CAST(CAST($as_of AS DATE) - first_on AS BIGINT) AS age_days
FROM order_buyers

-- step: _measured
SELECT party_id, first_on, frequency, recency_days, age_days,
       recency_days / $unit_days AS recency,
       age_days / $unit_days AS age,
       CASE WHEN frequency > 0 THEN repeat_amount / frequency ELSE 0 END AS monetary,
       first_amount
FROM _spans

-- step: order_summary
SELECT *, $time_unit AS time_unit FROM _measured
