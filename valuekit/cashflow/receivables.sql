-- What is billed and not paid yet: by invoice and day, then by month end, and by party at the as-of date.
-- Amounts are followed in the invoice's own currency, and shown at the rate of the invoice's day.

-- step: _inside
SELECT party_id FROM parties WHERE role IN ('internal', 'test')

-- step: _bills
SELECT *
FROM invoices
WHERE
    status <> 'void' AND issued_on <= $as_of AND amount <> 0 AND reporting_amount <> 0
    AND (party_id IS NULL OR party_id NOT IN (SELECT party_id FROM _inside))

-- step: receivables_bills
-- Whole numbers for invoices: smaller and faster than their ids.
SELECT
    ROW_NUMBER() OVER (ORDER BY system, id) AS n,
    system, id, party_id, issued_on, due_on, amount, currency, reporting_amount, status
FROM _bills

-- step: _in_its_system
SELECT p.system, p.id, i.system AS of_system
FROM payments AS p
JOIN invoices AS i ON i.system = p.system AND i.id = p.invoice

-- step: _in_another_system
-- Money that is kept in another system than the bills: the party must be the same.
SELECT p.system, p.id, MIN(i.system) AS of_system
FROM payments AS p
ANTI JOIN _in_its_system AS s ON s.system = p.system AND s.id = p.id
JOIN invoices AS i ON i.id = p.invoice AND i.party_id = p.party_id
GROUP BY p.system, p.id

-- step: _matched
SELECT * FROM _in_its_system
UNION ALL
SELECT * FROM _in_another_system

-- step: receivables_money
-- Each movement of money and the invoice that it is for; none where it names no invoice that is owed.
SELECT
    b.n, p.party_id, p.paid_on, p.kind, p.reporting_amount,
    CASE
        WHEN p.currency = b.currency THEN p.amount
        ELSE CAST(ROUND(CAST(p.reporting_amount AS DOUBLE) * b.amount / b.reporting_amount, 4) AS DECIMAL(18, 4))
    END AS amount
FROM payments AS p
LEFT JOIN _matched AS m ON m.system = p.system AND m.id = p.id
LEFT JOIN receivables_bills AS b ON b.system = m.of_system AND b.id = p.invoice
WHERE p.paid_on <= $as_of AND (p.party_id IS NULL OR p.party_id NOT IN (SELECT party_id FROM _inside))

-- step: _events
-- A credit note lowers what is owed. A chargeback takes the payment back; so does a refund, unless the invoice is called
-- paid all the same: then the company gave money back of its own will. What is paid in advance counts from the invoice on.
SELECT n, issued_on AS day, amount AS owed, 0 AS paid, 0 AS charged_back, NULL AS paid_on
FROM receivables_bills
UNION ALL
SELECT
    n, GREATEST(m.paid_on, b.issued_on),
    CASE WHEN m.kind = 'credit' AND b.amount > 0 THEN m.amount ELSE 0 END,
    CASE
        WHEN m.kind IN ('payment', 'chargeback') OR m.kind = 'refund' AND b.status <> 'paid' OR b.amount < 0 THEN m.amount
        ELSE 0
    END,
    CASE WHEN m.kind = 'chargeback' THEN -m.amount ELSE 0 END,
    CASE WHEN m.kind = 'payment' AND m.amount > 0 OR b.amount < 0 THEN m.paid_on END
FROM receivables_money AS m
JOIN receivables_bills AS b USING (n)

-- step: _days
SELECT
    n, day, SUM(owed) AS owed, SUM(paid) AS paid, SUM(charged_back) AS charged_back, MAX(paid_on) AS paid_on
FROM _events
GROUP BY n, day

-- step: _running
SELECT
    n, day,
    LEAD(day) OVER so_far AS next_day,
    SUM(owed - paid) OVER so_far AS balance,
    SUM(charged_back) OVER so_far AS charged_back,
    MAX(paid_on) OVER (PARTITION BY n) AS last_paid_on
FROM _days
WINDOW so_far AS (PARTITION BY n ORDER BY day)

