-- Net cash under other prices, volumes, minutes and rates, from the lines of the statement in {cash}.

-- step: _then
SELECT party_id, {now} AS net_cash, CAST(ROUND({changed}, 4) AS DECIMAL(18, 4)) AS net_cash_then
FROM {cash}

-- step: parties
SELECT party_id, net_cash, net_cash_then
FROM _then
ORDER BY party_id

-- step: company
SELECT
    COUNT(*) AS parties,
    CAST(COALESCE(SUM(net_cash), 0) AS DECIMAL(18, 4)) AS net_cash,
    CAST(COALESCE(SUM(net_cash_then), 0) AS DECIMAL(18, 4)) AS net_cash_then,
    COUNT(*) FILTER (WHERE net_cash > 0) AS positive,
    COUNT(*) FILTER (WHERE net_cash_then > 0) AS positive_then,
    COUNT(*) FILTER (WHERE net_cash <= 0 AND net_cash_then > 0) AS tipped_up,
    COUNT(*) FILTER (WHERE net_cash > 0 AND net_cash_then <= 0) AS tipped_down
FROM _then

-- step: line_rates
-- A change of some pools' rates as a change of the lines that they are part of, by what they carry in the year.
SELECT
    b.line,
    CAST(SUM(b.attributed * COALESCE(c.change, 0)) AS DOUBLE) / NULLIF(CAST(SUM(b.attributed) AS DOUBLE), 0) AS change
FROM books AS b
LEFT JOIN what_if_pools AS c USING (pool)
WHERE b.month >= $since AND b.line NOT IN ('revenue', 'refunds', 'general')
GROUP BY b.line
HAVING SUM(b.attributed) <> 0
ORDER BY b.line
