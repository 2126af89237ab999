-- What the settlement of some invoices says of months, month ends, days and parties.

-- step: _month_ends
SELECT *, {month_of_day} AS month
FROM settled_states
WHERE next_day IS NULL OR {month_of_next_day} > {month_of_day}

-- step: _moves
SELECT
    bill, month,
    invoiced - LAG(invoiced, 1, 0) OVER so_far AS invoiced,
    received - LAG(received, 1, 0) OVER so_far AS received,
    credited - LAG(credited, 1, 0) OVER so_far AS credited,
    written_off - LAG(written_off, 1, 0) OVER so_far AS written_off,
    unknown - LAG(unknown, 1, 0) OVER so_far AS unknown,
    fx - LAG(fx, 1, 0) OVER so_far AS fx,
    invoiced_net - LAG(invoiced_net, 1, 0) OVER so_far AS invoiced_net,
    credited_net - LAG(credited_net, 1, 0) OVER so_far AS credited_net,
    written_off_net - LAG(written_off_net, 1, 0) OVER so_far AS written_off_net,
    open + disputed - LAG(open + disputed, 1, 0) OVER so_far AS owed
FROM _month_ends
WINDOW so_far AS (PARTITION BY bill ORDER BY month)

-- step: _money_months
-- Money stands on account until it settles something: in advance, and beyond the invoice.
SELECT bill, month, * EXCLUDE (bill, month), -received AS on_account
FROM _moves
UNION ALL BY NAME
SELECT bill, {month_of_paid_on} AS month, SUM(money) AS on_account
FROM settled_bill_money
GROUP BY 1, 2

-- step: settled_months_part
SELECT
    b.party_id, m.month, SUM(invoiced) AS invoiced, SUM(received) AS received, SUM(credited) AS credited,
    SUM(written_off) AS written_off, SUM(unknown) AS unknown, SUM(fx) AS fx, SUM(owed) AS owed,
    SUM(on_account) AS on_account,
    SUM(invoiced_net) AS invoiced_net, SUM(credited_net) AS credited_net, SUM(written_off_net) AS written_off_net
FROM _money_months AS m
JOIN settled_bills AS b ON b.bill = m.bill
GROUP BY b.party_id, m.month

-- step: _spans
-- States that last over a month end; `number` is the first month end on or after the day.
SELECT
    s.*, b.due_on,
    DATEDIFF('month', $first_month, {month_of_day}) AS number,
    COALESCE(DATEDIFF('month', $first_month, {month_of_next_day}), $until_number) AS until_number
FROM settled_states AS s
JOIN settled_bills AS b ON b.bill = s.bill
WHERE s.is_owed AND (s.next_day IS NULL OR {month_of_day} < {month_of_next_day})

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

-- step: settled_ages_part
-- What comes into a bucket and goes out of it, by month end.
SELECT bucket, number, SUM(amount) AS amount
FROM (
    SELECT bucket, number, amount FROM _all_aged WHERE number < until_number
    UNION ALL
    SELECT bucket, until_number, -amount FROM _all_aged WHERE number < until_number
)
GROUP BY bucket, number

-- step: settled_sales_part
SELECT
    b.issued_on AS day, SUM(b.reporting_amount) AS amount,
    SUM(CASE WHEN s.is_unknown AND b.amount > 0 THEN b.reporting_amount ELSE 0 END) AS unknown
FROM settled_bills AS b
JOIN settled_states AS s ON s.bill = b.bill
WHERE s.next_day IS NULL
GROUP BY b.issued_on

-- step: _settled
-- An invoice is settled on the day from which nothing of it was owed any more.
SELECT
    bill, BOOL_OR(is_unknown) AS is_unknown,
    CASE
        WHEN NOT BOOL_OR(is_unknown) AND NOT BOOL_OR(is_owed AND next_day IS NULL)
            THEN COALESCE(MAX(next_day) FILTER (WHERE is_owed), MIN(day))
    END AS settled_on,
    SUM(open) FILTER (WHERE next_day IS NULL) AS open,
    SUM(disputed) FILTER (WHERE next_day IS NULL) AS disputed,
    SUM(written_off) FILTER (WHERE next_day IS NULL) AS written_off
