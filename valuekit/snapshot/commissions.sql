-- When deals earn their commission, under each rule.

-- step: disagreeing_deals
SELECT c.system, c.deal, c.party_id, p.label, c.owner, c.amount, c.signed, c.first_payment, c.active_use
FROM commissions AS c
LEFT JOIN parties AS p USING (party_id)
WHERE c.rules_disagree
ORDER BY c.amount DESC, c.system, c.deal

-- step: _by_rule
SELECT 'signed' AS rule, 1 AS place, signed AS day, amount FROM commissions
UNION ALL SELECT 'first_payment', 2, first_payment, amount FROM commissions
UNION ALL SELECT 'active_use', 3, active_use, amount FROM commissions

-- step: commission_months
SELECT rule, CAST(DATE_TRUNC('month', day) AS DATE) AS month, COUNT(*) AS deals, SUM(amount) AS amount
FROM _by_rule
GROUP BY rule, place, DATE_TRUNC('month', day)
ORDER BY place, month NULLS LAST
