-- What each real customer truly caused, and what the statement says that it caused.

-- step: _joined
SELECT t.true_party, r.party_id, COUNT(*) AS records
FROM truth_parties AS t
JOIN party_records AS r ON r.system = t.system AND r.record = t.record
GROUP BY t.true_party, r.party_id

-- step: _map
-- The real party that most records of a found one belong to: what was found in pieces is put together.
SELECT party_id, true_party
FROM _joined
QUALIFY ROW_NUMBER() OVER (PARTITION BY party_id ORDER BY records DESC, true_party) = 1

-- step: _lines
SELECT party_id, 'cost_of_goods' AS function, -cost_of_goods AS amount FROM cash
UNION ALL
SELECT party_id, 'marketing', -acquisition - retention FROM cash
UNION ALL
SELECT party_id, 'sales', -sales FROM cash
UNION ALL
SELECT party_id, 'support', -support FROM cash
UNION ALL
SELECT party_id, 'incentives', -incentives FROM cash

-- step: _allocated
SELECT m.true_party, l.function, SUM(l.amount) AS amount
FROM _lines AS l
JOIN _map AS m USING (party_id)
GROUP BY m.true_party, l.function

-- step: _truly
SELECT true_party, function, SUM(cost) AS amount
FROM truth_costs
GROUP BY true_party, function

-- step: compared
-- Parties that ever buy, in every function, also where they caused nothing.
SELECT
    b.true_party, f.function,
    CAST(COALESCE(t.amount, 0) AS DOUBLE) AS truly,
    CAST(COALESCE(a.amount, 0) AS DOUBLE) AS allocated
FROM truth_rates AS b
CROSS JOIN (SELECT DISTINCT function FROM _lines) AS f
LEFT JOIN _truly AS t ON t.true_party = b.true_party AND t.function = f.function
LEFT JOIN _allocated AS a ON a.true_party = b.true_party AND a.function = f.function
