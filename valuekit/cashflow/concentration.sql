-- The whale curve over {cash}: parties from the most to the least profitable, and what they bring together.

-- step: _ranked
SELECT
    ROW_NUMBER() OVER (ORDER BY {net} DESC, party_id) AS parties,
    SUM({net}) OVER (ORDER BY {net} DESC, party_id ROWS UNBOUNDED PRECEDING) AS cumulative,
    {net} AS net
FROM {cash}

-- step: _totals
SELECT
    COUNT(*) AS parties,
    (COUNT(*) + 9) // 10 AS decile,
    CAST(COALESCE(SUM({net}), 0) AS DECIMAL(18, 4)) AS total,
    COUNT(*) FILTER (WHERE {net} > 0) AS peak_parties,
    CAST(COALESCE(SUM({net}) FILTER (WHERE {net} > 0), 0) AS DECIMAL(18, 4)) AS peak,
    COUNT(*) FILTER (WHERE {net} < 0) AS loss_makers,
    CAST(COALESCE(SUM({net}) FILTER (WHERE {net} < 0), 0) AS DECIMAL(18, 4)) AS losses
FROM {cash}

-- step: _places
-- On the way up, the first party with which the whole total is reached; behind the peak, the first that ends it.
-- The sum over all pairs of |x - y| is twice that of (n + 1 - 2 place) x, places counted from the largest.
SELECT
    MIN(r.parties) FILTER (WHERE t.total > 0 AND r.cumulative >= t.total) AS whole_parties,
    MIN(r.parties) FILTER (WHERE t.peak > 0 AND r.parties > t.peak_parties AND r.cumulative <= 0) AS break_even_parties,
    CAST(COALESCE(SUM(r.net) FILTER (WHERE r.parties <= t.decile), 0) AS DECIMAL(18, 4)) AS top_decile,
    COALESCE(SUM(CAST(t.parties + 1 - 2 * r.parties AS DECIMAL(18, 0)) * CAST(r.net AS DECIMAL(18, 4))), 0) AS spread
FROM _ranked AS r
CROSS JOIN _totals AS t

-- step: summary
SELECT
    t.parties, t.total, t.peak_parties, t.peak, t.loss_makers, t.losses,
    p.whole_parties, p.break_even_parties,
    t.decile AS top_decile_parties, p.top_decile,
    CAST(p.spread AS DOUBLE) AS spread
FROM _totals AS t
CROSS JOIN _places AS p

-- step: _sampled
-- Evenly spaced parties, the peak and the last one, so that no sample misses the turning point.
SELECT r.parties, r.cumulative
FROM _ranked AS r
CROSS JOIN _totals AS a
WHERE
    r.parties = a.parties
    OR r.parties = a.peak_parties
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
CROSS JOIN _totals AS a
ORDER BY s.parties

-- step: _served
-- Parties without margin and without cost are not there: they would move the borders.
SELECT party_id, {margin} AS margin, {served} AS served
FROM {cash}
WHERE {margin} <> 0 OR {served} <> 0

-- step: _median_margin
-- The middle value; of two, the lower: a value that some party has.
SELECT margin
FROM _served
QUALIFY ROW_NUMBER() OVER (ORDER BY margin, party_id) = (COUNT(*) OVER () + 1) // 2

-- step: _median_served
SELECT served
FROM _served
QUALIFY ROW_NUMBER() OVER (ORDER BY served, party_id) = (COUNT(*) OVER () + 1) // 2

-- step: _placed
SELECT
    s.margin > m.margin AS high_margin, s.served > c.served AS high_cost,
    s.margin, s.served, s.margin = m.margin OR s.served = c.served AS on_border
FROM _served AS s
CROSS JOIN _median_margin AS m
CROSS JOIN _median_served AS c

-- step: _names
SELECT *
FROM (VALUES
  (TRUE, FALSE, 'passive'),
  (TRUE, TRUE, 'carriage trade'),
  (FALSE, FALSE, 'bargain basement'),
  (FALSE, TRUE, 'aggressive')
) AS names (high_margin, high_cost, quadrant)

-- step: quadrants
SELECT
    q.quadrant, q.high_margin, q.high_cost,
    COUNT(p.margin) AS parties,
    CAST(COALESCE(SUM(p.margin), 0) AS DECIMAL(18, 4)) AS margin,
    CAST(COALESCE(SUM(p.served), 0) AS DECIMAL(18, 4)) AS cost_to_serve,
    CAST(COALESCE(SUM(p.margin - p.served), 0) AS DECIMAL(18, 4)) AS net_cash,
    COUNT(*) FILTER (WHERE p.on_border) AS on_border,
    CAST((SELECT margin FROM _median_margin) AS DECIMAL(18, 4)) AS margin_border,
    CAST((SELECT served FROM _median_served) AS DECIMAL(18, 4)) AS cost_border
FROM _names AS q
LEFT JOIN _placed AS p ON p.high_margin = q.high_margin AND p.high_cost = q.high_cost
GROUP BY q.quadrant, q.high_margin, q.high_cost
ORDER BY q.high_margin DESC, q.high_cost
