-- One customer: found by name, and what is known of it.

-- step: _sought
SELECT party_id, label AS customer FROM _called JOIN parties USING (party_id)

-- step: found_by_cash
SELECT party_id, customer
FROM _sought LEFT JOIN cash USING (party_id)
ORDER BY net_cash DESC NULLS LAST, party_id
LIMIT 50

-- step: found_by_rank
SELECT party_id, customer
FROM _sought JOIN consensus USING (party_id)
ORDER BY rank NULLS LAST, party_id
LIMIT 50

-- step: _most_cash
SELECT party_id, net_cash FROM cash ORDER BY net_cash DESC, party_id LIMIT 50

-- step: first_by_cash
SELECT party_id, label AS customer
FROM _most_cash JOIN parties USING (party_id)
ORDER BY net_cash DESC, party_id

-- step: _first_ranks
SELECT party_id, rank FROM consensus ORDER BY rank NULLS LAST, party_id LIMIT 50

-- step: first_by_rank
SELECT party_id, label AS customer
FROM _first_ranks JOIN parties USING (party_id)
ORDER BY rank NULLS LAST, party_id

-- step: profile
SELECT
    label AS customer,
    stage,
    reason,
    since,
    tier,
    segments.ltv AS ltv,
    COALESCE(cash.net_cash, 0) AS net_cash,
    COALESCE(cash.net_cash_12m, 0) AS net_cash_12m,
    mrr,
    basis,
    p_alive,
    records,
    systems
FROM parties
JOIN stages USING (party_id)
LEFT JOIN segments USING (party_id, stage)
LEFT JOIN ltv USING (party_id)
LEFT JOIN cash USING (party_id)
WHERE party_id = $party

-- step: months
SELECT
    month, revenue, refunds, cost_of_goods, acquisition, retention, sales, support, incentives, other, net_cash
FROM cash_months
WHERE party_id = $party
ORDER BY month