-- step: _rests
-- An invoice that is called paid and has no payment is left out: nobody knows when it was paid. One that was paid short
-- and is called paid is settled by its last payment.
SELECT
    n, day, next_day, b.status, b.amount, b.reporting_amount, last_paid_on,
    CASE
        WHEN b.amount > 0 THEN GREATEST(balance, 0)
        ELSE LEAST(balance, 0)
    END AS rest,
    LEAST(GREATEST(balance, 0), GREATEST(charged_back, 0)) AS disputed,
    b.status = 'paid' AND day >= last_paid_on AS is_closed
FROM _running
JOIN receivables_bills AS b USING (n)
WHERE b.status <> 'paid' OR last_paid_on IS NOT NULL

-- step: _parts
SELECT
    n, day, next_day, amount, reporting_amount,
    CASE WHEN status = 'uncollectible' OR is_closed THEN 0 ELSE rest - disputed END AS open,
    CASE WHEN status = 'uncollectible' THEN 0 ELSE disputed END AS disputed,
    CASE WHEN status = 'uncollectible' THEN rest ELSE 0 END AS written_off
FROM _rests

-- step: receivables_states
-- What is left of an invoice from a day on, until the next: open, disputed and written off, in the reporting currency.
SELECT
    n, day, next_day,
    {open} AS open,
    {disputed} AS disputed,
    {written_off} AS written_off,
    open <> 0 OR disputed <> 0 OR written_off <> 0 AS is_owed
FROM _parts

-- step: _spans
-- States that last over a month end; `number` is the first month end on or after the day.
SELECT
    s.*, b.due_on,
    DATEDIFF('month', $first_end, s.day) AS number,
    COALESCE(DATEDIFF('month', $first_end, s.next_day), $until_number) AS until_number
FROM receivables_states AS s
JOIN receivables_bills AS b USING (n)
WHERE s.is_owed AND (s.next_day IS NULL OR DATEDIFF('month', $first_end, s.day) < DATEDIFF('month', $first_end, s.next_day))

-- step: _buckets
SELECT *
FROM (
    VALUES ('current', NULL, 1), ('overdue_1_30', 1, 31), ('overdue_31_60', 31, 61),
    ('overdue_61_90', 61, 91), ('overdue_over_90', 91, NULL)
) AS b (bucket, first_day, last_day)

-- step: _aged
-- The month ends at which a state falls into each bucket of age; without a due day nothing is overdue.
SELECT
    bucket, open AS amount,
    GREATEST(number, COALESCE({number_of_first_day}, number)) AS number,
    LEAST(until_number, COALESCE({number_of_last_day}, until_number)) AS until_number
FROM _spans
JOIN _buckets AS k ON due_on IS NOT NULL OR bucket = 'current'
WHERE open <> 0

-- step: _all_aged
SELECT * FROM _aged
UNION ALL
SELECT 'disputed', disputed, number, until_number FROM _spans WHERE disputed <> 0
UNION ALL
SELECT 'written_off', written_off, number, until_number FROM _spans WHERE written_off <> 0

-- step: _changes
SELECT bucket, number, SUM(amount) AS amount
FROM (
    SELECT bucket, number, amount FROM _all_aged WHERE number < until_number
    UNION ALL
    SELECT bucket, until_number, -amount FROM _all_aged WHERE number < until_number
)
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
JOIN _changes AS c ON c.number <= m.number
GROUP BY m.number

-- step: _sold
SELECT
    b.issued_on AS day, b.reporting_amount AS amount,
    CASE WHEN s.n IS NULL AND b.amount > 0 THEN b.reporting_amount ELSE 0 END AS unknown, 0 AS without_invoice
FROM receivables_bills AS b
LEFT JOIN (SELECT n FROM receivables_states WHERE next_day IS NULL) AS s USING (n)
UNION ALL
SELECT
    paid_on,
    CASE WHEN kind = 'credit' AND n IS NOT NULL THEN reporting_amount ELSE 0 END,
    0,
    CASE WHEN kind = 'payment' AND n IS NULL THEN reporting_amount ELSE 0 END
FROM receivables_money
WHERE kind = 'credit' AND n IS NOT NULL OR kind = 'payment' AND n IS NULL

-- step: _sold_days
SELECT day, SUM(amount) AS amount, SUM(unknown) AS unknown, SUM(without_invoice) AS without_invoice
FROM _sold
GROUP BY day

