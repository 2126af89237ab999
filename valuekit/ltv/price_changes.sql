-- How the prices of those who stay have changed: each term beside the one that it follows.

-- step: _followers
-- A term follows the one of the same length that ends nearest to the day before it; a further subscription follows none.
-- A move of exchange rates is no change of price: of one currency amounts are compared, of two what each is worth now.
SELECT n.party_id, n.term_months, n.system, n.id,
       CASE WHEN n.currency = p.currency AND p.amount > 0 THEN CAST(n.amount AS DOUBLE) / CAST(p.amount AS DOUBLE)
            ELSE CAST(n.price_now AS DOUBLE) / CAST(p.price_now AS DOUBLE) END - 1 AS step,
       ROW_NUMBER() OVER (
         PARTITION BY n.party_id, n.system, n.id
         ORDER BY ABS(n.starts_on - p.last_on - 1), p.starts_on DESC, p.system, p.id
       ) AS place
FROM run_terms AS n
JOIN run_terms AS p
  ON p.party_id = n.party_id AND p.term_months = n.term_months AND p.run = n.run AND p.starts_on < n.starts_on
 AND n.starts_on BETWEEN p.last_on - 31 AND p.last_on + 32
WHERE COALESCE(n.kind, 'renewal') <> 'new' AND p.price_now > 0 AND n.starts_on <= $as_of

-- step: _steps
SELECT party_id, term_months, LEAST(step, $largest) AS step
FROM _followers
WHERE place = 1

-- step: _party_steps
-- Sums of whole numbers, so that their order does not matter: changes in millionths.
SELECT party_id, term_months,
       SUM(CAST(ROUND(1e6 * GREATEST(step, 0)) AS BIGINT)) AS up,
       SUM(CAST(ROUND(1e6 * GREATEST(-step, 0)) AS BIGINT)) AS down,
       SUM(CAST(ROUND(1e6 * step * step) AS BIGINT)) AS squares,
       COUNT(*) FILTER (WHERE ROUND(1e6 * step) <> 0) AS changes
FROM _steps
GROUP BY party_id, term_months

-- step: _party_years
-- Renewals that were seen to be taken, as years: each could have changed the price.
SELECT party_id, term_months,
       SUM(term_months * CASE WHEN has_ended AND NOT (is_customer AND is_last) THEN renewals_to_end ELSE renewals_to_date END)
         AS months
FROM contract_runs
GROUP BY party_id, term_months

-- step: price_histories
SELECT y.party_id, y.term_months, CAST(y.months AS BIGINT) AS months,
       COALESCE(CAST(s.up AS BIGINT), 0) AS up,
       COALESCE(CAST(s.down AS BIGINT), 0) AS down,
       COALESCE(CAST(s.squares AS BIGINT), 0) AS squares,
       COALESCE(s.changes, 0) AS changes
FROM _party_years AS y
LEFT JOIN _party_steps AS s ON s.party_id = y.party_id AND s.term_months = y.term_months
WHERE y.months > 0
ORDER BY y.party_id, y.term_months

-- step: growing_lines
SELECT DISTINCT party_id, term_months
FROM contract_lines
ORDER BY party_id, term_months
