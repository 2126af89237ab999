-- Which invoice each movement of money is for: the one that it names in its system, else one of its party in another.

-- step: settled_inside
-- What one's own units and test accounts owe or pay is no receivable.
SELECT party_id FROM parties WHERE role IN ('internal', 'test')

-- step: settled_payments
SELECT
    p.rowid AS payment, p.party_id, p.invoice, p.paid_on, p.kind, p.currency, p.amount, p.reporting_amount,
    i.rowid AS bill, i.party_id AS billed_party_id, {stands} AS stands
FROM payments AS p
LEFT JOIN invoices AS i ON i.system = p.system AND i.id = p.invoice
ANTI JOIN settled_inside AS s ON s.party_id = p.party_id

-- step: _elsewhere
-- Money that is kept in another system than the bills: the party must be the same.
SELECT p.payment, MIN_BY(i.rowid, i.system) AS bill
FROM settled_payments AS p
JOIN invoices AS i ON i.id = p.invoice AND i.party_id = p.party_id
WHERE p.bill IS NULL AND p.invoice IS NOT NULL AND {stands}
GROUP BY p.payment

-- step: settled_money
-- Without a bill where it names none that stands. What comes after the date pays nothing yet.
SELECT
    p.party_id, p.paid_on, p.kind, p.currency, p.amount, p.reporting_amount,
    CASE
        WHEN p.paid_on > $as_of THEN NULL
        WHEN p.stands AND i.party_id IS NULL THEN p.bill
        ELSE e.bill
    END AS bill
FROM settled_payments AS p
LEFT JOIN settled_inside AS i ON i.party_id = p.billed_party_id
LEFT JOIN _elsewhere AS e ON e.payment = p.payment
