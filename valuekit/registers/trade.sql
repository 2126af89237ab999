-- Money from and to the parties that the company buys from, and how customers stand by cash and by profit.

-- step: _paid_out
SELECT supplier_party_id AS party_id, SUM(reporting_amount) AS paid
FROM costs
WHERE supplier_party_id IS NOT NULL
GROUP BY supplier_party_id

-- step: _gross
-- Money moved inside the company is neither received nor paid.
SELECT
  f.party_id, f.paid + f.ordered AS received, -COALESCE(o.paid, 0) AS paid,
  LIST_CONTAINS($customer_stages, s.stage) AS is_customer
FROM facts AS f
JOIN stages AS s USING (party_id)
LEFT JOIN _paid_out AS o USING (party_id)
WHERE s.stage <> 'internal' AND (f.is_supplier OR o.party_id IS NOT NULL)

-- step: trade
SELECT
  party_id,
  CAST(received AS DECIMAL(18, 4)) AS received,
  CAST(paid AS DECIMAL(18, 4)) AS paid,
  CAST(received + paid AS DECIMAL(18, 4)) AS net,
  is_customer
FROM _gross

-- step: _cells
SELECT *
FROM (VALUES
  (TRUE, TRUE, 'Good customer'),
  (TRUE, FALSE, 'Customer by cash, not profitable'),
  (FALSE, TRUE, 'Profitable, cash still out'),
  (FALSE, FALSE, 'Neither')
) AS cells (cash_positive, profitable, label)

-- step: _customers
SELECT f.party_id, f.net_cash_12m, f.profit_12m, f.net_cash_12m > 0 AS cash_positive, f.profit_12m > 0 AS profitable
FROM facts AS f
JOIN stages AS s USING (party_id)
WHERE LIST_CONTAINS($customer_stages, s.stage)

-- step: cash_and_profit
SELECT
  c.cash_positive, c.profitable, c.label,
  COUNT(f.party_id) AS parties,
  CAST(COALESCE(SUM(f.net_cash_12m), 0) AS DECIMAL(18, 4)) AS net_cash_12m,
  CAST(COALESCE(SUM(f.profit_12m), 0) AS DECIMAL(18, 4)) AS profit_12m
FROM _cells AS c
LEFT JOIN _customers AS f ON f.cash_positive = c.cash_positive AND f.profitable = c.profitable
GROUP BY c.cash_positive, c.profitable, c.label
