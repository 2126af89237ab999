-- From the company's revenue to its net cash: the books, without what moves inside the enterprise.

-- step: books
SELECT
    line,
    SUM(ledger - eliminated) AS company,
    SUM(attributed) AS attributed,
    SUM(unattributed) AS unattributed,
    SUM(unused_capacity) AS unused_capacity,
    SUM(unallocated) AS unallocated
FROM books
WHERE month >= $since
GROUP BY line
ORDER BY line

-- step: months
SELECT month, SUM(ledger - eliminated) AS amount
FROM books
WHERE month >= $since
GROUP BY month
ORDER BY month
