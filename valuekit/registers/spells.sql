-- Since when a party is a customer by cash and profitable: sums of twelve months at each month end, by changes.
-- Months are numbers: those since the start of the year 2000.

-- step: _external
-- Money moved inside the company makes nobody a customer.
SELECT a.party_id, DATEDIFF('month', DATE '2000-01-01', a.month) AS number, a.net_cash, a.profit
FROM _profit_months AS a
JOIN stages AS s USING (party_id)
WHERE s.stage <> 'internal'

-- step: _changes
-- A month counts for twelve month ends.
SELECT party_id, number, SUM(net_cash) AS net_cash, SUM(profit) AS profit
FROM (
  SELECT party_id, number, net_cash, profit
  FROM _external
  UNION ALL
  SELECT party_id, number + 12, -net_cash, -profit
  FROM _external
  WHERE number + 12 <= DATEDIFF('month', DATE '2000-01-01', $as_of)
)
GROUP BY party_id, number

-- step: spell_years
-- From month `number` to `until`, the signs of the sums of twelve months.
SELECT
  party_id, number,
  LEAD(number, 1, DATEDIFF('month', DATE '2000-01-01', $as_of) + 1) OVER so_far - 1 AS until,
  SUM(net_cash) OVER so_far > 0 AS cash_positive,
  SUM(profit) OVER so_far > 0 AS profitable
FROM _changes
WINDOW so_far AS (PARTITION BY party_id ORDER BY number)

-- step: _broken
SELECT
  *,
  MAX(CASE WHEN NOT cash_positive THEN number END) OVER (PARTITION BY party_id) AS last_without_cash,
  MAX(CASE WHEN NOT profitable THEN number END) OVER (PARTITION BY party_id) AS last_without_profit
FROM spell_years

-- step: _since
SELECT
  party_id,
  MIN(number) FILTER (WHERE number > COALESCE(last_without_cash, -1000000)) AS by_cash,
  MIN(number) FILTER (WHERE number > COALESCE(last_without_profit, -1000000)) AS by_profit
FROM _broken
GROUP BY party_id

-- step: spells
SELECT
  party_id,
  CAST(DATE '2000-01-01' + TO_MONTHS(CAST(by_cash AS INTEGER)) AS DATE) AS cash_positive_since,
  COALESCE(DATEDIFF('month', DATE '2000-01-01', $as_of) + 1 - by_cash, 0) AS cash_positive_months,
  CAST(DATE '2000-01-01' + TO_MONTHS(CAST(by_profit AS INTEGER)) AS DATE) AS profitable_since,
  COALESCE(DATEDIFF('month', DATE '2000-01-01', $as_of) + 1 - by_profit, 0) AS profitable_months
FROM _since

-- step: _customers
SELECT
  party_id,
  DATEDIFF('month', DATE '2000-01-01', from_end) AS number,
  DATEDIFF('month', DATE '2000-01-01', until_end) AS until
FROM history
WHERE LIST_CONTAINS($customer_stages, stage) AND party_id BETWEEN $first_party AND $last_party

-- step: _cells
-- While a party is a customer: as long as its signs stay. Every customer is counted with neither, and moved from there.
SELECT FALSE AS cash_positive, FALSE AS profitable, number, until, 1 AS parties
FROM _customers
UNION ALL
SELECT FALSE, FALSE, GREATEST(c.number, y.number), LEAST(c.until, y.until), -1
FROM _customers AS c
JOIN spell_years AS y
  ON y.party_id = c.party_id AND y.number <= c.until AND y.until >= c.number AND (y.cash_positive OR y.profitable)
UNION ALL
SELECT y.cash_positive, y.profitable, GREATEST(c.number, y.number), LEAST(c.until, y.until), 1
FROM _customers AS c
JOIN spell_years AS y
  ON y.party_id = c.party_id AND y.number <= c.until AND y.until >= c.number AND (y.cash_positive OR y.profitable)

-- step: spell_moves
-- How the cells change at each month end.
SELECT cash_positive, profitable, number, SUM(parties) AS parties
FROM (
  SELECT cash_positive, profitable, number, parties
  FROM _cells
  UNION ALL
  SELECT cash_positive, profitable, until + 1, -parties
  FROM _cells
)
GROUP BY cash_positive, profitable, number
