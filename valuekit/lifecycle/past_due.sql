-- Invoices that stop recurring revenue, by the settlement of all invoices.

-- step: past_due
-- From which day until which an invoice is open, or written off, for longer than the policy allows; what is disputed is not
-- overdue.
SELECT
  b.party_id, b.contract, GREATEST(s.day, b.due_on + CAST($past_due_days AS INTEGER) + 1) AS from_day,
  COALESCE(s.next_day, DATE '9999-12-31') AS until_day
FROM settled_states AS s
JOIN settled_bills AS b ON b.bill = s.bill
WHERE
  (s.open > 0 OR s.written_off > 0) AND b.sign > 0 AND b.party_id IS NOT NULL
  AND COALESCE(s.next_day, DATE '9999-12-31') > b.due_on + CAST($past_due_days AS INTEGER) + 1
