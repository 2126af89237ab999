-- Who is valued, and how long its history is. Own months count from the month after the first payment, so that the cost of
-- winning the customer, which is sunk, is left out; of these the last 12 complete ones.

-- step: _valued
SELECT s.party_id,
       s.stage IN ('active', 'inactive') AS is_customer,
       f.has_contract,
       CAST(COALESCE(f.mrr, 0) AS DOUBLE) AS mrr,
       CAST(DATE_TRUNC('month', LEAST(COALESCE(f.first_paid_on, f.first_ordered_on),
                                      COALESCE(f.first_ordered_on, f.first_paid_on))) AS DATE) AS since
FROM stages AS s
JOIN facts AS f ON f.party_id = s.party_id
WHERE s.stage IN ('active', 'inactive', 'lapsed_paying', 'churned', 'paid_without_contract')

-- step: _history
SELECT *,
       GREATEST(COALESCE((YEAR($last_month) - YEAR(since)) * 12 + MONTH($last_month) - MONTH(since), 0), 0) AS months
FROM _valued

-- step: cost_months
SELECT party_id, has_contract, is_customer, mrr, since, months, LEAST(months, 12) AS seen
FROM _history
