-- Movements of monthly recurring revenue. A term moves it where it begins and where it ends; between, only rates do.

-- step: mrr_rates
-- The last exchange rate on or before each month end; with rates of signature, none.
SELECT r.currency, m.number, r.rate
FROM fx_rates AS r
JOIN month_ends AS m ON r.rate_on <= m.as_of
WHERE $mrr_rate = 'month_end'
QUALIFY ROW_NUMBER() OVER (PARTITION BY r.currency, m.number ORDER BY r.rate_on DESC) = 1

-- step: _revalued_currencies
SELECT DISTINCT currency FROM fx_rates WHERE $mrr_rate = 'month_end'

-- step: _last
SELECT MAX(number) AS last_number FROM month_ends

-- step: _edges
-- A term at the month ends where it begins (edge 1), and where it runs for the last time (edge -1).
SELECT *, from_number AS number, from_number AS valued_at, 1 AS edge FROM mrr_terms
UNION ALL
SELECT *, until_number + 1, until_number, -1 FROM mrr_terms

-- step: _valued
SELECT
  e.party_id, e.currency, e.number, e.edge, e.monthly,
  COALESCE(CAST(CAST(e.monthly AS DECIMAL(28, 4)) * r.rate AS DECIMAL(18, 4)), e.reporting_monthly) AS value,
  e.edge = 1 AND e.kind IN ('renewal', 'change') AS follows,
  e.edge = 1 AND e.is_start AND COALESCE(e.kind, 'new') = 'new' AS is_fresh
FROM _edges AS e
CROSS JOIN _last AS l
LEFT JOIN mrr_rates AS r ON r.currency = e.currency AND r.number = e.valued_at
WHERE e.number <= l.last_number

-- step: _turnover
SELECT
  party_id, number, currency,
  SUM(monthly) FILTER (WHERE edge = -1) AS ended,
  SUM(value) FILTER (WHERE edge = -1) AS ended_value,
  SUM(monthly) FILTER (WHERE edge = 1) AS begun,
  SUM(value) FILTER (WHERE edge = 1) AS begun_value,
  SUM(monthly) FILTER (WHERE is_fresh) AS fresh,
  SUM(value) FILTER (WHERE is_fresh) AS fresh_value,
  COUNT(*) FILTER (WHERE edge = -1) - COUNT(*) FILTER (WHERE follows) AS terms_lost
FROM _valued
GROUP BY party_id, number, currency

-- step: _filled
SELECT
  party_id, number,
  COALESCE(ended, 0) AS ended, COALESCE(ended_value, 0) AS ended_value,
  COALESCE(begun, 0) AS begun, COALESCE(begun_value, 0) AS begun_value,
  COALESCE(fresh, 0) AS fresh, COALESCE(fresh_value, 0) AS fresh_value,
  $second_subscription = 'new_business' AND SUM(terms_lost) OVER (PARTITION BY party_id, number) <= 0 AS apart
FROM _turnover

-- step: _split
-- A further subscription that replaces nothing is set apart where it counts as new business.
SELECT
  party_id, number, ended, ended_value,
  CASE WHEN apart THEN begun - fresh ELSE begun END AS begun,
  CASE WHEN apart THEN begun_value - fresh_value ELSE begun_value END AS begun_value,
  CASE WHEN apart THEN fresh_value ELSE 0 END AS further
FROM _filled

-- step: _priced
-- What grew is valued at the rate of now, what shrank at the rate of before: so no loss exceeds what was there. The rest
-- of the change in value is the change of rates.
SELECT
  party_id, number, begun_value - ended_value AS delta, further,
  CAST(
    CASE
      WHEN ended = 0 THEN begun_value
      WHEN begun >= ended THEN begun_value - CAST(begun_value * (ended / begun) AS DECIMAL(18, 4))
      ELSE CAST(ended_value * (begun / ended) AS DECIMAL(18, 4)) - ended_value
    END AS DECIMAL(18, 4)
  ) AS moved
FROM _split

-- step: _revalued
-- Terms in other currencies that run on, at the rates of both month ends.
SELECT
  t.party_id, m.number,
  COALESCE(CAST(CAST(t.monthly AS DECIMAL(28, 4)) * r.rate AS DECIMAL(18, 4)), t.reporting_monthly)
  - COALESCE(CAST(CAST(t.monthly AS DECIMAL(28, 4)) * b.rate AS DECIMAL(18, 4)), t.reporting_monthly) AS fx
FROM mrr_terms AS t
JOIN _revalued_currencies AS c USING (currency)
JOIN month_ends AS m ON m.number > t.from_number AND m.number <= t.until_number
LEFT JOIN mrr_rates AS r ON r.currency = t.currency AND r.number = m.number
LEFT JOIN mrr_rates AS b ON b.currency = t.currency AND b.number = m.number - 1

-- step: _brief
SELECT party_id, number, mrr, left_on FROM brief_terms WHERE $same_month = 'gross'

