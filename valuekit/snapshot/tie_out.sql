-- The tie-out of the cash statement to the books, summed anew from the parts.

-- step: tie_out
SELECT
    month, line, pool, currency, driver, ledger_in_currency, ledger, attributed, unattributed, unused_capacity,
    unallocated, eliminated,
    CAST(ledger - attributed - unattributed - unused_capacity - unallocated - eliminated AS DECIMAL(18, 4))
        AS difference,
    tax
FROM books
WHERE month >= $since
ORDER BY month, LIST_POSITION($lines, line), line, pool, currency

-- step: sums
-- By line; the row without line is the company.
SELECT
    line,
    CAST(SUM(ledger) AS DECIMAL(18, 4)) AS ledger,
    CAST(SUM(attributed) AS DECIMAL(18, 4)) AS attributed,
    CAST(SUM(unattributed) AS DECIMAL(18, 4)) AS unattributed,
    CAST(SUM(unused_capacity) AS DECIMAL(18, 4)) AS unused_capacity,
    CAST(SUM(unallocated) AS DECIMAL(18, 4)) AS unallocated,
    CAST(SUM(eliminated) AS DECIMAL(18, 4)) AS eliminated,
    CAST(SUM(ledger - attributed - unattributed - unused_capacity - unallocated - eliminated) AS DECIMAL(18, 4))
        AS difference,
    CAST(SUM(tax) AS DECIMAL(18, 4)) AS tax
FROM books
WHERE month >= $since
GROUP BY GROUPING SETS ((line), ())
HAVING COUNT(*) > 0
ORDER BY LIST_POSITION($lines, line) NULLS LAST, line

-- step: _set_aside
SELECT
    table_name, reasons,
    REGEXP_EXTRACT(reasons, '(unknown currency|no exchange rate of) ([A-Z]{3})', 2) AS currency
FROM quarantine
WHERE severity = 'quarantine' AND LIST_CONTAINS(['payments', 'orders', 'invoices', 'costs'], table_name)

-- step: _told
SELECT
    table_name, currency,
    CASE currency WHEN '' THEN reasons ELSE 'in ' || currency || ', without an exchange rate for their day' END AS why
FROM _set_aside

-- step: kept_out
-- Rows of money that were set aside: in a currency without a rate for their day, or, without currency, why else.
SELECT table_name, currency, why, COUNT(*) AS rows
FROM _told
GROUP BY table_name, currency, why
ORDER BY table_name, currency, why
