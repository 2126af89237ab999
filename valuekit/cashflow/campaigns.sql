-- What the contacts of campaigns count for the parties that they touched.

-- step: _touched
-- A path: the contacts up to the first money (path missing), or those of one later month.
SELECT
    q.n, e.system, e.id, e.engaged_on, e.campaign,
    CASE WHEN e.engaged_on > q.won_on THEN DATE_TRUNC('month', e.engaged_on) END AS path
FROM engagements AS e
LEFT JOIN cashflow_parties AS q USING (party_id)
WHERE
    e.campaign IS NOT NULL
    AND EXISTS (SELECT 1 FROM costs WHERE campaign IS NOT NULL)
    AND (q.won_on IS NULL OR e.engaged_on >= q.won_on - CAST($look_back AS INTEGER))

-- step: _placed
SELECT
    n, engaged_on, campaign, path,
    ROW_NUMBER() OVER (PARTITION BY n, path ORDER BY engaged_on, system, id) AS place,
    COUNT(*) OVER (PARTITION BY n, path) AS touches,
    MAX(engaged_on) OVER (PARTITION BY n, path) AS last_on
FROM _touched
WHERE n IS NOT NULL

-- step: _scored
SELECT
    n, engaged_on, campaign, path, place,
    CAST(
        CASE
            WHEN $model = 'first' THEN CASE WHEN place = 1 THEN 1 ELSE 0 END
            WHEN $model = 'last' THEN CASE WHEN place = touches THEN 1 ELSE 0 END
            WHEN $model = 'time_decay'
                THEN ROUND(1000000 * POWER(0.5, (last_on - engaged_on) / CAST($half_life AS DOUBLE)))
            WHEN $model = 'position' AND touches > 2
                THEN CASE WHEN place IN (1, touches) THEN 2 * (touches - 2) ELSE 1 END
            ELSE 1
        END AS HUGEINT
    ) AS score
FROM _placed

-- step: _weighed
SELECT
    *,
    1000000 * score // SUM(score) OVER (PARTITION BY n, path) AS millionths,
    1000000 * score % SUM(score) OVER (PARTITION BY n, path) AS remainder
FROM _scored

-- step: _ranked
SELECT
    *,
    1000000 - SUM(millionths) OVER (PARTITION BY n, path) AS left_over,
    ROW_NUMBER() OVER (PARTITION BY n, path ORDER BY remainder DESC, place) AS turn
FROM _weighed

-- step: _counted
SELECT n, engaged_on, campaign, millionths + CASE WHEN turn <= left_over THEN 1 ELSE 0 END AS units
FROM _ranked
UNION ALL
SELECT n, engaged_on, campaign, 1000000 AS units
FROM _touched
WHERE n IS NULL

-- step: cashflow_credits
-- The row without party holds contacts of parties that are not known, each a whole.
SELECT campaign, CAST(DATE_TRUNC('month', engaged_on) AS DATE) AS month, n, SUM(units) AS units
FROM _counted
WHERE units > 0 AND campaign IN (SELECT campaign FROM costs WHERE campaign IS NOT NULL)
GROUP BY campaign, DATE_TRUNC('month', engaged_on), n
