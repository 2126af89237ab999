-- Buyers as the models of purchases know them: what a later run is compared with.
-- Reads `order_summary`.

-- step: buyers
SELECT party_id,
       first_on AS first_bought_on,
       recency_days,
       CAST(frequency + 1 AS BIGINT) AS purchases,
       CAST(first_amount AS DECIMAL(18,4)) AS first_amount,
       CAST(monetary * frequency AS DECIMAL(18,4)) AS repeat_amount
FROM order_summary
WHERE party_id IS NOT NULL