-- step: _sales
SELECT
    m.number, SUM(amount) AS credit_sales, SUM(unknown) AS unknown, SUM(without_invoice) AS without_invoice
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
            AND (SELECT MIN(issued_on) FROM receivables_bills) <= m.as_of - $days + 1
            THEN CAST($days AS DOUBLE) / CAST(s.credit_sales AS DOUBLE)
    END AS days_a_unit
FROM receivables_month_ends AS m
LEFT JOIN _balances AS b USING (number)
LEFT JOIN _sales AS s USING (number)

-- step: receivables
SELECT
    as_of, complete,
    CAST(COALESCE(open, 0) AS DECIMAL(18, 4)) AS open,
    CAST(COALESCE(current, 0) AS DECIMAL(18, 4)) AS current,
    CAST(COALESCE(overdue_1_30, 0) AS DECIMAL(18, 4)) AS overdue_1_30,
    CAST(COALESCE(overdue_31_60, 0) AS DECIMAL(18, 4)) AS overdue_31_60,
    CAST(COALESCE(overdue_61_90, 0) AS DECIMAL(18, 4)) AS overdue_61_90,
    CAST(COALESCE(overdue_over_90, 0) AS DECIMAL(18, 4)) AS overdue_over_90,
    CAST(COALESCE(disputed, 0) AS DECIMAL(18, 4)) AS disputed,
    CAST(COALESCE(written_off, 0) AS DECIMAL(18, 4)) AS written_off,
    CAST(credit_sales AS DECIMAL(18, 4)) AS credit_sales,
    CAST(unknown AS DECIMAL(18, 4)) AS unknown,
    CAST(without_invoice AS DECIMAL(18, 4)) AS without_invoice,
    CAST(COALESCE(open, 0) AS DOUBLE) * days_a_unit AS dso,
    CAST(COALESCE(current, 0) AS DOUBLE) * days_a_unit AS best_possible_dso,
    CAST(COALESCE(open - current, 0) AS DOUBLE) * days_a_unit AS average_days_delinquent
FROM _figures

-- step: _settled
-- An invoice is settled on the day from which nothing of it was owed any more.
SELECT
    n,
    CASE
        WHEN NOT BOOL_OR(is_owed AND next_day IS NULL)
            THEN COALESCE(MAX(next_day) FILTER (WHERE is_owed), MIN(day))
    END AS settled_on,
    SUM(open) FILTER (WHERE next_day IS NULL) AS open,
    SUM(disputed) FILTER (WHERE next_day IS NULL) AS disputed,
    SUM(written_off) FILTER (WHERE next_day IS NULL) AS written_off
FROM receivables_states
GROUP BY n

-- step: _paid
SELECT
    n,
    SUM(amount) FILTER (WHERE kind = 'payment' AND paid_on <= due_on OR kind = 'chargeback') AS paid_in_time,
    SUM(amount) FILTER (WHERE kind = 'payment') AS paid,
    SUM(amount) FILTER (WHERE kind <> 'payment') AS returned,
    SUM(amount) FILTER (WHERE kind = 'credit') AS credited
FROM (SELECT m.n, m.kind, m.paid_on, m.amount, b.due_on FROM receivables_money AS m JOIN receivables_bills AS b USING (n))
GROUP BY n

-- step: _owed
-- `owed` is what the invoice asks for once credit notes are taken off; nothing of it: as if it had not been written.
SELECT
    b.party_id, b.n, b.due_on, b.amount, b.reporting_amount, s.settled_on, s.open, s.disputed, s.written_off,
    s.n IS NULL AS is_unknown,
    GREATEST(b.amount, 0) + COALESCE(p.credited, 0) AS owed,
    COALESCE(p.paid_in_time, 0) AS paid_in_time,
    GREATEST(COALESCE(p.paid, 0) + COALESCE(p.returned, 0) - b.amount, 0) AS overpaid,
    CASE WHEN b.amount < 0 THEN b.amount ELSE COALESCE(p.credited, 0) END AS credited
FROM receivables_bills AS b
LEFT JOIN _settled AS s USING (n)
LEFT JOIN _paid AS p USING (n)
WHERE b.party_id IS NOT NULL

