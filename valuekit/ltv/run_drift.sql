-- Buyers of two runs: what was known of each in the former, and what they have bought since.
-- Reads `known_then` and `known_now`, the `buyers` of each run: purchases are those that its models learnt from.

-- step: _known
-- Former buyers under their ids of now, in days up to the day of the former run.
SELECT COALESCE(a.party_id, t.party_id) AS party_id,
       CAST($then - t.first_bought_on AS BIGINT) AS age_days,
       CAST($then - t.first_bought_on AS BIGINT) - t.recency_days AS idle_days,
       t.purchases, t.first_amount, t.repeat_amount,
       ROW_NUMBER() OVER (
         PARTITION BY COALESCE(a.party_id, t.party_id) ORDER BY t.first_bought_on, t.party_id
       ) AS turn
FROM known_then AS t
LEFT JOIN (SELECT former_id, MIN(party_id) AS party_id FROM aliases_now GROUP BY former_id HAVING COUNT(*) = 1) AS a
  ON a.former_id = t.party_id

-- step: _then
-- Of those who are one by now, the first purchase of all is the first.
SELECT party_id,
       MAX(age_days) AS age_days,
       MIN(idle_days) AS idle_days,
       SUM(purchases) AS purchases,
       SUM(CASE WHEN turn = 1 THEN first_amount ELSE 0 END) AS first_amount,
       SUM(first_amount + repeat_amount) AS amount
FROM _known
GROUP BY party_id

-- step: buyers_then
-- Who has returned everything since is no buyer now, and has bought nothing since.
SELECT t.party_id,
       CAST(t.purchases - 1 AS DOUBLE) AS frequency,
       CAST(t.age_days - t.idle_days AS DOUBLE) AS recency_days,
       CAST(t.age_days AS DOUBLE) AS age_days,
       COALESCE(CAST(t.amount - t.first_amount AS DOUBLE) / NULLIF(t.purchases - 1, 0), 0) AS monetary,
       CAST(GREATEST(COALESCE(n.purchases, 0) - t.purchases, 0) AS DOUBLE) AS purchases_since,
       CAST(COALESCE(n.first_amount + n.repeat_amount, 0) - t.amount AS DOUBLE) AS amount_since
FROM _then AS t
LEFT JOIN known_now AS n ON n.party_id = t.party_id
ORDER BY t.party_id

-- step: buyers_now
SELECT party_id,
       CAST(purchases - 1 AS DOUBLE) AS frequency,
       CAST(recency_days AS DOUBLE) AS recency_days,
       CAST($now - first_bought_on AS DOUBLE) AS age_days,
       COALESCE(CAST(repeat_amount AS DOUBLE) / NULLIF(purchases - 1, 0), 0) AS monetary
FROM known_now
ORDER BY party_id
