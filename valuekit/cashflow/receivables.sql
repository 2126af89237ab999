-- What is billed and not paid yet, by month end.

-- step: _ages
SELECT bucket, number, SUM(amount) AS amount
FROM settled_ages
GROUP BY bucket, number

-- step: _balances
SELECT
    m.number,
    SUM(amount) FILTER (WHERE bucket NOT IN ('disputed', 'written_off')) AS open,
    SUM(amount) FILTER (WHERE bucket = 'current') AS current,
    SUM(amount) FILTER (WHERE bucket = 'overdue_1_30') AS overdue_1_30,
    SUM(amount) FILTER (WHERE bucket = 'overdue_31_60') AS overdue_31_60,
    SUM(amount) FILTER (WHERE bucket = 'overdue_61_90') AS overdue_61_90,
    SUM(amount) FILTER (WHERE bucket = 'overdue_over_90') AS overdue_over_90,
    SUM(amount) FILTER (WHERE bucket = 'disputed') AS disputed,
    SUM(amount) FILTER (WHERE bucket = 'written_off') AS written_off
FROM receivables_month_ends AS m
JOIN _ages AS c ON c.number <= m.number
GROUP BY m.number

-- step: _sold
SELECT day, amount, unknown, 0 AS without_invoice
FROM settled_sales
UNION ALL
SELECT
    paid_on,
    CASE WHEN kind = 'credit' AND bill IS NOT NULL THEN money ELSE 0 END,
    0,
    CASE WHEN kind = 'payment' AND bill IS NULL THEN money ELSE 0 END
FROM settled_money
WHERE (kind = 'credit' AND bill IS NOT NULL OR kind = 'payment' AND bill IS NULL) AND paid_on <= $as_of

-- step: _sold_days
SELECT day, SUM(amount) AS amount, SUM(unknown) AS unknown, SUM(without_invoice) AS without_invoice
FROM _sold
GROUP BY day

-- step: _sales
SELECT
    m.number,
    CAST(SUM(amount) AS DECIMAL(22, 0)) * 0.0001 AS credit_sales,
    CAST(SUM(unknown) AS DECIMAL(22, 0)) * 0.0001 AS unknown,
    CAST(SUM(without_invoice) AS DECIMAL(22, 0)) * 0.0001 AS without_invoice
FROM receivables_month_ends AS m
JOIN _sold_days AS s ON s.day > m.as_of - $days AND s.day <= m.as_of
GROUP BY m.number

-- step: _figures
-- A window that begins before the first invoice is no window: its sales are not all known. Nor is what is open where
-- too many invoices of the window are called paid and have no payment, as in a run as of a day long past.
SELECT
    m.as_of, m.complete, b.*,
    COALESCE(s.credit_sales, 0) AS credit_sales,
    COALESCE(s.unknown, 0) AS unknown,
    COALESCE(s.without_invoice, 0) AS without_invoice,
    CASE
        WHEN
            s.credit_sales > 0 AND s.unknown <= CAST($most_unknown AS DECIMAL(5, 4)) * s.credit_sales
            AND (SELECT MIN(day) FROM settled_sales) <= m.as_of - $days + 1
            THEN CAST($days AS DOUBLE) / CAST(s.credit_sales AS DOUBLE)
    END AS days_a_unit
FROM receivables_month_ends AS m
LEFT JOIN _balances AS b USING (number)
LEFT JOIN _sales AS s USING (number)

-- step: receivables
SELECT
    as_of, complete,
    {open} AS open,
    {current} AS current,
    {overdue_1_30} AS overdue_1_30,
    {overdue_31_60} AS overdue_31_60,
    {overdue_61_90} AS overdue_61_90,
    {overdue_over_90} AS overdue_over_90,
    {disputed} AS disputed,
    {written_off} AS written_off,
    CAST(credit_sales AS DECIMAL(18, 4)) AS credit_sales,
    CAST(unknown AS DECIMAL(18, 4)) AS unknown,
    CAST(without_invoice AS DECIMAL(18, 4)) AS without_invoice,
    CAST(COALESCE(open, 0) AS DOUBLE) / 10000 * days_a_unit AS dso,
    CAST(COALESCE(current, 0) AS DOUBLE) / 10000 * days_a_unit AS best_possible_dso,
    CAST(COALESCE(open - current, 0) AS DOUBLE) / 10000 * days_a_unit AS average_days_delinquent
FROM _figures
