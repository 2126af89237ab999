-- What parties $first to $last (0: not known) were billed, paid of it, and owe, month by month.

-- step: _invoices
-- Amounts without their sign, in hundredths of a cent: a negative invoice is a credit note, settled by money back.
SELECT
    i.rowid AS k, COALESCE(q.n, 0) AS n, i.system, i.id, i.currency, i.issued_on, i.due_on, i.status,
    CASE WHEN i.amount < 0 THEN -1 ELSE 1 END AS sign,
    CAST(CAST(ABS(i.amount) AS DECIMAL(38, 4)) * 10000 AS HUGEINT) AS claim,
    CAST(CAST(ABS(i.reporting_amount) AS DECIMAL(38, 4)) * 10000 AS HUGEINT) AS worth,
    CAST(CAST(ABS(COALESCE(i.reporting_tax, 0)) AS DECIMAL(38, 4)) * 10000 AS HUGEINT) AS taxed,
    CAST(i.reporting_amount AS DOUBLE) / NULLIF(CAST(i.amount AS DOUBLE), 0) AS rate
FROM invoices AS i
LEFT JOIN cashflow_parties AS q USING (party_id)
WHERE i.status <> 'void' AND NOT COALESCE(q.is_inside, FALSE) AND COALESCE(q.n, 0) BETWEEN $first AND $last

-- step: cashflow_bills
-- The smallest part of a claim is a cent, as in all converted amounts; where the amounts are finer, so are their parts.
SELECT
    *,
    CASE WHEN worth % 100 = 0 AND worth <> claim THEN 100 ELSE 1 END AS unit,
    CASE WHEN taxed % 100 = 0 THEN 100 ELSE 1 END AS tax_unit
FROM _invoices

-- step: _rates
SELECT currency, rate, rate_on, LEAD(rate_on, 1, DATE '9999-12-31') OVER (PARTITION BY currency ORDER BY rate_on) AS until
FROM fx_rates

-- step: cashflow_bill_money
-- Payments of the invoices, in the invoice's currency at the rate of their day, in hundredths of a cent.
SELECT
    i.k, p.paid_on, p.currency <> i.currency AS crossed, p.kind IN ('refund', 'credit') AND i.sign > 0 AS gives_up,
    CAST(CAST(p.reporting_amount AS DECIMAL(38, 4)) * 10000 AS HUGEINT) AS money,
    CASE
        WHEN p.currency = i.currency THEN CAST(CAST(p.amount AS DECIMAL(38, 4)) * 10000 AS HUGEINT)
        ELSE CAST(ROUND(CAST(p.reporting_amount AS DOUBLE) / COALESCE(CAST(r.rate AS DOUBLE), i.rate, 1), 2) * 10000 AS HUGEINT)
    END * i.sign AS amount
FROM payments AS p
JOIN cashflow_bills AS i ON i.system = p.system AND i.id = p.invoice
ANTI JOIN cashflow_inside AS s ON s.party_id = p.party_id
LEFT JOIN _rates AS r ON r.currency = i.currency AND p.paid_on >= r.rate_on AND p.paid_on < r.until
    AND p.currency <> i.currency

-- step: _last
SELECT k, MAX(paid_on) AS paid_on, BOOL_OR(crossed) AS crossed
FROM cashflow_bill_money
GROUP BY k

-- step: _events
-- A claim is written off when it falls due, or with the last money for it: no table says when it was given up.
-- What was paid in another currency until the invoice was paid has settled it; what differs is the effect of rates.
SELECT k, issued_on AS day, claim AS billed, 0 AS paid, 0 AS given_up, 0 AS money, 0 AS lost, 0 AS settled
FROM cashflow_bills
UNION ALL
SELECT
    k, paid_on, 0, CASE WHEN gives_up THEN 0 ELSE amount END, CASE WHEN gives_up THEN -amount ELSE 0 END, money, 0, 0
