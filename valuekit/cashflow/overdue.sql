-- Days on which what a party has overdue changes, by invoices that are not called paid.

-- step: overdue_days_part
SELECT party_id, day, {amount} AS overdue
FROM (
    SELECT party_id, day, SUM(amount) AS amount
    FROM (
        SELECT b.party_id, GREATEST(s.day, b.due_on + 1) AS day, s.open AS amount
        FROM settled_states AS s
        JOIN settled_bills AS b ON b.bill = s.bill
        WHERE s.open > 0 AND COALESCE(s.next_day > b.due_on + 1, b.due_on < $as_of)
        UNION ALL
        SELECT b.party_id, s.next_day, -s.open
        FROM settled_states AS s
        JOIN settled_bills AS b ON b.bill = s.bill
        WHERE s.open > 0 AND s.next_day > b.due_on + 1
    )
    WHERE party_id IS NOT NULL
    GROUP BY party_id, day
)
WHERE amount <> 0
