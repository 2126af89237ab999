-- From what was billed to what is left in the end, in the months from $since on; each row is a step of the bridge.

-- step: _receivables
SELECT
    COALESCE(SUM(invoiced), 0) AS invoiced,
    -COALESCE(SUM(credited), 0) AS credited,
    -COALESCE(SUM(written_off), 0) AS written_off,
    -COALESCE(SUM(unknown), 0) AS unknown,
    COALESCE(SUM("begin" - "end"), 0) AS receivables,
    COALESCE(SUM(fx), 0) AS fx,
    COALESCE(SUM(on_account), 0) AS on_account
FROM receivable_months
WHERE month >= $since

-- step: _books
SELECT line, pool, ledger - eliminated AS amount, tax
FROM books
WHERE month >= $since

-- step: _ordered
SELECT COALESCE(SUM(amount + tax), 0) AS amount
FROM _books
WHERE line IN ('revenue', 'refunds') AND pool = 'orders'

-- step: bridge
SELECT 'invoiced' AS key, invoiced AS amount FROM _receivables
UNION ALL SELECT 'credited', credited FROM _receivables
UNION ALL SELECT 'written_off', written_off FROM _receivables
UNION ALL SELECT 'unknown', unknown FROM _receivables
UNION ALL SELECT 'receivables', receivables FROM _receivables
UNION ALL SELECT 'fx', fx FROM _receivables
UNION ALL SELECT 'on_account', on_account FROM _receivables
UNION ALL SELECT 'orders', amount FROM _ordered
UNION ALL SELECT 'tax', COALESCE(-SUM(tax), 0) FROM _books
UNION ALL SELECT line, SUM(amount) FROM _books WHERE line NOT IN ('revenue', 'refunds') GROUP BY line
