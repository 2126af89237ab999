-- What is counted over the months of all parties.

-- step: stage_months
SELECT p.as_of, m.complete, p.stage, p.reason, COUNT(*) AS parties
FROM party_months AS p
JOIN month_ends AS m USING (as_of)
GROUP BY p.as_of, m.complete, p.stage, p.reason