-- step: _judged
SELECT
    *,
    due_on BETWEEN $since AND $as_of - 1 AND amount > 0 AND owed > 0 AS is_due,
    {owed} AS due,
    CASE
        WHEN amount > 0 AND owed > 0 THEN {paid_in_time}
    END AS in_time,
    {overpaid_positive} AS overpaid_amount,
    {credited} AS credited_amount,
    GREATEST(DATEDIFF('day', due_on, COALESCE(settled_on, CAST($as_of AS DATE))), 0) AS days_late,
    CASE WHEN due_on < $as_of AND open > 0 THEN open ELSE 0 END AS overdue
FROM _owed

-- step: _without_invoice
SELECT party_id, SUM(reporting_amount) AS amount
FROM receivables_money
WHERE kind = 'payment' AND n IS NULL AND party_id IS NOT NULL
GROUP BY party_id

-- step: _by_party
SELECT
    party_id,
    COUNT(*) FILTER (WHERE is_due AND NOT is_unknown) AS due,
    COUNT(*) FILTER (WHERE is_due AND is_unknown) AS unknown,
    COUNT(*) FILTER (WHERE is_due AND settled_on <= due_on) AS on_time,
    SUM(due) FILTER (WHERE is_due AND NOT is_unknown) AS amount_due,
    SUM(in_time) FILTER (WHERE is_due AND NOT is_unknown) AS amount_on_time,
    SUM(days_late) FILTER (WHERE is_due AND NOT is_unknown) AS days_late,
    SUM(CAST(due * days_late AS DECIMAL(38, 4))) FILTER (WHERE is_due AND NOT is_unknown) AS money_days_late,
    COALESCE(BOOL_OR(settled_on IS NULL) FILTER (WHERE is_due AND NOT is_unknown), FALSE) AS at_least,
    SUM(overdue) AS overdue,
    MIN(due_on) FILTER (WHERE overdue > 0) AS oldest_due_on,
    SUM(CAST(overdue * DATEDIFF('day', due_on, CAST($as_of AS DATE)) AS DECIMAL(38, 4))) AS money_days_overdue,
    SUM(disputed) AS disputed,
    SUM(written_off) AS written_off,
    SUM(overpaid_amount) AS overpaid,
    SUM(credited_amount) AS credited
FROM _judged
GROUP BY party_id

-- step: paying_on_time
SELECT
    b.party_id, b.due, b.unknown, b.on_time,
    CAST(COALESCE(b.amount_due, 0) AS DECIMAL(18, 4)) AS amount_due,
    CAST(COALESCE(b.amount_on_time, 0) AS DECIMAL(18, 4)) AS amount_on_time,
    CAST(b.on_time AS DOUBLE) / NULLIF(b.due, 0) AS on_time_rate,
    CAST(b.amount_on_time AS DOUBLE) / NULLIF(CAST(b.amount_due AS DOUBLE), 0) AS on_time_share,
    CAST(b.days_late AS DOUBLE) / NULLIF(b.due, 0) AS mean_days_late,
    CAST(b.money_days_late AS DOUBLE) / NULLIF(CAST(b.amount_due AS DOUBLE), 0) AS weighted_days_late,
    b.at_least,
    CAST(COALESCE(b.overdue, 0) AS DECIMAL(18, 4)) AS overdue,
    b.oldest_due_on,
    CAST(DATEDIFF('day', b.oldest_due_on, CAST($as_of AS DATE)) AS DOUBLE) AS oldest_days_overdue,
    CAST(b.money_days_overdue AS DOUBLE) / NULLIF(CAST(b.overdue AS DOUBLE), 0) AS weighted_days_overdue,
    CAST(COALESCE(b.disputed, 0) AS DECIMAL(18, 4)) AS disputed,
    CAST(COALESCE(b.written_off, 0) AS DECIMAL(18, 4)) AS written_off,
    CAST(COALESCE(b.overpaid, 0) AS DECIMAL(18, 4)) AS overpaid,
    CAST(COALESCE(b.credited, 0) AS DECIMAL(18, 4)) AS credited,
    CAST(COALESCE(w.amount, 0) AS DECIMAL(18, 4)) AS without_invoice
FROM _by_party AS b
LEFT JOIN _without_invoice AS w USING (party_id)
