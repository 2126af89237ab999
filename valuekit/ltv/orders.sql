-- Purchases without contract: one row per buyer, then one row per distinct history for the fit.
-- Several orders on a day are one purchase. A return reduces the day of the order that it returns; a day with nothing
-- left is no purchase. Returns whose order is unknown reduce what all repeat purchases together were worth.

-- step: _known
SELECT
    system, id, party_id, ordered_on, returns_order,
    CAST(reporting_amount - COALESCE(reporting_tax, 0) AS DECIMAL(18, 4)) AS amount
FROM orders
WHERE party_id IS NOT NULL AND ordered_on <= $as_of

-- step: _returned
SELECT r.party_id, o.ordered_on AS day, r.amount
FROM (SELECT * FROM _known WHERE returns_order IS NOT NULL OR amount < 0) AS r
LEFT JOIN (SELECT * FROM _known WHERE amount > 0 AND returns_order IS NULL) AS o
  ON o.system = r.system AND o.id = r.returns_order AND o.party_id = r.party_id

-- step: _dated
SELECT party_id, ordered_on AS day, amount FROM _known WHERE returns_order IS NULL AND amount >= 0
UNION ALL
SELECT party_id, day, amount FROM _returned

-- step: _days
SELECT party_id, day, SUM(amount) AS amount,
       ROW_NUMBER() OVER (PARTITION BY party_id ORDER BY day) AS purchase
FROM _dated
WHERE day IS NOT NULL
GROUP BY party_id, day
HAVING SUM(amount) > 0

-- step: _unmatched
SELECT party_id, SUM(amount) AS amount
FROM _dated
WHERE day IS NULL
GROUP BY party_id

-- step: _buyers
SELECT party_id,
       MIN(day) AS first_on,
       COUNT(*) - 1 AS frequency,
       CAST(MAX(day) - MIN(day) AS BIGINT) AS recency_days,
       CAST(CAST($as_of AS DATE) - MIN(day) AS BIGINT) AS age_days,
       SUM(CASE WHEN purchase > 1 THEN amount ELSE 0 END) AS repeated,
       SUM(CASE WHEN purchase = 1 THEN amount ELSE 0 END) AS first_amount
FROM _days
GROUP BY party_id

-- step: order_summary
SELECT b.party_id,
       b.first_on,
       b.frequency,
       b.recency_days,
       b.age_days,
       b.recency_days / $unit_days AS recency,
       b.age_days / $unit_days AS age,
       CASE WHEN b.frequency > 0
            THEN CAST(GREATEST(b.repeated + COALESCE(u.amount, 0), 0) AS DOUBLE) / b.frequency ELSE 0 END AS monetary,
       CAST(b.first_amount AS DOUBLE) AS first_amount
FROM _buyers AS b
LEFT JOIN _unmatched AS u ON u.party_id = b.party_id
ORDER BY b.party_id

-- step: order_groups
SELECT frequency, recency_days, age_days, recency, age, COUNT(*) AS weight
FROM order_summary
GROUP BY frequency, recency_days, age_days, recency, age
ORDER BY frequency, recency_days, age_days

-- step: spend_groups
SELECT frequency, monetary, COUNT(*) AS weight
FROM order_summary
WHERE frequency > 0 AND monetary > 0
GROUP BY frequency, monetary
ORDER BY frequency, monetary
