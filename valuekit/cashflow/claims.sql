-- What the parties $first to $last were billed, paid of it and owe, by month.

-- step: _month_ends
SELECT * EXCLUDE (day, next_day), {month_of_day} AS month, {month_of_next_day} AS next_month
FROM settled_states
WHERE n BETWEEN $first AND $last AND (next_day IS NULL OR {month_of_next_day} > {month_of_day})

-- step: _moves
-- What there is of an invoice at the end of a month comes into that month and, where it changes, goes out of the next.
SELECT
    n, month, invoiced, received, credited, written_off, unknown, fx, open + disputed AS owed, -received AS on_account,
    invoiced_net, credited_net, written_off_net
FROM _month_ends
UNION ALL
SELECT
    n, next_month, -invoiced, -received, -credited, -written_off, -unknown, -fx, -(open + disputed), received,
    -invoiced_net, -credited_net, -written_off_net
FROM _month_ends
WHERE next_month IS NOT NULL
UNION ALL
-- Money stands on account until it settles something: in advance, beyond the invoice, and without one.
SELECT n, {month_of_paid_on}, 0, 0, 0, 0, 0, 0, 0, money, 0, 0, 0
FROM settled_money
WHERE n BETWEEN $first AND $last

-- step: settled_claims
-- In hundredths of a cent; what nobody knows is a row of its own.
SELECT
    n, month, SUM(invoiced) AS invoiced, SUM(received) AS received, SUM(credited) AS credited,
    SUM(written_off) AS written_off, SUM(unknown) AS unknown, SUM(fx) AS fx, SUM(owed) AS owed,
    SUM(on_account) AS on_account,
    SUM(invoiced_net) AS invoiced_net, SUM(credited_net) AS credited_net, SUM(written_off_net) AS written_off_net
FROM _moves
GROUP BY n, month
