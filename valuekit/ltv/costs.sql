-- What a customer costs while it is one, by function: what is expected of marketing, sales, support, incentives and other
-- direct work; and what its goods cost. What follows the money is a share of revenue (`cost_shares`), all else is by
-- month alive. Six months of a mean peer are added to the goods of its own months, so those of a new customer cost what
-- its peers' do. Peers are current customers of the same kind: with contract or without. Under contract, goods that do
-- not follow the money are delivered month by month, whether this year's invoice was paid yet or not; a peer's are
-- scaled to the customer's own recurring revenue, so that small ones do not carry what large ones use. For orders goods
-- are a share.

-- step: _months
SELECT m.party_id, m.has_contract, m.is_customer, m.mrr, m.months, m.seen,
       COALESCE(s.share, 0) AS goods_of_money,
       CAST(COALESCE(s.share * m.received_seen, 0) - COALESCE(m.goods, 0) AS DECIMAL(18,4)) AS delivered,
       COALESCE(m.cost_of_goods, 0) AS cost_of_goods,
       COALESCE(m.received, 0) AS received
FROM cost_months AS m
LEFT JOIN cost_shares AS s ON s.has_contract = m.has_contract AND s.function = 'goods'

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
       m.goods_of_money,
       m.mrr,
       CASE WHEN m.mrr > 0 OR m.months = 0
            THEN (m.months * COALESCE(m.delivered / NULLIF(CAST(m.seen AS DOUBLE), 0), 0)
                  + 6 * COALESCE(p.goods_of_mrr, 0) * m.mrr) / (m.months + 6)
            ELSE m.delivered / CAST(m.seen AS DOUBLE) END AS delivered,
       m.months * CAST(m.cost_of_goods AS DOUBLE) / LEAST(m.months + 1, 12) + 6 * COALESCE(p.cost_of_goods, 0) AS made,
       m.months * GREATEST(CAST(m.received AS DOUBLE), 0) / LEAST(m.months + 1, 12) + 6 * COALESCE(p.received, 0) AS sold
FROM _months AS m
LEFT JOIN _peer_costs AS p ON p.has_contract = m.has_contract

-- step: _expected
-- One row per party and function: each sum is of one number.
SELECT party_id, {expected}
FROM cost_expected
GROUP BY party_id

-- step: cost_rates
-- Costs are negative: currency a month alive, and shares of revenue.
SELECT s.party_id, s.months,
       {rates},
       CASE WHEN s.has_contract THEN LEAST(s.delivered, 0) ELSE 0 END AS goods_a_month,
       CASE WHEN NOT s.has_contract AND s.sold > 0 THEN s.made / s.sold
            WHEN NOT s.has_contract THEN 0
            WHEN s.delivered > 0 AND s.mrr > 0 THEN LEAST(s.delivered / s.mrr - s.goods_of_money, 0)
            ELSE -s.goods_of_money END AS goods_share
FROM _shrunk AS s
LEFT JOIN _expected AS e ON e.party_id = s.party_id
