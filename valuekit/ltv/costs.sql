-- What a customer costs a month while it is one, by function, and what its orders cost to make.
-- Own months count from the month after the first payment, so that the cost of winning the customer, which is sunk, is
-- left out; of these the last 12 complete ones. Six months of a mean peer are added, so a new customer costs what its
-- peers cost. Peers are current customers of the same kind: with contract or without. Under contract, goods cost by the
-- month too: what is delivered goes on, whether this year's invoice was paid yet or not; a peer's goods are scaled to the
-- customer's own recurring revenue, so that small ones do not carry what large ones use. For orders they are a share
-- of revenue.

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

-- step: _kept
SELECT v.party_id, m.retention, m.sales, m.support, m.incentives, m.other, m.cost_of_goods, m.revenue + m.refunds AS received,
       m.month > v.since AS counts
FROM _valued AS v
JOIN cash_months AS m ON m.party_id = v.party_id
WHERE m.month BETWEEN $first_month AND $last_month

-- step: _own
SELECT party_id,
       SUM(CASE WHEN counts THEN retention ELSE 0 END) AS marketing,
       SUM(CASE WHEN counts THEN sales ELSE 0 END) AS sales,
       SUM(CASE WHEN counts THEN support ELSE 0 END) AS support,
       SUM(CASE WHEN counts THEN incentives ELSE 0 END) AS incentives,
       SUM(CASE WHEN counts THEN other ELSE 0 END) AS other,
       SUM(CASE WHEN counts THEN cost_of_goods ELSE 0 END) AS delivered,
       SUM(cost_of_goods) AS cost_of_goods,
       SUM(received) AS received
FROM _kept
GROUP BY party_id

-- step: cost_months
SELECT h.party_id, h.has_contract, h.is_customer, h.mrr, h.months,
       LEAST(h.months, 12) AS seen,
       COALESCE(o.marketing, 0) AS marketing,
       COALESCE(o.sales, 0) AS sales,
       COALESCE(o.support, 0) AS support,
       COALESCE(o.incentives, 0) AS incentives,
       COALESCE(o.other, 0) AS other,
       COALESCE(o.delivered, 0) AS delivered,
       COALESCE(o.cost_of_goods, 0) AS cost_of_goods,
       COALESCE(o.received, 0) AS received
FROM _history AS h
LEFT JOIN _own AS o ON o.party_id = h.party_id

-- step: peer_costs
SELECT has_contract,
       COALESCE(CAST(SUM(marketing) AS DOUBLE) / NULLIF(SUM(seen), 0), 0) AS marketing,
       COALESCE(CAST(SUM(sales) AS DOUBLE) / NULLIF(SUM(seen), 0), 0) AS sales,
       COALESCE(CAST(SUM(support) AS DOUBLE) / NULLIF(SUM(seen), 0), 0) AS support,
       COALESCE(CAST(SUM(incentives) AS DOUBLE) / NULLIF(SUM(seen), 0), 0) AS incentives,
       COALESCE(CAST(SUM(other) AS DOUBLE) / NULLIF(SUM(seen), 0), 0) AS other,
       COALESCE(CAST(SUM(delivered) AS DOUBLE) / NULLIF(CAST(SUM(CAST(seen * mrr AS DECIMAL(38, 4))) AS DOUBLE), 0), 0)
         AS goods_of_mrr,
       COALESCE(CAST(SUM(cost_of_goods) AS DOUBLE) / NULLIF(SUM(LEAST(months + 1, 12)), 0), 0) AS cost_of_goods,
       COALESCE(CAST(SUM(received) AS DOUBLE) / NULLIF(SUM(LEAST(months + 1, 12)), 0), 0) AS received
FROM cost_months
WHERE is_customer
GROUP BY has_contract

-- step: _shrunk
SELECT m.party_id,
       m.has_contract,
       m.months,
       (m.months * COALESCE(m.marketing / NULLIF(CAST(m.seen AS DOUBLE), 0), 0) + 6 * COALESCE(p.marketing, 0))
         / (m.months + 6) AS marketing,
       (m.months * COALESCE(m.sales / NULLIF(CAST(m.seen AS DOUBLE), 0), 0) + 6 * COALESCE(p.sales, 0))
         / (m.months + 6) AS sales,
       (m.months * COALESCE(m.support / NULLIF(CAST(m.seen AS DOUBLE), 0), 0) + 6 * COALESCE(p.support, 0))
         / (m.months + 6) AS support,
       (m.months * COALESCE(m.incentives / NULLIF(CAST(m.seen AS DOUBLE), 0), 0) + 6 * COALESCE(p.incentives, 0))
         / (m.months + 6) AS incentives,
       (m.months * COALESCE(m.other / NULLIF(CAST(m.seen AS DOUBLE), 0), 0) + 6 * COALESCE(p.other, 0))
         / (m.months + 6) AS other,
       CASE WHEN m.mrr > 0 OR m.months = 0
            THEN (m.months * COALESCE(m.delivered / NULLIF(CAST(m.seen AS DOUBLE), 0), 0)
                  + 6 * COALESCE(p.goods_of_mrr, 0) * m.mrr) / (m.months + 6)
            ELSE m.delivered / CAST(m.seen AS DOUBLE) END AS delivered,
       m.months * CAST(m.cost_of_goods AS DOUBLE) / LEAST(m.months + 1, 12) + 6 * COALESCE(p.cost_of_goods, 0) AS made,
       m.months * GREATEST(CAST(m.received AS DOUBLE), 0) / LEAST(m.months + 1, 12) + 6 * COALESCE(p.received, 0) AS sold
FROM cost_months AS m
LEFT JOIN peer_costs AS p ON p.has_contract = m.has_contract

-- step: cost_rates
-- Costs are negative: currency a month alive; goods of orders: share of revenue.
SELECT party_id, months, marketing, sales, support, incentives, other,
       CASE WHEN has_contract THEN delivered ELSE 0 END AS goods_a_month,
       CASE WHEN sold > 0 AND NOT has_contract THEN made / sold ELSE 0 END AS goods_share
FROM _shrunk
