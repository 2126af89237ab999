-- How sure values are: of groups, of customers, and what they rest on. $level is 50, 80 or 95.

-- step: sums
SELECT
    scope,
    name,
    value_sums.parties AS parties,
    value_sums.ltv AS ltv,
    deviation,
    deviation_by_parameters,
    CASE $level WHEN 50 THEN low_50 WHEN 80 THEN low_80 ELSE low_95 END AS low,
    CASE $level WHEN 50 THEN high_50 WHEN 80 THEN high_80 ELSE high_95 END AS high
FROM value_sums
LEFT JOIN tiers ON scope = 'tier' AND tier = name
WHERE scope = $scope
ORDER BY tier_order, CASE WHEN scope = 'cohort' THEN name END, value_sums.ltv DESC, name

-- step: thin
-- Weights are summed in thousandths, so that the sum does not depend on the order of rows.
SELECT
    basis,
    COUNT(*) AS parties,
    SUM(ltv) AS value,
    SUM(CAST(ROUND(1000 * own_weight) AS BIGINT)) / 1000.0 / COUNT(own_weight) AS own_weight,
    COUNT(*) FILTER (WHERE by_prior) AS by_prior
FROM ltv JOIN ltv_intervals USING (party_id)
GROUP BY basis
ORDER BY CASE basis WHEN 'own' THEN 1 WHEN 'pooled' THEN 2 ELSE 3 END

-- step: _first
SELECT party_id, ltv FROM ltv ORDER BY ltv DESC, party_id LIMIT $rows

-- step: customers
SELECT
    label AS customer,
    party_id,
    stage,
    ltv.ltv AS ltv,
    CASE $level WHEN 50 THEN low_50 WHEN 80 THEN low_80 ELSE low_95 END AS low,
    CASE $level WHEN 50 THEN high_50 WHEN 80 THEN high_80 ELSE high_95 END AS high,
    basis,
    own_weight,
    p_alive
FROM _first
JOIN ltv USING (party_id)
JOIN ltv_intervals USING (party_id)
JOIN parties USING (party_id)
JOIN stages USING (party_id)
ORDER BY ltv.ltv DESC, party_id
