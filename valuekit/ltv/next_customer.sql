-- Who is won next: of the kinds, and at the prices and costs, of today's customers; streams that are off are left out.

-- step: _customers
SELECT f.party_id, CASE WHEN f.has_lines THEN 'contracts' ELSE 'orders' END AS kind,
       COALESCE(LEAST(k.first_paid_on, k.first_ordered_on), k.first_paid_on, k.first_ordered_on) > $since AS is_recent,
       CAST({net} AS DECIMAL(18,8)) AS net,
       CAST({variable} AS DECIMAL(18,8)) AS variable,
       CAST({monthly} AS DECIMAL(18,8)) AS monthly
FROM futures AS f
JOIN facts AS k ON k.party_id = f.party_id
WHERE f.has_lines OR f.has_orders

-- step: customer_kinds
SELECT kind, COUNT(*) FILTER (WHERE is_recent) AS recent, COUNT(*) AS customers,
       CAST(SUM(net) AS DOUBLE) / COUNT(*) AS net,
       CAST(SUM(variable) AS DOUBLE) / COUNT(*) AS variable,
       CAST(SUM(monthly) AS DOUBLE) / COUNT(*) AS monthly
FROM _customers
GROUP BY kind

-- step: next_prices
-- Terms as today's lines have them, per customer by contract: one with two lines pays both.
SELECT term_months, segment, billed_every,
       CAST(SUM(price) AS DOUBLE) / (SELECT COUNT(DISTINCT party_id) FROM contract_lines) AS price
FROM contract_lines
GROUP BY term_months, segment, billed_every

-- step: _terms_of
SELECT party_id, MIN(segment) AS segment, LIST(DISTINCT term_months ORDER BY term_months) AS terms
FROM contract_lines
GROUP BY party_id

-- step: next_terms
-- Which lines customers have together; all lines of a party are of one segment.
SELECT segment, terms, COUNT(*) / CAST((SELECT COUNT(*) FROM _terms_of) AS DOUBLE) AS share
FROM _terms_of
GROUP BY segment, terms
