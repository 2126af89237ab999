-- step: read_rates
-- The rate of every foreign currency and day that occurs: the latest on or before the day. `known`: it has some rate.
SELECT pairs.currency AS rate_currency, pairs.day AS rate_day, rates.rate, pairs.currency IN (SELECT currency FROM fx_rates) AS known
FROM (SELECT DISTINCT {currency} AS currency, {day} AS day FROM {rows} WHERE {foreign}) AS pairs
LEFT JOIN (
    SELECT currency, rate, rate_on,
           LEAD(rate_on, 1, DATE '9999-12-31') OVER (PARTITION BY currency ORDER BY rate_on) AS next_on
    FROM fx_rates
) AS rates
  ON rates.currency = pairs.currency AND pairs.day >= rates.rate_on AND pairs.day < rates.next_on

-- step: _taken
-- Keys that more than one row has, and the row that keeps each: the earliest. Counted, not sorted: few keys are here.
SELECT {key}, MIN(_id) AS _id
FROM {rows}
GROUP BY {key}
HAVING COUNT(*) > 1

-- step: read_refused
-- Rows that keep the contract by themselves, but not beside other rows: a key that is taken, no rate to convert at.
SELECT _id, STRING_AGG(reason, '; ' ORDER BY reason) AS reasons
FROM (
    SELECT r._id, {duplicate} AS reason
    FROM {rows} AS r JOIN _taken AS t ON {same_key} AND r._id > t._id
    UNION
    SELECT _id, {duplicate} AS reason
    FROM {rows} AS r SEMI JOIN {target} AS t ON {same_key}
    UNION
    SELECT _id,
           CASE WHEN NOT rates.known THEN 'unknown currency ' || rate_currency || ': no exchange rate at all'
                WHEN rates.rate IS NULL THEN 'no exchange rate of ' || rate_currency || ' on or before the day of the row'
                ELSE 'too large an amount once converted' END AS reason
    FROM {rows}
    JOIN read_rates AS rates ON rate_currency = {currency} AND rate_day IS NOT DISTINCT FROM {day}
    WHERE {unconverted}
)
GROUP BY _id

-- step: read_unknown
-- Rows that name a party record which no system has: they are accepted, and belong to nobody.
SELECT _id, STRING_AGG(reason, '; ' ORDER BY reason) AS reasons
FROM ({unknown})
GROUP BY _id

-- step: read_found
-- Every input row that is set aside, or accepted with a warning.
SELECT _file, _row, 'quarantine' AS severity, _reasons AS reasons
FROM read_checked
WHERE _reasons IS NOT NULL
UNION ALL
SELECT lines._file, lines._row, 'quarantine' AS severity, refused.reasons
FROM {lines} AS lines
JOIN read_refused AS refused USING (_id)
UNION ALL
SELECT lines._file, lines._row, 'warn' AS severity, CONCAT_WS('; ', unknown.reasons, lines._warnings) AS reasons
FROM {lines} AS lines
LEFT JOIN read_unknown AS unknown USING (_id)
ANTI JOIN read_refused AS refused ON refused._id = lines._id
WHERE unknown.reasons IS NOT NULL OR lines._warnings IS NOT NULL
