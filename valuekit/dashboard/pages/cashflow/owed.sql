-- Receivables: what is billed and not paid by month end, and who pays late.

-- step: ends
SELECT * FROM receivables ORDER BY as_of

-- step: on_time
SELECT
    SUM(due) AS due,
    SUM(on_time) AS on_time,
    SUM(amount_due) AS amount_due,
    SUM(amount_on_time) AS amount_on_time,
    SUM(unknown) AS unknown
FROM paying_on_time
