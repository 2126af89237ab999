-- What there is to say about the lifetime value.

-- step: _monthly
SELECT party_id, silent, CAST(price / term_months AS DECIMAL(18,4)) AS monthly FROM contract_lines

-- step: _under_contract
SELECT party_id, MAX(silent) > 0 AS is_silent, SUM(monthly) FILTER (WHERE silent > 0) AS mrr, SUM(monthly) AS all_mrr
FROM _monthly
GROUP BY party_id

-- step: without_money
-- Customers whose contracts went on unsigned, while neither bill nor payment came; beside all contracts in force.
SELECT COUNT(*) FILTER (WHERE c.is_silent) AS parties, COUNT(*) AS all_parties,
       COALESCE(SUM(c.mrr), 0) AS mrr, COALESCE(SUM(c.all_mrr), 0) AS all_mrr,
       COALESCE(SUM(l.ltv) FILTER (WHERE c.is_silent), 0) AS ltv, (SELECT COALESCE(SUM(ltv), 0) FROM ltv) AS all_ltv
FROM _under_contract AS c
LEFT JOIN ltv AS l ON l.party_id = c.party_id

-- step: last_records
SELECT last_on, table_name, system
FROM ({last_days}) AS days
WHERE last_on IS NOT NULL
ORDER BY last_on DESC, table_name, system

-- step: _of_groups
SELECT g.term_months, n.name, SUM(g.weight * g.churned) AS refused, SUM(g.weight * (g.renewals - g.entered)) AS survived
FROM renewal_groups AS g
JOIN segment_names AS n ON n.segment = g.segment
GROUP BY g.term_months, n.name

-- step: small_groups
-- Groups of customers that were asked for and have too few renewals for a curve of their own; the largest first.
SELECT term_months, name, CAST(refused AS BIGINT) AS refused, CAST(survived AS BIGINT) AS survived,
       (SELECT COUNT(*) FROM _of_groups) AS groups
FROM _of_groups
WHERE LEAST(refused, survived) < $enough AND (SELECT COUNT(*) FROM segment_names) > 1
ORDER BY LEAST(refused, survived) DESC, term_months, name

-- step: nobody_paid
-- What is signed and billed in a company of which nobody is valued.
SELECT (SELECT COUNT(*) FROM contracts WHERE signed_on <= $as_of) AS contracts,
       (SELECT COUNT(DISTINCT party_id) FROM contracts WHERE signed_on <= $as_of) AS parties,
       (SELECT COUNT(*) FROM invoices WHERE issued_on <= $as_of) AS bills
WHERE NOT EXISTS (SELECT 1 FROM ltv)
