-- Buyers with the same history are one row, with their number as its weight.

-- step: order_groups
SELECT ROW_NUMBER() OVER (ORDER BY frequency, recency_days, age_days) AS history,
       frequency, recency_days, age_days, recency, age, time_unit, COUNT(*) AS weight{mean_log_gaps}
FROM order_summary
GROUP BY frequency, recency_days, age_days, recency, age, time_unit
ORDER BY frequency, recency_days, age_days

-- step: spend_groups
SELECT frequency, monetary, COUNT(*) AS weight
FROM order_summary
WHERE frequency > 0 AND monetary > 0
GROUP BY frequency, monetary
ORDER BY frequency, monetary
