-- What is known of one customer beside its statement: balance, scale, paying on time, expected cost.

-- step: balance
SELECT b.*, label AS customer FROM break_even AS b JOIN parties USING (party_id) WHERE party_id = $party

-- step: scale
SELECT e.*, label AS customer, c.driver AS driver, c.elasticity AS elasticity
FROM scale_effects AS e
JOIN parties USING (party_id)
LEFT JOIN scale_curves AS c ON c.pool = e.main_pool
WHERE party_id = $party
QUALIFY ROW_NUMBER() OVER (ORDER BY c.cost_12m DESC NULLS LAST) = 1

-- step: on_time
SELECT * FROM paying_on_time WHERE party_id = $party

-- step: expected
SELECT function, monthly, low, high, own, peer, own_weight, basis
FROM expected_cost
WHERE party_id = $party
ORDER BY monthly, function