FROM cashflow_bill_money
UNION ALL
SELECT i.k, LEAST($as_of, GREATEST(COALESCE(i.due_on, i.issued_on), l.paid_on)), 0, 0, 0, 0, 1, 0
FROM cashflow_bills AS i
LEFT JOIN _last AS l USING (k)
WHERE i.status = 'uncollectible'
UNION ALL
SELECT k, GREATEST(l.paid_on, i.issued_on), 0, 0, 0, 0, 0, 1
FROM cashflow_bills AS i
JOIN _last AS l USING (k)
WHERE i.status = 'paid' AND l.crossed

-- step: _invoice_months
SELECT
    k, CAST(DATE_TRUNC('month', day) AS DATE) AS month,
    SUM(billed) AS billed, SUM(paid) AS paid, SUM(given_up) AS given_up, SUM(money) AS money,
    SUM(lost) AS lost, SUM(settled) AS settled
FROM _events
GROUP BY 1, 2

-- step: _so_far
SELECT
    k, month, SUM(billed) OVER so_far AS billed, SUM(paid) OVER so_far AS paid, SUM(given_up) OVER so_far AS given_up,
    SUM(money) OVER so_far AS money, SUM(lost) OVER so_far > 0 AS is_lost, SUM(settled) OVER so_far > 0 AS is_settled
FROM _invoice_months
WINDOW so_far AS (PARTITION BY k ORDER BY month ROWS UNBOUNDED PRECEDING)

-- step: _credited
-- Money back first takes back what was paid beyond the invoice; only then is a claim given up.
SELECT *, LEAST(GREATEST(given_up - GREATEST(paid - billed, 0), 0), billed) AS credited
FROM _so_far

-- step: _received
SELECT
    *,
    CASE
        WHEN is_settled THEN billed - credited
        ELSE LEAST(GREATEST(paid - given_up, 0), billed - credited)
    END AS received
FROM _credited

