-- What the contacts of campaigns count for the parties that they touched.

-- step: _touched
-- A path: the contacts up to the first money (path 0), or those of one later month.
SELECT
    q.n, e.engaged_on, e.campaign,
    CASE WHEN e.engaged_on > q.won_on THEN 12 * YEAR({month_of_engaged_on}) + MONTH({month_of_engaged_on}) ELSE 0 END AS path
FROM engagements AS e
LEFT JOIN cashflow_parties AS q USING (party_id)
WHERE
    e.campaign IS NOT NULL
    AND EXISTS (SELECT 1 FROM costs WHERE campaign IS NOT NULL)
    AND (q.won_on IS NULL OR e.engaged_on >= q.won_on - CAST($look_back AS INTEGER))

-- step: _paths
SELECT n, path, COUNT(*) AS touches, MAX(engaged_on) AS last_on
FROM _touched
WHERE n IS NOT NULL
GROUP BY n, path

-- step: _placed
-- Contacts of one campaign on one day are alike: which of them comes first changes nothing.
SELECT
    t.n, t.path, t.engaged_on, t.campaign, p.touches, p.last_on,
    ROW_NUMBER() OVER (PARTITION BY t.n, t.path ORDER BY t.engaged_on, t.campaign) AS place
FROM _touched AS t
JOIN _paths AS p ON p.n = t.n AND p.path = t.path

-- step: _scored
SELECT
    n, path, engaged_on, campaign,
    CAST(
        CASE
            WHEN $model = 'first' THEN CASE WHEN place = 1 THEN 1 ELSE 0 END
            WHEN $model = 'last' THEN CASE WHEN place = touches THEN 1 ELSE 0 END
            WHEN $model = 'time_decay'
                THEN ROUND(1000000 * POWER(0.5, (last_on - engaged_on) / CAST($half_life AS DOUBLE)))
            WHEN $model = 'position' AND touches > 2
                THEN CASE WHEN place IN (1, touches) THEN 2 * (touches - 2) ELSE 1 END
            ELSE 1
        END AS BIGINT
    ) AS score
FROM _placed

-- step: _wholes
SELECT n, path, CASE WHEN $model = 'contacts' THEN 1 ELSE SUM(score) END AS whole
FROM _scored
GROUP BY n, path

-- step: _counted
-- The path is one whole, or each contact: it counts its part of it, in millionths.
SELECT s.n, s.engaged_on, s.campaign, (2000000 * s.score + w.whole) // (2 * w.whole) AS units
FROM _scored AS s
JOIN _wholes AS w ON w.n = s.n AND w.path = s.path
WHERE s.score > 0
UNION ALL
SELECT n, engaged_on, campaign, 1000000 AS units
FROM _touched
WHERE n IS NULL

-- step: cashflow_credits
-- The row without party holds contacts of parties that are not known, each a whole.
SELECT campaign, {month_of_engaged_on} AS month, n, SUM(units) AS units
FROM _counted
WHERE units > 0 AND campaign IN (SELECT campaign FROM costs WHERE campaign IS NOT NULL)
GROUP BY 1, 2, 3
