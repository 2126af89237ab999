-- What each party is expected to bring without a contract in force: `chance` is the probability that anything comes,
-- `leaves` that of leaving first, `error` the relative standard error of what is expected, which all share.

-- step: _of_lines
-- These columns are not discounted: they are the same at each rate.
SELECT l.party_id, MAX(s.after_chance) AS chance, MAX(s.leaves) AS leaves, MAX(s.after_error) AS error, {of_lines},
       {lines_alive}
FROM contract_lines AS l
JOIN line_states AS s ON {same_state} AND s.rate = 0
GROUP BY l.party_id

-- step: _of_leavers
SELECT l.party_id, s.after_chance AS chance, 1.0 AS leaves, s.after_error AS error, {of_leavers}, {leavers_alive}
FROM leavers AS l
JOIN leaver_states AS s ON s.term_months = l.term_months AND s.segment = l.segment AND s.months = l.months
LEFT JOIN _of_lines AS c ON c.party_id = l.party_id
WHERE l.from_last = 1 AND l.stage = 'churned' AND c.party_id IS NULL

-- step: _of_payers
-- The next year as it was for others that still paid, or had fallen silent; and then as a quarter's money lasts.
SELECT y.party_id, r.again AS chance, 1.0 AS leaves, r.error, {of_payers}, {payers_alive}
FROM payer_years AS y
JOIN payer_states AS r ON r.pays = y.pays
WHERE y.at = 0 AND r.again > 0

-- step: uncontracted
SELECT * FROM _of_lines
UNION ALL
SELECT * FROM _of_leavers
UNION ALL
SELECT * FROM _of_payers
