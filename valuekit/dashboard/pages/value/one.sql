-- One customer's value: its interval, what it rests on, and its cash by stream and year.

-- step: value
SELECT
    label AS customer, stage, ltv.ltv AS ltv, basis, own_weight, p_alive, model, by_prior,
    low_50, high_50, low_80, high_80, low_95, high_95, deviation, deviation_by_parameters
FROM ltv
JOIN ltv_intervals USING (party_id)
JOIN parties USING (party_id)
JOIN stages USING (party_id)
WHERE party_id = $party

-- step: years
SELECT stream AS key, year_1 AS "1", year_2 AS "2", year_3 AS "3", year_4 AS "4", year_5 AS "5", year_6 AS "6",
    year_7 AS "7", year_8 AS "8", year_9 AS "9", year_10 AS "10"
FROM cube
WHERE party_id = $party
ORDER BY stream
