-- From the company's revenue to its net cash: the books.

-- step: books
SELECT
    line,
    SUM(ledger) AS ledger,
    SUM(attributed) AS attributed,
    SUM(unattributed) AS unattributed,
    SUM(unused_capacity) AS unused_capacity,
    SUM(unallocated) AS unallocated,
    SUM(eliminated) AS eliminated
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