-- step: _standing
-- How each invoice stands at the end of its month, in its currency; where it is not all money for it, its part.
SELECT
    s.k, s.month, i.n, i.sign, i.claim, i.worth, i.taxed, i.unit, i.tax_unit, s.billed, s.credited, s.money,
    CASE WHEN is_lost THEN s.billed - s.credited - s.received ELSE 0 END AS lost,
    CASE WHEN is_lost THEN 0 ELSE s.billed - s.credited - s.received END AS still_open,
    CASE
        WHEN is_settled OR s.received = s.paid - s.given_up THEN s.money
        WHEN s.received = 0 THEN 0
        WHEN s.money = s.paid - s.given_up THEN s.received
        ELSE 100 * (s.money * s.received // (100 * (s.paid - s.given_up)))
    END AS received
FROM _received AS s
JOIN cashflow_bills AS i USING (k)

-- step: _worth
-- The same in the reporting currency, at the rate of the invoice; halves are rounded up.
SELECT
    k, month, n, sign, received, money, taxed, tax_unit, worth,
    unit * ((2 * worth * billed + unit * claim) // NULLIF(2 * unit * claim, 0)) AS billed,
    unit * ((2 * worth * credited + unit * claim) // NULLIF(2 * unit * claim, 0)) AS credited,
    unit * ((2 * worth * lost + unit * claim) // NULLIF(2 * unit * claim, 0)) AS lost,
    unit * ((2 * worth * still_open + unit * claim) // NULLIF(2 * unit * claim, 0)) AS still_open
FROM _standing

-- step: _claims
-- A credit note gives up what it is worth; what rates do to a claim is what is left when all else is counted.
SELECT
    k, month, n, received, money - received AS on_account, taxed, tax_unit, worth,
    CASE WHEN sign > 0 THEN COALESCE(billed, 0) ELSE 0 END AS invoiced,
    COALESCE(CASE WHEN sign > 0 THEN credited ELSE billed END, 0) AS credited,
    sign * COALESCE(lost, 0) AS lost,
    sign * COALESCE(still_open, 0) AS owed
FROM _worth

-- step: _without_tax
SELECT
    *, owed - invoiced + received + credited + lost AS fx,
    invoiced - COALESCE(tax_unit * ((2 * taxed * invoiced + tax_unit * worth) // NULLIF(2 * tax_unit * worth, 0)), 0)
        AS invoiced_net,
    credited - COALESCE(tax_unit * ((2 * taxed * credited + tax_unit * worth) // NULLIF(2 * tax_unit * worth, 0)), 0)
        AS credited_net,
    lost - COALESCE(
        SIGN(lost) * tax_unit * ((2 * taxed * ABS(lost) + tax_unit * worth) // NULLIF(2 * tax_unit * worth, 0)), 0
    ) AS lost_net
FROM _claims

-- step: _moved
SELECT
    n, month,
    invoiced - LAG(invoiced, 1, 0) OVER w AS invoiced, received - LAG(received, 1, 0) OVER w AS received,
    credited - LAG(credited, 1, 0) OVER w AS credited, lost - LAG(lost, 1, 0) OVER w AS lost,
    fx - LAG(fx, 1, 0) OVER w AS fx, owed - LAG(owed, 1, 0) OVER w AS owed,
    on_account - LAG(on_account, 1, 0) OVER w AS on_account,
    invoiced_net - LAG(invoiced_net, 1, 0) OVER w AS invoiced_net,
    credited_net - LAG(credited_net, 1, 0) OVER w AS credited_net, lost_net - LAG(lost_net, 1, 0) OVER w AS lost_net
FROM _without_tax
WINDOW w AS (PARTITION BY k ORDER BY month)

-- step: _known_invoices
SELECT i.system, i.id
FROM invoices AS i
ANTI JOIN cashflow_inside AS s ON s.party_id = i.party_id
WHERE i.status <> 'void'

-- step: _unlinked
-- Money for no invoice that stands: it is on account of who paid.
SELECT COALESCE(q.n, 0) AS n, CAST(DATE_TRUNC('month', p.paid_on) AS DATE) AS month, p.reporting_amount
FROM payments AS p
LEFT JOIN cashflow_parties AS q USING (party_id)
ANTI JOIN _known_invoices AS i ON i.system = p.system AND i.id = p.invoice
WHERE NOT COALESCE(q.is_inside, FALSE) AND COALESCE(q.n, 0) BETWEEN $first AND $last

-- step: cashflow_claims
-- Sums by party and month, in hundredths of a cent.
SELECT
    n, month, SUM(invoiced) AS invoiced, SUM(received) AS received, SUM(credited) AS credited, SUM(lost) AS lost,
    SUM(fx) AS fx, SUM(owed) AS owed, SUM(on_account) AS on_account,
    SUM(invoiced_net) AS invoiced_net, SUM(credited_net) AS credited_net, SUM(lost_net) AS lost_net
FROM (
    SELECT * FROM _moved
    UNION ALL
    SELECT n, month, 0, 0, 0, 0, 0, 0, CAST(SUM(reporting_amount) * 10000 AS HUGEINT), 0, 0, 0
    FROM _unlinked
    GROUP BY n, month
)
GROUP BY n, month

-- step: _balances
SELECT *, SUM(owed) OVER (PARTITION BY n ORDER BY month ROWS UNBOUNDED PRECEDING) AS balance
FROM cashflow_claims

-- step: cashflow_receivables
SELECT
    q.party_id, b.month,
    CAST(CAST(b.balance - b.owed AS DECIMAL(22, 0)) * 0.0001 AS DECIMAL(18, 4)) AS "begin",
    CAST(CAST(b.invoiced AS DECIMAL(22, 0)) * 0.0001 AS DECIMAL(18, 4)) AS invoiced,
    CAST(CAST(b.received AS DECIMAL(22, 0)) * 0.0001 AS DECIMAL(18, 4)) AS received,
    CAST(CAST(b.credited AS DECIMAL(22, 0)) * 0.0001 AS DECIMAL(18, 4)) AS credited,
    CAST(CAST(b.lost AS DECIMAL(22, 0)) * 0.0001 AS DECIMAL(18, 4)) AS written_off,
    CAST(CAST(b.fx AS DECIMAL(22, 0)) * 0.0001 AS DECIMAL(18, 4)) AS fx,
    CAST(CAST(b.balance AS DECIMAL(22, 0)) * 0.0001 AS DECIMAL(18, 4)) AS "end",
    CAST(CAST(b.on_account AS DECIMAL(22, 0)) * 0.0001 AS DECIMAL(18, 4)) AS on_account
FROM _balances AS b
LEFT JOIN cashflow_parties AS q USING (n)
WHERE b.invoiced <> 0 OR b.received <> 0 OR b.credited <> 0 OR b.lost <> 0 OR b.fx <> 0 OR b.on_account <> 0

-- step: _billed
-- Invoices and orders: an order is billed when it is placed, and its return gives it up.
SELECT
    n, month,
    CAST(invoiced_net AS DECIMAL(22, 0)) * 0.0001 AS invoiced,
    CAST(-credited_net AS DECIMAL(22, 0)) * 0.0001 AS credited,
    CAST(-lost_net AS DECIMAL(22, 0)) * 0.0001 AS written_off
FROM cashflow_claims
UNION ALL
SELECT
    COALESCE(q.n, 0), CAST(DATE_TRUNC('month', o.ordered_on) AS DATE),
    SUM(o.reporting_amount - COALESCE(o.reporting_tax, 0)) FILTER (WHERE o.reporting_amount >= 0),
    SUM(o.reporting_amount - COALESCE(o.reporting_tax, 0)) FILTER (WHERE o.reporting_amount < 0),
    0
FROM orders AS o
LEFT JOIN cashflow_parties AS q USING (party_id)
WHERE NOT COALESCE(q.is_inside, FALSE) AND COALESCE(q.n, 0) BETWEEN $first AND $last
GROUP BY 1, 2

-- step: _lines
SELECT
    n, month, invoiced, credited, written_off, 0 AS cost_of_goods, 0 AS acquisition, 0 AS retention, 0 AS sales,
    0 AS support, 0 AS incentives, 0 AS other
FROM _billed
UNION ALL
SELECT
    q.n, c.month, 0, 0, 0, c.cost_of_goods, c.acquisition, c.retention, c.sales, c.support, c.incentives, c.other
FROM cash_months AS c
JOIN cashflow_parties AS q USING (party_id)
WHERE q.n BETWEEN $first AND $last

-- step: _summed
SELECT
    n, month,
    CAST(COALESCE(SUM(invoiced), 0) AS DECIMAL(18, 4)) AS invoiced,
    CAST(COALESCE(SUM(credited), 0) AS DECIMAL(18, 4)) AS credited,
    CAST(COALESCE(SUM(written_off), 0) AS DECIMAL(18, 4)) AS written_off,
    CAST(SUM(cost_of_goods) AS DECIMAL(18, 4)) AS cost_of_goods,
    CAST(SUM(acquisition) AS DECIMAL(18, 4)) AS acquisition,
    CAST(SUM(retention) AS DECIMAL(18, 4)) AS retention,
    CAST(SUM(sales) AS DECIMAL(18, 4)) AS sales,
    CAST(SUM(support) AS DECIMAL(18, 4)) AS support,
    CAST(SUM(incentives) AS DECIMAL(18, 4)) AS incentives,
    CAST(SUM(other) AS DECIMAL(18, 4)) AS other
FROM _lines
GROUP BY n, month

-- step: cashflow_invoiced
SELECT
    q.party_id, s.* EXCLUDE (n),
    CAST(
        invoiced + credited + written_off + cost_of_goods + acquisition + retention + sales + support + incentives
        + other AS DECIMAL(18, 4)
    ) AS net_invoiced
FROM _summed AS s
LEFT JOIN cashflow_parties AS q USING (n)
WHERE
    invoiced <> 0 OR credited <> 0 OR written_off <> 0 OR cost_of_goods <> 0 OR acquisition <> 0 OR retention <> 0
    OR sales <> 0 OR support <> 0 OR incentives <> 0 OR other <> 0
