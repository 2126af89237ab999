-- What a customer costs while it is one, by function: what follows the money as a share of revenue, all else by month
-- alive. Goods of a contract are expected as all other cost is; those of orders are a share of what is paid, its own and,
-- with the weight of six months, its peers', so that those of a new customer cost what its peers' do. Peers are all who
-- paid without a contract in the year: who used something and paid nothing has no share.

-- step: _orders
-- A year in which more came back than was bought has no share of its own.
SELECT party_id, months, received > 0 AS has_share,
       CASE WHEN received > 0 THEN LEAST(cost_of_goods, 0) ELSE 0 END AS cost_of_goods,
       GREATEST(received, 0) AS received
FROM (SELECT party_id, months, COALESCE(cost_of_goods, 0) AS cost_of_goods, COALESCE(received, 0) AS received
      FROM cost_months
      WHERE NOT has_contract)

-- step: _peer_goods
SELECT COALESCE(CAST(SUM(cost_of_goods) AS DOUBLE) / NULLIF(SUM(LEAST(months + 1, 12)), 0), 0) AS cost_of_goods,
       COALESCE(CAST(SUM(received) AS DOUBLE) / NULLIF(SUM(LEAST(months + 1, 12)), 0), 0) AS received
FROM _orders
WHERE has_share

-- step: _goods_of_orders
SELECT o.party_id,
       o.months * CAST(o.cost_of_goods AS DOUBLE) / LEAST(o.months + 1, 12) + 6 * p.cost_of_goods AS made,
       o.months * CAST(o.received AS DOUBLE) / LEAST(o.months + 1, 12) + 6 * p.received AS sold
FROM _orders AS o
CROSS JOIN _peer_goods AS p

-- step: _expected
-- One row per party and function: each sum is of one number.
SELECT party_id, {expected}
FROM cost_expected
GROUP BY party_id

-- step: cost_rates
-- Costs are negative: currency a month alive, and shares of revenue.
SELECT m.party_id, m.months,
       {rates},
       -COALESCE(e.rate_goods, 0) AS goods_a_month,
       COALESCE(CASE WHEN NOT m.has_contract THEN o.made / NULLIF(o.sold, 0) ELSE -e.share_goods END, 0)
         AS goods_share
FROM cost_months AS m
LEFT JOIN _goods_of_orders AS o ON o.party_id = m.party_id
LEFT JOIN _expected AS e ON e.party_id = m.party_id