-- step: _all_changes
SELECT
  party_id, number, moved, further, delta - moved AS fx, CAST(0 AS DECIMAL(18, 4)) AS brief, CAST(NULL AS DATE) AS left_on
FROM _priced
UNION ALL
SELECT party_id, number, 0, 0, fx, 0, NULL FROM _revalued WHERE fx <> 0
UNION ALL
SELECT party_id, number, 0, 0, 0, mrr, left_on FROM _brief

-- step: _changes
SELECT
  party_id, number,
  SUM(moved) AS moved, SUM(further) AS further, SUM(fx) AS fx, SUM(brief) AS brief, MAX(left_on) AS left_on
FROM _all_changes
GROUP BY party_id, number

-- step: _balances
SELECT *, SUM(moved + further + fx) OVER (PARTITION BY party_id ORDER BY number) AS "end"
FROM _changes

-- step: mrr_balances
-- One row per party and month end at which its recurring revenue changes, the opening balance included.
SELECT
  b.party_id, b.number, m.as_of,
  CAST(b."end" - b.moved - b.further - b.fx AS DECIMAL(18, 4)) AS "begin",
  CAST(b."end" AS DECIMAL(18, 4)) AS "end",
  CAST(b.moved AS DECIMAL(18, 4)) AS moved,
  CAST(b.further AS DECIMAL(18, 4)) AS further,
  CAST(b.fx AS DECIMAL(18, 4)) AS fx,
  CAST(b.brief AS DECIMAL(18, 4)) AS brief,
  b.left_on
FROM _balances AS b
JOIN month_ends AS m USING (number)

-- step: _before
-- Last day of recurring revenue before the first month end, as the contracts tell.
SELECT t.party_id, MAX(t.runs_until) AS left_on
FROM contract_terms AS t
CROSS JOIN (SELECT MIN(as_of) AS first_end FROM month_ends) AS f
WHERE
  t.runs_until < f.first_end AND t.monthly > 0
  AND ($same_month = 'gross' OR LAST_DAY(GREATEST(t.starts_on, t.signed_on)) <= t.runs_until)
GROUP BY t.party_id

-- step: _marked
SELECT
  *,
  "begin" = 0 AND "end" > 0 AS joins,
  "begin" > 0 AND "end" = 0 AS leaves,
  "begin" = 0 AND "end" = 0 AND brief > 0 AS is_brief
FROM mrr_balances

-- step: _left
SELECT
  *,
  CASE
    WHEN is_brief THEN left_on
    WHEN leaves THEN CAST(DATE_TRUNC('month', as_of) AS DATE) - 1
  END AS gone_on
FROM _marked

-- step: _with_last
SELECT
  l.*,
  COALESCE(
    MAX(l.gone_on) OVER (PARTITION BY l.party_id ORDER BY l.number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
    b.left_on
  ) AS last_on
FROM _left AS l
LEFT JOIN _before AS b USING (party_id)

-- step: _returning
SELECT
  *,
  last_on IS NOT NULL AND COALESCE(as_of - last_on <= CAST($reactivation_days AS INTEGER), TRUE) AS is_return,
  CASE WHEN joins THEN moved + further WHEN is_brief THEN brief ELSE 0 END AS joined,
  CASE WHEN joins OR leaves OR is_brief THEN 0 ELSE moved END AS changed
FROM _with_last
WHERE number > 0

-- step: mrr_moves
-- One row per party and month, each kind of movement in its column. `lost` is the loss of what was there at the begin.
SELECT
  party_id, number, as_of, joins, leaves, is_brief, is_return,
  CASE WHEN is_return THEN 0 ELSE joined END + CASE WHEN joins OR is_brief THEN 0 ELSE further END AS new_business,
  GREATEST(changed, 0) AS expansion,
  CASE WHEN is_return THEN joined ELSE 0 END AS reactivation,
  LEAST(changed, 0) AS contraction,
  CASE WHEN leaves THEN moved WHEN is_brief THEN -brief ELSE 0 END AS churn,
  fx,
  CASE WHEN leaves THEN moved ELSE LEAST(changed, 0) END AS lost
FROM _returning

-- step: _kinds
SELECT * FROM (VALUES ('new_business'), ('expansion'), ('reactivation'), ('contraction'), ('churn'), ('fx')) AS k (movement)

-- step: _amounts
SELECT
  m.party_id, m.as_of, k.movement,
  CASE k.movement
    WHEN 'new_business' THEN m.new_business
    WHEN 'expansion' THEN m.expansion
    WHEN 'reactivation' THEN m.reactivation
    WHEN 'contraction' THEN m.contraction
    WHEN 'churn' THEN m.churn
    ELSE m.fx
  END AS amount
FROM mrr_moves AS m
CROSS JOIN _kinds AS k

-- step: mrr_movements
SELECT party_id, as_of, movement, CAST(amount AS DECIMAL(18, 4)) AS amount
FROM _amounts
WHERE amount <> 0
