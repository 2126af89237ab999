-- What the value of each party is made of, with what chance and unknown parameters do to each part.

-- step: _grown
-- Payments of each line at the price that they will have: `grown` of today's; and what one standard error of the growth
-- that all share, of a party's own and of a year by chance changes in them; how many changes there are in a year.
SELECT l.*,
       r.rate,
       COALESCE({payments_grown} / NULLIF({payments}, 0), 1) AS grown,
       {growth_on} * COALESCE(g.shared * {payments_renewed}, 0) AS by_growth,
       {growth_on} * COALESCE(SQRT(GREATEST(g.variance - g.shared * g.shared, 0)) * {payments_renewed}, 0) AS own_growth,
       {growth_on} * COALESCE(SQRT(g.chance) * {payments_walked}, 0) AS chance_of_growth,
       {growth_on} * COALESCE(g.changes, 0) AS changes
FROM contract_lines AS l
JOIN party_rates AS r ON r.party_id = l.party_id
JOIN line_states AS s ON {same_state} AND s.rate = r.rate
LEFT JOIN price_growth AS g ON g.party_id = l.party_id AND g.term_months = l.term_months

-- step: _line_parts
-- A price grows from renewal to renewal, so a payment is worth more than today's price by the mean over all payments.
-- One list, for most parties have no lines.
SELECT l.party_id, MAX(l.pending) AS pending, MIN(l.ends) AS ends, [{line_sums}] AS line
FROM _grown AS l
JOIN line_chance AS s ON {same_state} AND s.rate = l.rate
GROUP BY l.party_id

-- step: _cost_errors
-- Customers of one cell differ in their cost a month, months of one customer do, and the mean of all is an estimate too.
-- Where no model could be fitted, each of these is as large as stated: deviations as shares of the cost itself.
SELECT function, customers, "between" AS b, dispersion AS d,
       SQRT(COALESCE(("between" + dispersion / SQRT(-monthly) / 12) / customers, $stated * $stated)) AS of_mean
FROM (SELECT function, dispersion, NULLIF(customers, 0) AS customers, CAST(NULLIF(monthly, 0) AS DOUBLE) AS monthly,
             CASE WHEN dispersion IS NOT NULL THEN "between" END AS "between"
      FROM cost_models)

-- step: _cost_terms
-- `usual` is what four in five such customers' next year would be off by, were it normal: few are off by far more.
SELECT e.party_id, e.function, CAST(e.monthly AS DOUBLE) * c.of_mean AS of_mean,
       COALESCE(c.b, $stated * $stated) * CAST(e.peer AS DOUBLE) * CAST(e.peer AS DOUBLE) * (1 - e.own_weight) AS of_rate,
       COALESCE(c.d * POWER(-CAST(e.monthly AS DOUBLE), 1.5), CAST(e.monthly AS DOUBLE) * CAST(e.monthly AS DOUBLE))
         AS of_month,
       POWER(CAST(e.high - e.low AS DOUBLE) / (2 * 1.2816), 2) AS usual
FROM expected_cost AS e
JOIN _cost_errors AS c ON c.function = e.function
WHERE NOT LIST_CONTAINS($off, e.function) AND e.monthly < 0

-- step: _cost_parts
SELECT party_id,
       SUM(CAST(of_rate AS DECIMAL(38, 8))) AS of_rate,
       SUM(CAST(of_month AS DECIMAL(38, 8))) AS of_month,
       SUM(CAST(COALESCE(usual, of_rate + of_month / 12) AS DECIMAL(38, 8))) AS usual,
       {cost_means}
FROM _cost_terms
GROUP BY party_id

-- step: _given_worth
-- What a party gives beside its own money is known: an estimate, rounded as it is in the value.
SELECT g.party_id, SUM(CAST({given} AS DECIMAL(18,4))) AS given
FROM cube AS g
JOIN futures AS f ON f.party_id = g.party_id
WHERE g.stream IN ('advocacy', 'innovation') AND NOT LIST_CONTAINS($off, g.stream)
GROUP BY g.party_id

-- step: value_parts
SELECT v.party_id,
       CAST(v.ltv AS DOUBLE) AS ltv,
       COALESCE(CAST(g.given AS DOUBLE), 0) AS given,
       {net} AS net,
       {monthly} AS monthly,
       {net} < 0 OR {monthly} < 0 OR COALESCE(c.of_rate + c.of_month, 0) > 0 AS may_lose,
       {whole} AS whole,
       {net} * CAST(f.owed AS DOUBLE) * {first} AS owed,
       f.owed_chance,
       e.party_id IS NOT NULL AS has_orders,
       f.has_orders AND $orders_by_prior OR f.lines_by_prior AS by_prior,
       {order_columns},
       l.pending,
       l.ends,
       l.line,
       COALESCE(u.chance, 0) AS u_chance,
       COALESCE(u.leaves, 1) AS u_leaves,
       COALESCE(u.error, 0) AS u_error,
       COALESCE({uncontracted_money}, 0) AS u_money,
       COALESCE({uncontracted_alive}, 0) AS u_alive,
       COALESCE(CAST(c.of_rate AS DOUBLE), 0) AS of_rate,
       COALESCE(CAST(c.of_month AS DOUBLE), 0) AS of_month,
       COALESCE(LEAST(CAST(c.usual AS DOUBLE) / NULLIF(CAST(c.of_rate + c.of_month / 12 AS DOUBLE), 0), 1), 1) AS usual,
       {cost_columns}
FROM ltv AS v
JOIN futures AS f ON f.party_id = v.party_id
LEFT JOIN order_spend AS e ON e.party_id = v.party_id
LEFT JOIN order_states AS t ON t.state = e.state
LEFT JOIN _line_parts AS l ON l.party_id = v.party_id
LEFT JOIN uncontracted AS u ON u.party_id = v.party_id
LEFT JOIN _cost_parts AS c ON c.party_id = v.party_id
LEFT JOIN _given_worth AS g ON g.party_id = v.party_id
