-- Minutes of one time equation: which rows of {table} are this work, and how long each takes.

-- step: _timed
SELECT {day} AS day, party_id, TRY_CAST({minutes} AS DECIMAL(18, 2)) AS worked
FROM {table}
WHERE {when}

-- step: _survey
-- Rows that cannot be timed, and whether any can.
SELECT
    COUNT(*) FILTER (WHERE day IS NULL) AS without_day,
    COUNT(*) FILTER (WHERE worked IS NULL) AS without_minutes,
    COUNT(*) FILTER (WHERE worked < 0) AS below_zero,
    COUNT(*) FILTER (WHERE day IS NOT NULL AND worked > 0) > 0 AS keeps_time
FROM _timed

-- step: cashflow_time
SELECT
    $pool AS pool, {month_of_day} AS month, q.n,
    SUM(CAST(t.worked * 100 AS BIGINT)) AS units
FROM _timed AS t
LEFT JOIN cashflow_parties AS q USING (party_id)
WHERE t.worked > 0 AND t.day BETWEEN $first AND $last
GROUP BY 2, 3
