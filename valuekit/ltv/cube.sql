-- Orders and contracts of one party add up; a party is alive while either says so.

-- Columns `later` are of all years after the tenth, at today's value; without a discount rate they have no limit.

-- step: _line_values
SELECT l.party_id,
       MIN(s.model) AS model,
       MAX(s.p_alive) AS p_alive,
       MAX(s.own_weight) AS own_weight,
       BOOL_AND(s.is_prior) AS is_prior,
       {line_revenue},
       {line_grown},
       {line_alive}
FROM contract_lines AS l
JOIN party_rates AS r ON r.party_id = l.party_id
JOIN line_states AS s ON {same_state} AND s.rate = r.rate
LEFT JOIN price_growth AS g ON g.party_id = l.party_id AND g.term_months = l.term_months
GROUP BY l.party_id

-- step: _valued
SELECT s.party_id, f.has_contract, r.rate, r.annual_rate
FROM stages AS s
JOIN facts AS f ON f.party_id = s.party_id
JOIN party_rates AS r ON r.party_id = s.party_id
WHERE LIST_CONTAINS($valued_stages, s.stage)

-- step: futures
-- What each party brings, how long it is there, and what it costs a month.
SELECT v.party_id,
       v.has_contract,
       v.rate,
       v.annual_rate,
       o.party_id IS NOT NULL AS has_orders,
       l.party_id IS NOT NULL AS has_lines,
       (t.own_weight + o.spend_weight) / 2 AS order_weight,
       l.own_weight AS line_weight,
       l.model AS line_model,
       COALESCE(l.is_prior, FALSE) AS lines_by_prior,
       GREATEST(COALESCE(t.p_alive, l.p_alive), COALESCE(l.p_alive, t.p_alive)) AS p_alive,
       c.* EXCLUDE (party_id),
       COALESCE(w.owed, 0) AS owed,
       COALESCE(w.chance, 1) AS owed_chance,
       {as_others_left},
       {grown},
       {revenue},
       {alive}
FROM _valued AS v
JOIN cost_rates AS c ON c.party_id = v.party_id
LEFT JOIN order_spend AS o ON o.party_id = v.party_id
LEFT JOIN order_states AS t ON t.state = o.state
LEFT JOIN _line_values AS l ON l.party_id = v.party_id
LEFT JOIN uncontracted AS u ON u.party_id = v.party_id
LEFT JOIN owed AS w ON w.party_id = v.party_id

-- step: _streams
SELECT party_id, 'revenue' AS stream, {as_years}
FROM futures
UNION ALL
SELECT party_id, 'cost_of_goods', {goods}
FROM futures
WHERE goods_a_month <> 0 OR goods_share <> 0
UNION ALL
SELECT party_id, 'marketing', {marketing}
FROM futures
WHERE marketing <> 0 OR marketing_share <> 0
UNION ALL
SELECT party_id, 'sales', {sales}
FROM futures
WHERE sales <> 0 OR sales_share <> 0
UNION ALL
SELECT party_id, 'support', {support}
FROM futures
WHERE support <> 0 OR support_share <> 0
UNION ALL
SELECT party_id, 'incentives', {incentives}
FROM futures
WHERE incentives <> 0 OR incentives_share <> 0
UNION ALL
SELECT party_id, 'other', {other}
FROM futures
WHERE other <> 0 OR other_share <> 0

-- step: cube
SELECT *
FROM _streams
WHERE {not_zero}

-- step: _shares
-- Of the money of ten years: what share rests on the party's own contracts and orders, and of what comes without these,
-- on its own bills. The rest is what others brought after they had left. Where nothing comes, its own leaving says so.
SELECT party_id,
       GREATEST(COALESCE(1 - as_others_left / NULLIF(CAST({all_years} - owed AS DOUBLE), 0), 1), 0) AS own_money,
       COALESCE(1 - as_others_left / NULLIF(as_others_left + GREATEST(CAST(owed AS DOUBLE), 0), 0), 1) AS own_bills
FROM futures

-- step: _weights
-- A contract that runs says more about a party than its orders; one that was given up says that it is gone.
SELECT f.party_id, annual_rate, has_orders, has_lines, has_contract, line_model,
       CASE WHEN has_lines THEN line_weight * own_money WHEN has_orders THEN order_weight * own_money
            WHEN has_contract THEN own_bills ELSE 0.0 END AS own_weight,
       has_lines AND lines_by_prior OR has_orders AND NOT has_lines AND $orders_by_prior AS by_prior,
       CASE WHEN has_lines OR has_orders THEN p_alive WHEN has_contract THEN 0.0 END AS p_alive
FROM futures AS f
JOIN _shares AS s ON s.party_id = f.party_id

-- step: ltv
-- Less than half a percent of one's own is shown as none: it rests on the peers alone.
SELECT party_id,
       CASE WHEN has_lines AND has_orders THEN line_model || '+' || $order_model
            WHEN has_lines THEN line_model
            WHEN has_contract AND NOT has_orders THEN 'none'
            WHEN has_orders THEN $order_model
            ELSE 'none' END AS model,
       CASE WHEN by_prior OR own_weight < 0.005 THEN 'prior' WHEN own_weight < 0.5 THEN 'pooled' ELSE 'own' END AS basis,
       own_weight,
       p_alive,
       annual_rate AS discount_rate
FROM _weights
