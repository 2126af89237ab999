-- Ends of intervals as money, rounded once; and what sums over parties need.

-- step: ltv_intervals
SELECT party_id, {money}, by_prior
FROM value_ends

-- step: value_spread
SELECT party_id, CAST(ltv AS DECIMAL(18,4)) AS ltv, CAST(chance AS DECIMAL(38,4)) AS chance, {effects}
FROM value_ends
