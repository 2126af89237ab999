-- How the invoices of parties $first to $last are settled, day by day: the one place that says what is still owed.
-- Amounts are in hundredths of a cent; what an invoice asks for has no sign.

-- step: _rates
SELECT currency, rate, rate_on, LEAD(rate_on, 1, DATE '9999-12-31') OVER (PARTITION BY currency ORDER BY rate_on) AS until
FROM fx_rates

-- step: _bills
SELECT * FROM settled_bills WHERE n BETWEEN $first AND $last

-- step: settled_money
-- In the invoice's currency at the rate of the day. What is paid in advance pays from the invoice's day on.
SELECT
    m.n, b.bill, b.sign, GREATEST(m.paid_on, b.issued_on) AS day, m.paid_on, m.kind, m.currency <> b.currency AS crossed,
    CAST(CAST(m.reporting_amount AS DECIMAL(38, 4)) * 10000 AS BIGINT) AS money,
    b.sign * CASE
        WHEN m.currency = b.currency THEN CAST(CAST(m.amount AS DECIMAL(38, 4)) * 10000 AS BIGINT)
        ELSE CAST(ROUND(
            CAST(m.reporting_amount AS DOUBLE)
            / COALESCE(CAST(r.rate AS DOUBLE), CAST(b.worth AS DOUBLE) / CAST(b.claim AS DOUBLE)), 2
        ) * 10000 AS BIGINT)
    END AS amount
FROM settled_payments AS m
LEFT JOIN settled_elsewhere AS e ON e.payment = m.payment
LEFT JOIN _bills AS b ON b.bill = COALESCE(m.bill, e.bill)
LEFT JOIN _rates AS r ON r.currency = b.currency AND m.paid_on >= r.rate_on AND m.paid_on < r.until
    AND m.currency <> b.currency
WHERE m.n BETWEEN $first AND $last

-- step: _bill_money
SELECT * FROM settled_money WHERE n BETWEEN $first AND $last AND bill IS NOT NULL

-- step: _last
SELECT
    bill, MAX(day) AS last_on, MAX(day) FILTER (WHERE sign < 0 OR kind = 'payment' AND amount > 0) AS last_paid_on,
    BOOL_OR(crossed) AS crossed
FROM _bill_money
GROUP BY bill

-- step: _standing
SELECT b.*, l.last_on, l.last_paid_on, COALESCE(l.crossed, FALSE) AS crossed
FROM _bills AS b
LEFT JOIN _last AS l ON l.bill = b.bill

-- step: _events
-- An uncollectible claim is written off when it falls due, or with the last money for it: no table says when it was
-- given up. A credit is no money for the invoice: it lowers what is owed.
SELECT bill, issued_on AS day, 0 AS paid, 0 AS back, 0 AS charged, 0 AS credit, 0 AS money, 0 AS lost
FROM _bills
UNION ALL
SELECT
    bill, day,
    CASE WHEN sign < 0 OR kind NOT IN ('refund', 'chargeback', 'credit') THEN amount ELSE 0 END,
    CASE WHEN sign > 0 AND kind = 'refund' THEN -amount ELSE 0 END,
    CASE WHEN sign > 0 AND kind = 'chargeback' THEN -amount ELSE 0 END,
    CASE WHEN sign > 0 AND kind = 'credit' THEN -amount ELSE 0 END,
    CASE WHEN sign > 0 AND kind = 'credit' THEN 0 ELSE money END,
    0
FROM _bill_money
UNION ALL
SELECT bill, LEAST($as_of, GREATEST(due_on, issued_on, last_on)), 0, 0, 0, 0, 0, 1
FROM _standing
WHERE status = 'uncollectible'

-- step: _days
SELECT
    bill, day, SUM(paid) - SUM(charged) AS kept, SUM(back) AS back, SUM(charged) AS charged, SUM(credit) AS credit,
    SUM(money) AS money, SUM(lost) AS lost
FROM _events
GROUP BY bill, day

-- step: _summed
SELECT
    bill, day, LEAD(day) OVER so_far AS next_day,
    SUM(kept) OVER so_far AS kept, SUM(back) OVER so_far AS back, SUM(charged) OVER so_far AS charged,
    SUM(credit) OVER so_far AS credit, SUM(money) OVER so_far AS money, SUM(lost) OVER so_far > 0 AS is_lost
FROM _days
WINDOW so_far AS (PARTITION BY bill ORDER BY day ROWS UNBOUNDED PRECEDING)

