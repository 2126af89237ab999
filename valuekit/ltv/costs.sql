-- What a customer costs a month while it is one, by function: what is expected of marketing, sales, support, incentives and
-- other direct work; and what its goods cost. Six months of a mean peer are added to the goods of its own months, so those
-- of a new customer cost what its peers' do. Peers are current customers of the same kind: with contract or without.
-- Under contract, goods cost by the month: what is delivered goes on, whether this year's invoice was paid yet or not; a
-- peer's goods are scaled to the customer's own recurring revenue, so that small ones do not carry what large ones use.
-- For orders they are a share of revenue.

-- step: _months
SELECT party_id, has_contract, is_customer, mrr, months, seen,
       COALESCE(delivered, 0) AS delivered,
       COALESCE(cost_of_goods, 0) AS cost_of_goods,
       COALESCE(received, 0) AS received
FROM cost_months

-- step: _peer_costs
SELECT has_contract,
       COALESCE(CAST(SUM(delivered) AS DOUBLE) / NULLIF(CAST(SUM(CAST(seen * mrr AS DECIMAL(38, 4))) AS DOUBLE), 0), 0)
         AS goods_of_mrr,
       COALESCE(CAST(SUM(cost_of_goods) AS DOUBLE) / NULLIF(SUM(LEAST(months + 1, 12)), 0), 0) AS cost_of_goods,
       COALESCE(CAST(SUM(received) AS DOUBLE) / NULLIF(SUM(LEAST(months + 1, 12)), 0), 0) AS received
FROM _months
WHERE is_customer
GROUP BY has_contract

-- step: _shrunk
SELECT m.party_id,
       m.has_contract,
       m.months,
       CASE WHEN m.mrr > 0 OR m.months = 0
            THEN (m.months * COALESCE(m.delivered / NULLIF(CAST(m.seen AS DOUBLE), 0), 0)
                  + 6 * COALESCE(p.goods_of_mrr, 0) * m.mrr) / (m.months + 6)
            ELSE m.delivered / CAST(m.seen AS DOUBLE) END AS delivered,
       m.months * CAST(m.cost_of_goods AS DOUBLE) / LEAST(m.months + 1, 12) + 6 * COALESCE(p.cost_of_goods, 0) AS made,
       m.months * GREATEST(CAST(m.received AS DOUBLE), 0) / LEAST(m.months + 1, 12) + 6 * COALESCE(p.received, 0) AS sold
FROM _months AS m
LEFT JOIN _peer_costs AS p ON p.has_contract = m.has_contract

-- step: _expected
SELECT party_id,
       SUM(monthly) FILTER (WHERE function = 'marketing') AS marketing,
       SUM(monthly) FILTER (WHERE function = 'sales') AS sales,
       SUM(monthly) FILTER (WHERE function = 'support') AS support,
       SUM(monthly) FILTER (WHERE function = 'incentives') AS incentives,
       SUM(monthly) FILTER (WHERE function = 'other') AS other
FROM expected_cost
GROUP BY party_id

-- step: cost_rates
-- Costs are negative: currency a month alive; goods of orders: share of revenue.
SELECT s.party_id, s.months,
       COALESCE(CAST(e.marketing AS DOUBLE), 0) AS marketing,
       COALESCE(CAST(e.sales AS DOUBLE), 0) AS sales,
       COALESCE(CAST(e.support AS DOUBLE), 0) AS support,
       COALESCE(CAST(e.incentives AS DOUBLE), 0) AS incentives,
       COALESCE(CAST(e.other AS DOUBLE), 0) AS other,
       CASE WHEN s.has_contract THEN s.delivered ELSE 0 END AS goods_a_month,
       CASE WHEN s.sold > 0 AND NOT s.has_contract THEN s.made / s.sold ELSE 0 END AS goods_share
FROM _shrunk AS s
LEFT JOIN _expected AS e ON e.party_id = s.party_id