FROM settled_states
GROUP BY bill

-- step: _paid
SELECT
    m.bill,
    SUM(m.amount) FILTER (WHERE m.kind = 'payment' AND m.paid_on <= b.due_on OR m.kind = 'chargeback') AS paid_in_time,
    SUM(m.amount) FILTER (WHERE m.kind = 'payment') AS paid,
    SUM(m.amount) FILTER (WHERE m.kind <> 'payment') AS returned,
    SUM(m.amount) FILTER (WHERE m.kind = 'credit') AS credited
FROM settled_bill_money AS m
JOIN settled_bills AS b ON b.bill = m.bill
GROUP BY m.bill

-- step: _asked
-- `owed` is what the invoice asks for once credit notes are taken off; nothing of it: as if it had not been written.
SELECT
    b.party_id, b.due_on, b.sign, b.claim, b.worth, b.unit, s.settled_on, s.open, s.disputed, s.written_off,
    s.is_unknown,
    CASE WHEN b.sign > 0 THEN b.claim + COALESCE(p.credited, 0) ELSE 0 END AS owed,
    COALESCE(p.paid_in_time, 0) AS paid_in_time,
    CASE
        WHEN b.sign > 0 THEN GREATEST(COALESCE(p.paid, 0) + COALESCE(p.returned, 0) - b.claim, 0) ELSE 0
    END AS overpaid,
    CASE WHEN b.sign < 0 THEN -b.claim ELSE COALESCE(p.credited, 0) END AS credited
FROM settled_bills AS b
JOIN _settled AS s ON s.bill = b.bill
LEFT JOIN _paid AS p ON p.bill = b.bill
WHERE b.party_id IS NOT NULL

-- step: _judged
SELECT
    *,
    COALESCE(due_on BETWEEN $since AND $as_of - 1 AND owed > 0, FALSE) AS is_due,
    {owed} AS due,
    CASE WHEN owed > 0 THEN {paid_in_time} END AS in_time,
    {overpaid} AS overpaid_amount,
    {credited} AS credited_amount,
    GREATEST(DATEDIFF('day', due_on, COALESCE(settled_on, CAST($as_of AS DATE))), 0) AS days_late,
    CASE WHEN due_on < $as_of AND open > 0 THEN open ELSE 0 END AS overdue
FROM _asked

-- step: settled_parties_part
SELECT
    party_id,
    COUNT(*) FILTER (WHERE is_due AND NOT is_unknown) AS due,
    COUNT(*) FILTER (WHERE is_due AND is_unknown) AS unknown,
    COUNT(*) FILTER (WHERE is_due AND settled_on <= due_on) AS on_time,
    SUM(due) FILTER (WHERE is_due AND NOT is_unknown) AS amount_due,
    SUM(in_time) FILTER (WHERE is_due AND NOT is_unknown) AS amount_on_time,
    SUM(days_late) FILTER (WHERE is_due AND NOT is_unknown) AS days_late,
    SUM(due * days_late) FILTER (WHERE is_due AND NOT is_unknown) AS money_days_late,
    COALESCE(BOOL_OR(settled_on IS NULL) FILTER (WHERE is_due AND NOT is_unknown), FALSE) AS at_least,
    SUM(overdue) AS overdue,
    MIN(due_on) FILTER (WHERE overdue > 0) AS oldest_due_on,
    SUM(overdue * DATEDIFF('day', due_on, CAST($as_of AS DATE))) AS money_days_overdue,
    SUM(disputed) AS disputed,
    SUM(written_off) AS written_off,
    SUM(overpaid_amount) AS overpaid,
    SUM(credited_amount) AS credited
FROM _judged
GROUP BY party_id
