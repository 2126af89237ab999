-- What there is to say about the cost data: nothing is lost by any of it.

-- step: pools_known
SELECT pool, COUNT(*) AS lines, -SUM(reporting_amount) AS amount, MIN(function) AS function
FROM costs
WHERE record IS NULL AND function <> 'general'
GROUP BY pool
ORDER BY pool

-- step: _months
SELECT DISTINCT month FROM costs

-- step: missing_months
-- Months without a ledger line between two that have some.
SELECT
    CAST(month + INTERVAL 1 MONTH AS DATE) AS first_missing,
    next,
    DATE_DIFF('month', month, next) - 1 AS months
FROM (SELECT month, LEAD(month) OVER (ORDER BY month) AS next FROM _months)
WHERE DATE_DIFF('month', month, next) > 1
ORDER BY first_missing

-- step: _pool_presence
SELECT
    pool, COUNT(DISTINCT month) AS present,
    DATE_DIFF('month', MIN(month), MAX(month)) + 1 AS span
FROM costs
WHERE record IS NULL
GROUP BY pool

-- step: _steady
-- Pools that the ledger has in most months: those from which a month may be missing.
SELECT pool, month, LEAD(month) OVER (PARTITION BY pool ORDER BY month) AS next
FROM (SELECT DISTINCT pool, month FROM costs WHERE record IS NULL)
WHERE pool IN (SELECT pool FROM _pool_presence WHERE 2 * present > span AND present < span)

-- step: missing_pools
SELECT s.pool, m.month
FROM _steady AS s
JOIN _months AS m ON m.month > s.month AND m.month < s.next
ORDER BY s.pool, m.month

-- step: untouched
SELECT campaign, COUNT(*) AS lines, -SUM(reporting_amount) AS amount
FROM costs
WHERE record IS NULL AND campaign IS NOT NULL AND campaign NOT IN (SELECT campaign FROM cashflow_credits)
GROUP BY campaign
ORDER BY campaign

-- step: never_bought
SELECT COUNT(DISTINCT m.party_id) AS parties, COALESCE(SUM(m.acquisition + m.sales), 0) AS amount
FROM cash_months AS m
JOIN cashflow_parties AS q USING (party_id)
JOIN parties AS p USING (party_id)
WHERE q.won IS NULL AND COALESCE(p.role, 'buyer') = 'buyer' AND (m.acquisition <> 0 OR m.sales <> 0)

-- step: _agreed
SELECT party_id, STRING_AGG(DISTINCT currency, ' and ' ORDER BY currency) AS agreed
FROM contracts
WHERE party_id IS NOT NULL
GROUP BY party_id

-- step: other_currencies
-- Money in a currency that no contract of its party is in.
SELECT agreed, p.currency AS paid, COUNT(DISTINCT party_id) AS parties, SUM(p.reporting_amount) AS amount
FROM payments AS p
JOIN _agreed USING (party_id)
ANTI JOIN contracts AS c ON c.party_id = p.party_id AND c.currency = p.currency
GROUP BY agreed, p.currency
ORDER BY agreed, p.currency

-- step: set_aside
SELECT table_name, COUNT(*) AS rows
FROM quarantine
WHERE severity = 'quarantine' AND REGEXP_MATCHES(reasons, $pattern)
GROUP BY table_name
ORDER BY table_name
