-- Which invoice each movement of money is for: the one that it names in its system, else one of its party in another.

-- step: settled_parties
-- Whole numbers for parties, in the order of their ids; 0 stands for nobody known. What one's own units and test
-- accounts owe or pay is no receivable.
SELECT
    CAST(ROW_NUMBER() OVER (ORDER BY party_id) AS INTEGER) AS n, party_id,
    COALESCE(role IN ('internal', 'test'), FALSE) AS is_inside
FROM parties

-- step: _sized
-- Amounts have no sign and are in hundredths of a cent; a negative invoice is a credit note, settled by money back.
SELECT
    i.rowid AS bill, COALESCE(p.n, 0) AS n, p.party_id, i.contract, i.issued_on, i.due_on, i.status, i.currency,
    CASE WHEN i.amount < 0 THEN -1 ELSE 1 END AS sign,
    CAST(CAST(ABS(i.amount) AS DECIMAL(38, 4)) * 10000 AS BIGINT) AS claim,
    CAST(CAST(ABS(i.reporting_amount) AS DECIMAL(38, 4)) * 10000 AS BIGINT) AS worth,
    CAST(CAST(ABS(COALESCE(i.reporting_tax, 0)) AS DECIMAL(38, 4)) * 10000 AS BIGINT) AS taxed
FROM invoices AS i
LEFT JOIN settled_parties AS p ON p.party_id = i.party_id
WHERE {stands} AND p.is_inside IS NOT TRUE

-- step: settled_bills
-- The smallest part of a claim is a cent, as in all converted amounts; where the amounts are finer, so are their parts.
SELECT
    *,
    CASE WHEN worth % 100 = 0 AND worth <> claim THEN 100 ELSE 1 END AS unit,
    CASE WHEN taxed % 100 = 0 THEN 100 ELSE 1 END AS tax_unit
FROM _sized

-- step: _invoices
SELECT i.rowid AS bill, i.system, i.id, COALESCE(p.n, 0) AS n, {stands} AND p.is_inside IS NOT TRUE AS stands
FROM invoices AS i
LEFT JOIN settled_parties AS p ON p.party_id = i.party_id

-- step: settled_payments
-- Without a bill where the invoice that it names does not stand, and what comes after the date pays nothing yet.
-- `sought`: the invoice that it names, where its own system has none of that id. `n`: the party whom it counts for.
SELECT
    p.rowid AS payment, p.paid_on, p.kind, p.currency, p.amount, p.reporting_amount,
    CASE WHEN i.stands AND p.paid_on <= $as_of THEN i.bill END AS bill,
    CASE WHEN i.stands AND p.paid_on <= $as_of THEN i.n ELSE COALESCE(q.n, 0) END AS n,
    CASE WHEN i.bill IS NULL AND p.paid_on <= $as_of THEN p.invoice END AS sought
FROM payments AS p
LEFT JOIN settled_parties AS q ON q.party_id = p.party_id
LEFT JOIN _invoices AS i ON i.system = p.system AND i.id = p.invoice
WHERE q.is_inside IS NOT TRUE

-- step: settled_elsewhere
-- Money that is kept in another system than the bills: the party must be the same.
SELECT p.payment, MIN_BY(i.bill, i.system) AS bill
FROM settled_payments AS p
JOIN _invoices AS i ON i.id = p.sought AND i.n = p.n
WHERE i.stands AND p.n > 0
GROUP BY p.payment
