-- How old what the parties $first to $last owe is, and when they pay.

-- step: _states
SELECT * FROM settled_states WHERE n BETWEEN $first AND $last

-- step: _bills
SELECT * FROM settled_bills WHERE n BETWEEN $first AND $last

-- step: _spans
-- States that last over a month end; `number` is the first month end on or after the day.
SELECT
    s.*, b.due_on,
    DATEDIFF('month', $first_month, {month_of_day}) AS number,
    COALESCE(DATEDIFF('month', $first_month, {month_of_next_day}), $until_number) AS until_number
FROM _states AS s
JOIN _bills AS b ON b.bill = s.bill
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

-- step: settled_ages
-- What comes into a bucket and goes out of it, by month end.
SELECT bucket, number, SUM(amount) AS amount
FROM (
    SELECT bucket, number, amount FROM _all_aged WHERE number < until_number
    UNION ALL
    SELECT bucket, until_number, -amount FROM _all_aged WHERE number < until_number
)
GROUP BY bucket, number

-- step: settled_sales
SELECT
    b.issued_on AS day, SUM(b.sign * b.worth) AS amount,
    SUM(CASE WHEN s.is_unknown AND b.sign > 0 THEN b.worth ELSE 0 END) AS unknown
FROM _bills AS b
JOIN _states AS s ON s.bill = b.bill AND s.next_day IS NULL
GROUP BY b.issued_on

-- step: _settled
-- An invoice is settled on the day from which nothing of it was owed any more.
SELECT
    bill, BOOL_OR(is_unknown) AS is_unknown,
    CASE
        WHEN NOT BOOL_OR(is_unknown) AND NOT BOOL_OR(is_owed AND next_day IS NULL)
            THEN COALESCE(MAX(next_day) FILTER (WHERE is_owed), MIN(day))
    END AS settled_on,
    MAX(open) FILTER (WHERE next_day IS NULL) AS open,
    MAX(disputed) FILTER (WHERE next_day IS NULL) AS disputed,
    MAX(written_off) FILTER (WHERE next_day IS NULL) AS written_off
FROM _states
GROUP BY bill

-- step: _paid
SELECT
    m.bill,
    SUM(m.amount) FILTER (WHERE m.kind = 'payment' AND m.paid_on <= b.due_on OR m.kind = 'chargeback') AS paid_in_time,
    SUM(m.amount) FILTER (WHERE m.kind = 'payment') AS paid,
    SUM(m.amount) FILTER (WHERE m.kind <> 'payment') AS returned,
    SUM(m.amount) FILTER (WHERE m.kind = 'credit') AS credited
FROM settled_money AS m
JOIN _bills AS b ON b.bill = m.bill
WHERE m.n BETWEEN $first AND $last
GROUP BY m.bill

-- step: _asked
-- `owed` is what the invoice asks for once credit notes are taken off; nothing of it: as if it had not been written.
SELECT
    b.n, b.party_id, b.due_on, b.sign, b.claim, b.worth, b.unit, s.settled_on, s.open, s.disputed, s.written_off,
    s.is_unknown,
    CASE WHEN b.sign > 0 THEN b.claim + COALESCE(p.credited, 0) ELSE 0 END AS owed,
    COALESCE(p.paid_in_time, 0) AS paid_in_time,
    CASE
        WHEN b.sign > 0 THEN GREATEST(COALESCE(p.paid, 0) + COALESCE(p.returned, 0) - b.claim, 0) ELSE 0
    END AS overpaid,
    CASE WHEN b.sign < 0 THEN -b.claim ELSE COALESCE(p.credited, 0) END AS credited
FROM _bills AS b
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

-- step: _parties
SELECT
    n,
    COUNT(*) FILTER (WHERE is_due AND NOT is_unknown) AS due,
    COUNT(*) FILTER (WHERE is_due AND is_unknown) AS unknown,
    COUNT(*) FILTER (WHERE is_due AND settled_on <= due_on) AS on_time,
    SUM(due) FILTER (WHERE is_due AND NOT is_unknown) AS amount_due,
    SUM(in_time) FILTER (WHERE is_due AND NOT is_unknown) AS amount_on_time,
    SUM(days_late) FILTER (WHERE is_due AND NOT is_unknown) AS days_late,
    SUM(CAST(due AS HUGEINT) * days_late) FILTER (WHERE is_due AND NOT is_unknown) AS money_days_late,
    COALESCE(BOOL_OR(settled_on IS NULL) FILTER (WHERE is_due AND NOT is_unknown), FALSE) AS at_least,
    SUM(overdue) AS overdue,
    MIN(due_on) FILTER (WHERE overdue > 0) AS oldest_due_on,
    SUM(CAST(overdue AS HUGEINT) * DATEDIFF('day', due_on, CAST($as_of AS DATE))) AS money_days_overdue,
    SUM(disputed) AS disputed,
    SUM(written_off) AS written_off,
    SUM(overpaid_amount) AS overpaid_sum,
    SUM(credited_amount) AS credited_sum
FROM _judged
GROUP BY n

-- step: _without_invoice
SELECT n, SUM(money) AS without_invoice
FROM settled_money
WHERE n BETWEEN $first AND $last AND kind = 'payment' AND bill IS NULL AND paid_on <= $as_of
GROUP BY n

-- step: paying_on_time
SELECT
    p.party_id, CAST(b.due AS BIGINT) AS due, CAST(b.unknown AS BIGINT) AS unknown, CAST(b.on_time AS BIGINT) AS on_time,
    {amount_due} AS amount_due,
    {amount_on_time} AS amount_on_time,
    CAST(b.on_time AS DOUBLE) / NULLIF(b.due, 0) AS on_time_rate,
    CAST(b.amount_on_time AS DOUBLE) / NULLIF(CAST(b.amount_due AS DOUBLE), 0) AS on_time_share,
    CAST(b.days_late AS DOUBLE) / NULLIF(b.due, 0) AS mean_days_late,
    CAST(b.money_days_late AS DOUBLE) / NULLIF(CAST(b.amount_due AS DOUBLE), 0) AS weighted_days_late,
    b.at_least,
    {overdue} AS overdue,
    b.oldest_due_on,
    CAST(DATEDIFF('day', b.oldest_due_on, CAST($as_of AS DATE)) AS DOUBLE) AS oldest_days_overdue,
    CAST(b.money_days_overdue AS DOUBLE) / NULLIF(CAST(b.overdue AS DOUBLE), 0) AS weighted_days_overdue,
    {disputed} AS disputed,
    {written_off} AS written_off,
    {overpaid_sum} AS overpaid,
    {credited_sum} AS credited,
    {without_invoice} AS without_invoice
FROM _parties AS b
JOIN settled_parties AS p USING (n)
LEFT JOIN _without_invoice AS w USING (n)
