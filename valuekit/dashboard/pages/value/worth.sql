-- Lifetime value at other settings than the run's.
-- `valued` and `flows` are made once for a run, with a number for each party instead of its id: a scenario reads them in a
-- fraction of the time. {scenario} is the table of the step `scenario`, made for each setting; {value} is the SELECT of
-- every party's value under it.

-- step: valued
SELECT
    ROW_NUMBER() OVER (ORDER BY ltv.ltv DESC, party_id) AS place,
    party_id,
    ltv.ltv AS published,
    LIST_CONTAINS($current, stage) AS is_current
FROM ltv JOIN stages USING (party_id)

-- step: flows
SELECT place, is_current, cube.* EXCLUDE (party_id) FROM cube JOIN valued USING (party_id)

-- step: scenario
SELECT valued.*, COALESCE(now.ltv, 0) AS ltv
FROM valued LEFT JOIN {value} AS now USING (place)

-- step: equity
SELECT
    COUNT(*) AS customers,
    COALESCE(SUM(published), 0) AS published,
    COALESCE(SUM(ltv), 0) AS equity,
    COUNT(*) FILTER (WHERE ltv < 0) AS negative
FROM {scenario}
WHERE is_current

-- step: years
SELECT stream AS key, SUM(year_1) AS "1", SUM(year_2) AS "2", SUM(year_3) AS "3", SUM(year_4) AS "4", SUM(year_5) AS "5",
    SUM(year_6) AS "6", SUM(year_7) AS "7", SUM(year_8) AS "8", SUM(year_9) AS "9", SUM(year_10) AS "10"
FROM flows
WHERE is_current
GROUP BY stream
ORDER BY stream

-- step: _decades
SELECT ltv, CASE WHEN ABS(ltv) < 1 THEN 0 ELSE FLOOR(LOG10(CAST(ABS(ltv) AS DOUBLE))) END AS decade
FROM {scenario}

-- step: _bins
SELECT
    CASE WHEN ABS(ltv) < 1 THEN 0 ELSE SIGN(ltv) END AS side,
    CASE
        WHEN ABS(ltv) < 1 THEN 0
        WHEN ABS(ltv) < 2 * POW(10, decade) THEN POW(10, decade)
        WHEN ABS(ltv) < 5 * POW(10, decade) THEN 2 * POW(10, decade)
        ELSE 5 * POW(10, decade)
    END AS size
FROM _decades

-- step: spread
SELECT CAST(side * size AS DOUBLE) AS low, COUNT(*) AS parties
FROM _bins
GROUP BY low
ORDER BY low

-- step: basis
SELECT basis, COUNT(*) AS parties
FROM ltv
GROUP BY basis
ORDER BY parties DESC, basis

-- step: _top
SELECT place, party_id, ltv, published FROM {scenario} ORDER BY ltv DESC, party_id LIMIT $rows

-- step: top
SELECT
    ROW_NUMBER() OVER (ORDER BY _top.ltv DESC, party_id) AS rank,
    place AS rank_before,
    label AS customer,
    party_id,
    stage,
    _top.ltv,
    published,
    p_alive,
    basis
FROM _top
JOIN parties USING (party_id)
JOIN stages USING (party_id)
JOIN ltv USING (party_id)
ORDER BY rank
