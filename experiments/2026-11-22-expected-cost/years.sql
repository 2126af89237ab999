-- What was expected at the fit date beside what the next twelve months were. `later_*` are tables of the run a year later.

-- step: _same
-- A party of the first run and the one that holds its records a year later; who fell apart or was joined is left out.
SELECT party_id, MIN(later_party) AS later_party
FROM (
    SELECT DISTINCT p.party_id, q.party_id AS later_party
    FROM party_records AS p
    JOIN later_party_records AS q USING (system, record)
)
GROUP BY party_id
HAVING COUNT(*) = 1

-- step: _next_year
SELECT
    party_id, SUM(-retention) AS marketing, SUM(-sales) AS sales, SUM(-support) AS support,
    SUM(-incentives) AS incentives, SUM(-other) AS other
FROM later_cash_months
WHERE month > $fit_on AND month <= $end_on
GROUP BY party_id

-- step: _actual
SELECT party_id, 'marketing' AS function, marketing AS cost FROM _next_year
UNION ALL
SELECT party_id, 'sales', sales FROM _next_year
UNION ALL
SELECT party_id, 'support', support FROM _next_year
UNION ALL
SELECT party_id, 'incentives', incentives FROM _next_year
UNION ALL
SELECT party_id, 'other', other FROM _next_year

-- step: _own_months
SELECT
    f.party_id,
    LEAST(GREATEST(DATEDIFF('month', LEAST(
        COALESCE(f.first_paid_on, f.first_ordered_on), COALESCE(f.first_ordered_on, f.first_paid_on)
    ), $fit_on), 0), 12) AS seen,
    GREATEST(DATEDIFF('month', LEAST(
        COALESCE(f.first_paid_on, f.first_ordered_on), COALESCE(f.first_ordered_on, f.first_paid_on)
    ), $fit_on), 0) AS months,
    f.has_contract
FROM facts AS f
JOIN stages AS s USING (party_id)
WHERE s.stage IN ('active', 'inactive')

-- step: _shown
SELECT
    e.party_id, e.function, m.seen, m.months, m.has_contract,
    CAST(-e.monthly AS DOUBLE) AS expected, CAST(-e.high AS DOUBLE) AS low, CAST(-e.low AS DOUBLE) AS high,
    CAST(-COALESCE(e.own, 0) AS DOUBLE) AS own_last_year
FROM expected_cost AS e
JOIN _own_months AS m USING (party_id)

-- step: _kinds
SELECT function, has_contract, SUM(own_last_year * seen ORDER BY party_id) / NULLIF(SUM(seen), 0) AS mean
FROM _shown
GROUP BY function, has_contract

-- step: judged
-- `six_months`: the rule before this study, the own year with its whole tenure as weight against six months of the kind.
SELECT
    e.party_id, e.function, e.seen, e.expected, e.low, e.high, e.own_last_year,
    (e.months * e.own_last_year + 6 * k.mean) / (e.months + 6) AS six_months,
    CAST(COALESCE(a.cost, 0) AS DOUBLE) / 12 AS actual,
    s.stage IN ('active', 'inactive') AS stayed
FROM _shown AS e
JOIN _kinds AS k USING (function, has_contract)
JOIN _same AS p USING (party_id)
JOIN later_stages AS s ON s.party_id = p.later_party
LEFT JOIN _actual AS a ON a.party_id = p.later_party AND a.function = e.function
ORDER BY e.party_id, e.function
