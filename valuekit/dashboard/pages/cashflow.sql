-- From the company's revenue to its net cash, and down to one customer.

-- step: books
SELECT
    line,
    SUM(ledger) AS ledger,
    SUM(attributed) AS attributed,
    SUM(unattributed) AS unattributed,
    SUM(unused_capacity) AS unused_capacity,
    SUM(unallocated) AS unallocated,
    SUM(difference) AS difference
FROM books
WHERE month >= $since
GROUP BY line
ORDER BY line

-- step: months
SELECT month, SUM(ledger) AS amount
FROM books
WHERE month >= $since
GROUP BY month
ORDER BY month

-- step: period
SELECT MIN(month) AS first_month, MAX(month) AS last_month FROM books

-- step: _carried
SELECT party_id, CASE WHEN $recent THEN net_cash_12m ELSE net_cash END AS amount
FROM cash
WHERE NOT $recent OR last_month >= $since

-- step: _ranked
SELECT
    ROW_NUMBER() OVER by_profit AS place,
    SUM(amount) OVER (by_profit ROWS UNBOUNDED PRECEDING) AS cumulative,
    amount,
    COUNT(*) OVER () AS customers
FROM _carried
WINDOW by_profit AS (ORDER BY amount DESC, party_id)

-- step: whale
SELECT place, place / CAST(customers AS DOUBLE) AS share, cumulative
FROM _ranked
WHERE place = customers OR place % GREATEST(1, customers // 200) = 0 OR place = 1
    OR place = (SELECT COALESCE(MAX(place), 0) FROM _ranked WHERE amount > 0)
ORDER BY place

-- step: concentration
SELECT
    COUNT(*) AS customers,
    COUNT(*) FILTER (WHERE amount < 0) AS losing,
    COALESCE(SUM(amount), 0) AS net_cash,
    COALESCE(SUM(amount) FILTER (WHERE amount < 0), 0) AS lost,
    COALESCE(SUM(amount) FILTER (WHERE amount > 0), 0) AS peak
FROM _carried
