-- Days on which what a party has overdue changes, by invoices that are called neither paid nor uncollectible.

-- step: _late
SELECT b.party_id, GREATEST(s.day, b.due_on + 1) AS day, s.next_day, s.open
FROM settled_states AS s
JOIN settled_bills AS b ON b.bill = s.bill
WHERE
    s.open > 0 AND b.status NOT IN ('paid', 'uncollectible') AND b.party_id IS NOT NULL
    AND COALESCE(s.next_day > b.due_on + 1, b.due_on < $as_of)

-- step: overdue_days
SELECT party_id, day, {amount} AS overdue
FROM (
    SELECT party_id, day, SUM(amount) AS amount
    FROM (
        SELECT party_id, day, open AS amount FROM _late
        UNION ALL
        SELECT party_id, next_day, -open FROM _late WHERE next_day IS NOT NULL
    )
    GROUP BY party_id, day
)
WHERE amount <> 0