-- step: _so_far
SELECT
    bill, day, next_day, CAST(kept AS BIGINT) AS kept, CAST(back AS BIGINT) AS back, CAST(charged AS BIGINT) AS charged,
    CAST(credit AS BIGINT) AS credit, CAST(money AS BIGINT) AS money, is_lost
FROM _summed

-- step: _known
-- A paid invoice is settled by its last payment, also where that is short of it. One without a payment is left out of
-- what is owed: nobody knows when it was paid.
SELECT
    s.*, b.n, b.status, b.sign, b.claim, b.worth, b.taxed, b.unit, b.tax_unit, b.crossed,
    LEAST(GREATEST(s.credit, 0), b.claim) AS credit_notes,
    b.status = 'paid' AND b.last_paid_on IS NULL AS is_unknown,
    COALESCE(b.status = 'paid' AND s.day >= b.last_paid_on, FALSE) AS is_closed
FROM _so_far AS s
JOIN _standing AS b ON b.bill = s.bill

-- step: _taken
-- A refund first takes back what was paid beyond the invoice, then what was paid of it. Where the invoice is called paid
-- all the same, that much of the claim is given up; where it is not, it is owed again, as after a chargeback.
SELECT
    *,
    LEAST(GREATEST(kept - back, 0), claim - credit_notes) AS received,
    CASE
        WHEN status = 'paid'
            THEN GREATEST(LEAST(kept, claim - credit_notes) - GREATEST(kept - back, 0), 0)
        ELSE 0
    END AS given_back
FROM _known

-- step: _rests
SELECT
    *,
    claim - credit_notes - received - given_back AS rest,
    CASE
        WHEN is_lost OR is_unknown THEN 0
        ELSE LEAST(claim - credit_notes - received - given_back, GREATEST(charged, 0))
    END AS disputed_part
FROM _taken

-- step: _parts
-- What an invoice that is paid lacks was given up, or, paid in another currency, is an effect of rates.
SELECT
    *,
    CASE WHEN is_lost THEN rest ELSE 0 END AS lost_part,
    CASE WHEN is_unknown AND NOT is_lost THEN rest ELSE 0 END AS unknown_part,
    CASE WHEN is_lost OR is_unknown OR is_closed THEN 0 ELSE rest - disputed_part END AS open_part,
    credit_notes + given_back + CASE WHEN is_closed AND NOT crossed THEN rest - disputed_part ELSE 0 END
        AS credited_part,
    CASE
        WHEN received = kept - back OR is_closed AND crossed AND disputed_part = 0 THEN money
        WHEN received = 0 THEN 0
        WHEN sign * money = kept - back THEN sign * received
        ELSE CAST(CAST(money AS HUGEINT) * received // (CAST(100 AS HUGEINT) * (kept - back)) * 100 AS BIGINT)
    END AS received_money
FROM _rests

-- step: _worth
-- In the reporting currency, at the rate of the invoice; halves are rounded up.
SELECT
    n, bill, day, next_day, is_unknown, sign, worth, taxed, tax_unit, received_money,
    {lost} AS lost,
    {unknown} AS unknown,
    {disputed} AS disputed,
    {open} AS open,
    {credited} AS credited
FROM _parts

-- step: _claims
-- A credit note gives up what it is worth.
SELECT
    n, bill, day, next_day, is_unknown, taxed, tax_unit, worth,
    CASE WHEN sign > 0 THEN worth ELSE 0 END AS invoiced,
    received_money AS received,
    CASE WHEN sign > 0 THEN credited ELSE worth + sign * credited END AS credited,
    sign * lost AS written_off, sign * unknown AS unknown, sign * open AS open, sign * disputed AS disputed
FROM _worth

-- step: settled_states
-- What there is of an invoice from a day on, until the next, tax included; what rates did is what is left when all else
-- is counted: open + disputed = invoiced - received - credited - written_off - unknown + fx. Then without tax.
SELECT
    n, bill, day, next_day, is_unknown, invoiced, received, credited, written_off, unknown, open, disputed,
    open <> 0 OR disputed <> 0 OR written_off <> 0 AS is_owed,
    open + disputed - invoiced + received + credited + written_off + unknown AS fx,
    invoiced - {tax_invoiced} AS invoiced_net,
    credited - {tax_credited} AS credited_net,
    written_off - {tax_written_off} AS written_off_net
FROM _claims
