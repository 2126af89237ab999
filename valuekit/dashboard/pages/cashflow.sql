-- From the company's revenue to its net cash, and down to one customer.

-- step: books
SELECT
    line,
    SUM(ledger) AS ledger,
    SUM(attributed) AS attributed,
    SUM(unattributed) AS unattributed,
    SUM(unused_capacity) AS unused_capacity,
    SUM(unallocated) AS unallocated,
    SUM(eliminated) AS eliminated,
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

-- step: recent_cash
SELECT party_id, net_cash_12m FROM cash WHERE last_month >= $since
