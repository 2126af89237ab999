-- How invoices $first to $last (numbers of rows) are settled, day by day: the one place that says what is still owed.
-- Amounts have no sign and are in hundredths of a cent; a negative invoice is a credit note, settled by money back.

-- step: _standing
SELECT
    i.rowid AS bill, i.party_id, i.issued_on, i.due_on, i.status, i.currency, i.amount, i.reporting_amount,
    CASE WHEN i.amount < 0 THEN -1 ELSE 1 END AS sign,
    CAST(CAST(ABS(i.amount) AS DECIMAL(38, 4)) * 10000 AS HUGEINT) AS claim,
    CAST(CAST(ABS(i.reporting_amount) AS DECIMAL(38, 4)) * 10000 AS HUGEINT) AS worth,
    CAST(CAST(ABS(COALESCE(i.reporting_tax, 0)) AS DECIMAL(38, 4)) * 10000 AS HUGEINT) AS taxed
FROM invoices AS i
ANTI JOIN settled_inside AS s ON s.party_id = i.party_id
WHERE
    {stands}
    AND i.rowid BETWEEN $first AND $last AND ($all OR i.status NOT IN ('paid', 'uncollectible'))

-- step: settled_bills
-- The smallest part of a claim is a cent, as in all converted amounts; where the amounts are finer, so are their parts.
SELECT
    *,
    CASE WHEN worth % 100 = 0 AND worth <> claim THEN 100 ELSE 1 END AS unit,
    CASE WHEN taxed % 100 = 0 THEN 100 ELSE 1 END AS tax_unit
FROM _standing

-- step: _rates
SELECT currency, rate, rate_on, LEAD(rate_on, 1, DATE '9999-12-31') OVER (PARTITION BY currency ORDER BY rate_on) AS until
FROM fx_rates

-- step: settled_bill_money
-- In the invoice's currency at the rate of the day. What is paid in advance pays from the invoice's day on.
SELECT
    b.bill, b.sign, GREATEST(m.paid_on, b.issued_on) AS day, m.paid_on, m.kind, m.currency <> b.currency AS crossed,
    CAST(CAST(m.reporting_amount AS DECIMAL(38, 4)) * 10000 AS HUGEINT) AS money,
    b.sign * CASE
        WHEN m.currency = b.currency THEN CAST(CAST(m.amount AS DECIMAL(38, 4)) * 10000 AS HUGEINT)
        ELSE CAST(ROUND(
            CAST(m.reporting_amount AS DOUBLE)
            / COALESCE(CAST(r.rate AS DOUBLE), CAST(b.reporting_amount AS DOUBLE) / CAST(b.amount AS DOUBLE)), 2
        ) * 10000 AS HUGEINT)
    END AS amount
FROM settled_money AS m
JOIN settled_bills AS b ON b.bill = m.bill
LEFT JOIN _rates AS r ON r.currency = b.currency AND m.paid_on >= r.rate_on AND m.paid_on < r.until
    AND m.currency <> b.currency

-- step: _last
SELECT
    bill, MAX(day) AS last_on, MAX(day) FILTER (WHERE sign < 0 OR kind = 'payment' AND amount > 0) AS last_paid_on,
    BOOL_OR(crossed) AS crossed
FROM settled_bill_money
GROUP BY bill

-- step: _events
-- An uncollectible claim is written off when it falls due, or with the last money for it: no table says when it was
-- given up. A credit is no money for the invoice: it lowers what is owed.
SELECT bill, issued_on AS day, 0 AS paid, 0 AS back, 0 AS charged, 0 AS credit, 0 AS money, 0 AS lost
FROM settled_bills
UNION ALL
SELECT
    bill, day,
    CASE WHEN sign < 0 OR kind NOT IN ('refund', 'chargeback', 'credit') THEN amount ELSE 0 END,
    CASE WHEN sign > 0 AND kind = 'refund' THEN -amount ELSE 0 END,
    CASE WHEN sign > 0 AND kind = 'chargeback' THEN -amount ELSE 0 END,
    CASE WHEN sign > 0 AND kind = 'credit' THEN -amount ELSE 0 END,
    CASE WHEN sign > 0 AND kind = 'credit' THEN 0 ELSE money END,
    0
FROM settled_bill_money
UNION ALL
SELECT b.bill, LEAST($as_of, GREATEST(b.due_on, b.issued_on, l.last_on)), 0, 0, 0, 0, 0, 1
FROM settled_bills AS b
LEFT JOIN _last AS l ON l.bill = b.bill
WHERE b.status = 'uncollectible'

-- step: _days
SELECT
    bill, day, SUM(paid) AS paid, SUM(back) AS back, SUM(charged) AS charged, SUM(credit) AS credit,
    SUM(money) AS money, SUM(lost) AS lost
FROM _events
GROUP BY bill, day

-- step: _so_far
SELECT
    bill, day, LEAD(day) OVER so_far AS next_day,
    SUM(paid - charged) OVER so_far AS kept, SUM(back) OVER so_far AS back, SUM(charged) OVER so_far AS charged,
    SUM(credit) OVER so_far AS credit, SUM(money) OVER so_far AS money, SUM(lost) OVER so_far > 0 AS is_lost
FROM _days
WINDOW so_far AS (PARTITION BY bill ORDER BY day)

-- step: _known
-- A paid invoice is settled by its last payment, also where that is short of it. One without a payment is left out of
-- what is owed: nobody knows when it was paid.
SELECT
    s.*, b.status, b.sign, b.claim, b.worth, b.taxed, b.unit, b.tax_unit, COALESCE(l.crossed, FALSE) AS crossed,
    LEAST(GREATEST(s.credit, 0), b.claim) AS credit_notes,
    b.status = 'paid' AND l.last_paid_on IS NULL AS is_unknown,
    COALESCE(b.status = 'paid' AND s.day >= l.last_paid_on, FALSE) AS is_closed
FROM _so_far AS s
JOIN settled_bills AS b ON b.bill = s.bill
LEFT JOIN _last AS l ON l.bill = s.bill

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
        ELSE 100 * (money * received // (100 * (kept - back)))
    END AS received_money
FROM _rests

-- step: _worth
-- In the reporting currency, at the rate of the invoice; halves are rounded up.
SELECT
    bill, day, next_day, is_unknown, sign, worth, taxed, tax_unit, received_money,
    {lost} AS lost,
    {unknown} AS unknown,
    {disputed} AS disputed,
    {open} AS open,
    {credited} AS credited
FROM _parts

-- step: _claims
-- A credit note gives up what it is worth.
SELECT
    bill, day, next_day, is_unknown, taxed, tax_unit, worth,
    CASE WHEN sign > 0 THEN worth ELSE 0 END AS invoiced,
    received_money AS received,
    CASE WHEN sign > 0 THEN credited ELSE worth + sign * credited END AS credited,
    sign * lost AS written_off, sign * unknown AS unknown, sign * open AS open, sign * disputed AS disputed
FROM _worth

-- step: settled_states
-- What there is of an invoice from a day on, until the next, tax included; what rates did is what is left when all else
-- is counted: open + disputed = invoiced - received - credited - written_off - unknown + fx. Then without tax.
SELECT
    bill, day, next_day, is_unknown, invoiced, received, credited, written_off, unknown, open, disputed,
    open <> 0 OR disputed <> 0 OR written_off <> 0 AS is_owed,
    open + disputed - invoiced + received + credited + written_off + unknown AS fx,
    invoiced - {tax_invoiced} AS invoiced_net,
    credited - {tax_credited} AS credited_net,
    written_off - {tax_written_off} AS written_off_net
FROM _claims
