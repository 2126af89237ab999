-- The whale curve over {cash}: parties from the most to the least profitable, and what they bring together.

-- step: _ranked
SELECT
    ROW_NUMBER() OVER (ORDER BY {net} DESC, party_id) AS parties,
    SUM({net}) OVER (ORDER BY {net} DESC, party_id ROWS UNBOUNDED PRECEDING) AS cumulative
FROM {cash}

-- step: summary
SELECT
    COUNT(*) AS parties,
    CAST(COALESCE(SUM({net}), 0) AS DECIMAL(18, 4)) AS total,
    COUNT(*) FILTER (WHERE {net} > 0) AS peak_parties,
    CAST(COALESCE(SUM({net}) FILTER (WHERE {net} > 0), 0) AS DECIMAL(18, 4)) AS peak,
    COUNT(*) FILTER (WHERE {net} < 0) AS loss_makers,
    CAST(COALESCE(SUM({net}) FILTER (WHERE {net} < 0), 0) AS DECIMAL(18, 4)) AS losses
FROM {cash}

-- step: _sampled
-- Evenly spaced parties, the peak and the last one, so that no sample misses the turning point.
SELECT r.parties, r.cumulative
FROM _ranked AS r
CROSS JOIN (SELECT COUNT(*) AS parties, COUNT(*) FILTER (WHERE {net} > 0) AS peak FROM {cash}) AS a
WHERE
    r.parties = a.parties
    OR r.parties = a.peak
    OR r.parties % CAST(CEIL(a.parties / CAST($spaced AS DOUBLE)) AS BIGINT) = 0
UNION ALL
SELECT 0 AS parties, 0 AS cumulative

-- step: whale_curve
SELECT
    s.parties,
    s.parties / NULLIF(CAST(a.parties AS DOUBLE), 0) AS parties_share,
    CAST(s.cumulative AS DECIMAL(18, 4)) AS cumulative,
    CASE WHEN a.total > 0 THEN CAST(s.cumulative AS DOUBLE) / CAST(a.total AS DOUBLE) END AS cumulative_share
FROM _sampled AS s
CROSS JOIN (SELECT COUNT(*) AS parties, SUM({net}) AS total FROM {cash}) AS a
ORDER BY s.parties
