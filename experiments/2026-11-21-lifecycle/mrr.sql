-- Monthly recurring revenue of every real party at every month end, and its movements.

-- step: _ends
SELECT DISTINCT as_of FROM truth_stages

-- step: _found_changes
SELECT f.true_party, v.as_of, SUM(v.amount) AS amount
FROM mrr_movements AS v
JOIN found_map AS f USING (party_id)
GROUP BY f.true_party, v.as_of

-- step: _found_now
SELECT f.true_party, SUM(t.mrr) AS mrr
FROM facts AS t
JOIN found_map AS f USING (party_id)
WHERE NOT t.is_internal
GROUP BY f.true_party

-- step: _grid
SELECT p.true_party, e.as_of
FROM (SELECT true_party FROM truth_mrr UNION SELECT true_party FROM _found_now WHERE mrr <> 0) AS p
CROSS JOIN _ends AS e

-- step: _doubled
-- Parties with a term that is written down twice.
SELECT DISTINCT p.true_party
FROM truth_contract_issues AS t
JOIN written_contracts AS c ON c.system = t.system AND c.id = t.contract
JOIN truth_parties AS p ON p.system = c.system AND p.record = c.record
WHERE t.issue = 'overlap'

-- step: mrr_pairs
-- Movements lead from month end to month end, so what was found at one is today's less all that moved since.
SELECT
  g.true_party, g.as_of, COALESCE(t.mrr, 0) AS mrr,
  COALESCE(n.mrr, 0) - COALESCE(
    SUM(c.amount) OVER (PARTITION BY g.true_party ORDER BY g.as_of ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING), 0
  ) AS found,
  w.true_party IS NOT NULL AS is_doubled
FROM _grid AS g
LEFT JOIN _found_now AS n ON n.true_party = g.true_party
LEFT JOIN truth_mrr AS t ON t.true_party = g.true_party AND t.as_of = g.as_of
LEFT JOIN _found_changes AS c ON c.true_party = g.true_party AND c.as_of = g.as_of
LEFT JOIN _doubled AS w ON w.true_party = g.true_party

-- step: mrr_result
SELECT
  COUNT(*) FILTER (WHERE mrr <> 0 OR found <> 0) AS party_months,
  AVG(CASE WHEN ABS(found - mrr) <= 0.01 THEN 1.0 ELSE 0.0 END) FILTER (WHERE mrr <> 0 OR found <> 0) AS right_share,
  SUM(found) / NULLIF(SUM(mrr), 0) - 1 AS total_bias,
  SUM(ABS(found - mrr)) / NULLIF(SUM(mrr), 0) AS weighted_error,
  SUM(ABS(found - mrr)) FILTER (WHERE NOT is_doubled) / NULLIF(SUM(mrr), 0) AS weighted_error_without_doubled_terms
FROM mrr_pairs

-- step: mrr_months_judged
SELECT as_of, SUM(mrr) AS mrr, SUM(found) AS found, SUM(CAST(ABS(found - mrr) > 0.01 AS INTEGER)) AS parties_wrong
FROM mrr_pairs
GROUP BY as_of
ORDER BY as_of

-- step: mrr_errors
SELECT
  is_doubled, CASE WHEN found > mrr THEN 'too high' ELSE 'too low' END AS what, COUNT(*) AS party_months,
  COUNT(DISTINCT true_party) AS parties, SUM(found - mrr) AS difference, MIN(true_party) AS example
FROM mrr_pairs
WHERE ABS(found - mrr) > 0.01
GROUP BY 1, 2
ORDER BY party_months DESC, 1, 2

-- step: _true_changes
-- In the currency of the contracts: what its rate does is no expansion.
SELECT
  true_party, as_of, own_mrr AS mrr,
  LAG(own_mrr, 1, 0) OVER (PARTITION BY true_party ORDER BY as_of) AS former,
  MAX(own_mrr) OVER (PARTITION BY true_party ORDER BY as_of ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    AS most_before
FROM (
  SELECT g.true_party, g.as_of, COALESCE(t.mrr_in_currency, 0) AS own_mrr
  FROM _grid AS g
  LEFT JOIN truth_mrr AS t ON t.true_party = g.true_party AND t.as_of = g.as_of
)

-- step: _true_movements
-- The first month end is where the movements begin.
SELECT
  true_party, as_of,
  CASE
    WHEN mrr = 0 THEN 'churn'
    WHEN former = 0 AND COALESCE(most_before, 0) = 0 THEN 'new_business'
    WHEN former = 0 THEN 'reactivation'
    WHEN mrr > former THEN 'expansion'
    ELSE 'contraction'
  END AS movement
FROM _true_changes
WHERE mrr <> former AND as_of > (SELECT MIN(as_of) FROM _ends)

-- step: _found_movements
SELECT DISTINCT f.true_party, v.as_of, v.movement
FROM mrr_movements AS v
JOIN found_map AS f USING (party_id)
JOIN _ends AS e USING (as_of)
WHERE v.movement <> 'fx'

-- step: movements_judged
SELECT
  COALESCE(t.movement, f.movement) AS movement, COUNT(t.movement) AS planted, COUNT(f.movement) AS found,
  COUNT(*) FILTER (WHERE t.movement = f.movement) AS both_say
FROM _true_movements AS t
FULL JOIN _found_movements AS f ON f.true_party = t.true_party AND f.as_of = t.as_of AND f.movement = t.movement
GROUP BY 1
ORDER BY 1
