-- What those who have left paid later: month by month since they left, and of those who still paid, whether it went on.

-- step: _last_terms
-- `monthly_now` at the exchange rate of the as-of date: that of what is expected, and of two prices that are compared.
SELECT party_id, term_months, run, CAST(price AS DOUBLE) / term_months AS monthly,
       CAST(price_now AS DOUBLE) / term_months AS monthly_now
FROM run_terms
QUALIFY ROW_NUMBER() OVER (
          PARTITION BY party_id, term_months, run ORDER BY last_on DESC, starts_on DESC, system, id
        ) = 1

-- step: _first_terms
SELECT party_id, term_months, run, CAST(price_now AS DOUBLE) / term_months AS monthly_now
FROM run_terms
QUALIFY ROW_NUMBER() OVER (
          PARTITION BY party_id, term_months, run ORDER BY starts_on, last_on, system, id
        ) = 1

-- step: _left
-- Who let a contract end and had no other. Who pays on without having signed has left, too, in this sense.
SELECT r.party_id, r.term_months, r.segment, r.run, r.last_on, r.renewals_to_end AS renewals, s.stage, CAST(t.monthly AS DECIMAL(18,4)) AS monthly,
       CAST(t.monthly_now AS DECIMAL(18,4)) AS monthly_now,
       (YEAR($last_month) - YEAR(r.last_on)) * 12 + MONTH($last_month) - MONTH(r.last_on) AS months
FROM contract_runs AS r
JOIN _last_terms AS t ON t.party_id = r.party_id AND t.term_months = r.term_months AND t.run = r.run
JOIN stages AS s ON s.party_id = r.party_id
WHERE $counts AND (r.churned = 1 OR (r.has_ended AND r.is_last AND NOT r.is_customer))

-- step: _signed
SELECT l.party_id, l.term_months, l.run,
       (YEAR(n.starts_on) - YEAR(l.last_on)) * 12 + MONTH(n.starts_on) - MONTH(l.last_on) AS signed,
       CAST(COALESCE(f.monthly_now * l.monthly / NULLIF(l.monthly_now, 0), f.monthly_now) AS DECIMAL(18,4))
         AS next_monthly
FROM _left AS l
JOIN contract_runs AS n ON n.party_id = l.party_id AND n.starts_on > l.last_on
JOIN _first_terms AS f ON f.party_id = n.party_id AND f.term_months = n.term_months AND f.run = n.run
QUALIFY ROW_NUMBER() OVER (
          PARTITION BY l.party_id, l.term_months, l.run ORDER BY n.starts_on, n.term_months, n.run
        ) = 1

-- step: leavers
-- Months are counted from the one in which the contract ended; `signed` is the one of the next contract, `next_monthly`
-- its price at the rate of the last one. They are numbered, for who leaves twice is two.
SELECT l.*, COALESCE(s.signed, l.months + 1) AS signed, s.next_monthly,
       ROW_NUMBER() OVER (PARTITION BY l.party_id ORDER BY l.last_on DESC, l.term_months, l.run) AS from_last,
       ROW_NUMBER() OVER (ORDER BY l.party_id, l.term_months, l.run) AS leaver
FROM _left AS l
LEFT JOIN _signed AS s ON s.party_id = l.party_id AND s.term_months = l.term_months AND s.run = l.run

-- step: payers
SELECT f.party_id
FROM facts AS f
JOIN stages AS s ON s.party_id = f.party_id
LEFT JOIN order_summary AS o ON o.party_id = f.party_id
WHERE $counts AND NOT f.has_contract AND o.party_id IS NULL AND s.stage IN ('active', 'inactive', 'paid_without_contract')

-- step: _outside
SELECT party_id FROM leavers
UNION
SELECT party_id FROM payers

-- step: _ordered
SELECT party_id, CAST(DATE_TRUNC('month', ordered_on) AS DATE) AS month, SUM(reporting_amount) AS amount
FROM orders
WHERE party_id IN (SELECT party_id FROM _outside)
GROUP BY 1, 2

-- step: received_outside
-- Money month by month of all who have left, and of those who never had a contract, but for what they ordered.
SELECT m.party_id, m.month, GREATEST(m.revenue + m.refunds - COALESCE(o.amount, 0), 0) AS amount
FROM cash_months AS m
LEFT JOIN _ordered AS o ON o.party_id = m.party_id AND o.month = m.month
WHERE m.month <= $last_month AND m.party_id IN (SELECT party_id FROM _outside)

-- step: leaver_months
SELECT l.leaver, l.term_months, l.monthly, l.months, l.signed,
       (YEAR(m.month) - YEAR(l.last_on)) * 12 + MONTH(m.month) - MONTH(l.last_on) AS since,
       m.amount
FROM leavers AS l
JOIN received_outside AS m ON m.party_id = l.party_id AND m.amount > 0
WHERE (YEAR(m.month) - YEAR(l.last_on)) * 12 + MONTH(m.month) - MONTH(l.last_on) BETWEEN 1 AND l.months

-- step: paying_months
-- Who paid in a month, or in the one before, still pays: until nothing has come for a month, or a contract is signed.
SELECT DISTINCT p.leaver, p.term_months, p.monthly, p.months, p.signed, p.since + j.later AS elapsed
FROM leaver_months AS p
CROSS JOIN (VALUES (0), (1)) AS j(later)
WHERE p.since + j.later <= p.months AND p.since + j.later < p.signed

-- step: _next
SELECT y.term_months, y.monthly, y.elapsed + 1 = y.signed AS signs, n.elapsed IS NOT NULL AS goes_on, p.amount
FROM paying_months AS y
LEFT JOIN paying_months AS n ON n.leaver = y.leaver AND n.elapsed = y.elapsed + 1
LEFT JOIN leaver_months AS p ON p.leaver = y.leaver AND p.since = y.elapsed + 1
WHERE y.elapsed < y.months

-- step: still_paying
-- Of those who still paid in a month: what became of them in the next, and what came in it without a contract.
SELECT term_months, COUNT(*) AS seen,
       COUNT(*) FILTER (WHERE signs) AS signed,
       COUNT(*) FILTER (WHERE NOT signs AND NOT goes_on) AS stopped,
       COUNT(amount) FILTER (WHERE NOT signs) AS paid,
       COALESCE(SUM(monthly) FILTER (WHERE NOT signs), 0) AS monthly,
       COALESCE(SUM(amount) FILTER (WHERE NOT signs), 0) AS amount
FROM _next
GROUP BY term_months
ORDER BY term_months

-- Silent are all months from leaving to today, or to signing, but those in which they still paid: sums over the silent
-- are sums over all of these months, which groups give, less those over the paying.

-- step: _later
-- What comes without a contract. The month after the last still belongs to the old one: bills are paid late.
SELECT * FROM leaver_months WHERE since >= 2 AND since < signed

-- step: _until
SELECT term_months, since, SUM(amount) AS amount
FROM _later
GROUP BY term_months, since

-- step: _after
SELECT term_months, UNNEST(RANGE(0, since)) AS elapsed, since, amount
FROM _until
UNION ALL
SELECT y.term_months, y.elapsed, p.since, -SUM(p.amount)
FROM paying_months AS y
JOIN _later AS p ON p.leaver = y.leaver AND p.since > y.elapsed
GROUP BY 1, 2, 3

-- step: received_after
-- Money by months since they left, of those who had been silent `elapsed` a month.
SELECT term_months, elapsed, since, SUM(amount) AS amount
FROM _after
GROUP BY term_months, elapsed, since
HAVING SUM(amount) > 0
ORDER BY term_months, elapsed, since

-- step: _signers
SELECT * FROM leavers WHERE signed <= months

-- step: _signings
SELECT term_months, UNNEST(RANGE(0, signed)) AS elapsed, signed, parties, monthly, next_monthly, renewals
FROM (
    SELECT term_months, signed, COUNT(*) AS parties, SUM(monthly) AS monthly, SUM(next_monthly) AS next_monthly, SUM(renewals) AS renewals
    FROM _signers
    GROUP BY term_months, signed
) AS alike
UNION ALL
SELECT y.term_months, y.elapsed, s.signed, -COUNT(*), -SUM(s.monthly), -SUM(s.next_monthly), -SUM(s.renewals)
FROM paying_months AS y
JOIN _signers AS s ON s.leaver = y.leaver
GROUP BY 1, 2, 3

-- step: signed_after
-- New contracts by months since they left, of those who had been silent `elapsed` a month; and the prices of both.
SELECT term_months, elapsed, signed AS since, SUM(parties) AS parties, SUM(monthly) AS monthly,
       SUM(next_monthly) AS next_monthly, SUM(renewals) AS renewals
FROM _signings
GROUP BY term_months, elapsed, signed
HAVING SUM(parties) > 0
ORDER BY term_months, elapsed, signed

-- step: _last_back
-- The last month in which something came, or a contract was signed.
SELECT l.leaver, MAX(GREATEST(CASE WHEN l.signed <= l.months THEN l.signed END, p.since)) AS last_back
FROM leavers AS l
LEFT JOIN _later AS p ON p.leaver = l.leaver
GROUP BY l.leaver

-- step: _alike
SELECT l.term_months, l.months, LEAST(l.months + 1, l.signed) AS until, b.last_back,
       COUNT(*) AS parties, SUM(l.monthly) AS monthly
FROM leavers AS l
JOIN _last_back AS b ON b.leaver = l.leaver
GROUP BY 1, 2, 3, 4

-- step: _seen
SELECT term_months, UNNEST(RANGE(0, until)) AS elapsed, months, last_back, parties, monthly
FROM _alike
UNION ALL
SELECT y.term_months, y.elapsed, y.months, b.last_back, -COUNT(*), -SUM(y.monthly)
FROM paying_months AS y
JOIN _last_back AS b ON b.leaver = y.leaver
GROUP BY 1, 2, 3, 4

-- step: seen_after
-- Last prices of those who were silent `elapsed` a month and are seen for so many; and how many of them paid or signed again.
SELECT term_months, elapsed, months, CAST(SUM(parties) AS BIGINT) AS parties, SUM(monthly) AS monthly,
       CAST(COALESCE(SUM(parties) FILTER (WHERE last_back > elapsed), 0) AS BIGINT) AS paid_again
FROM _seen
WHERE months >= GREATEST(elapsed + 1, 2)
GROUP BY term_months, elapsed, months
HAVING SUM(parties) > 0
ORDER BY term_months, elapsed, months

-- step: _quarters
SELECT leaver, months, (since - 2) // 3 AS quarter, SUM(amount) AS amount
FROM _later
GROUP BY 1, 2, 3

-- step: _whole_quarters
-- The first in which a party paid may not be whole.
SELECT *
FROM _quarters
QUALIFY quarter > MIN(quarter) OVER (PARTITION BY leaver)

-- step: leaver_lasts
-- What, without a contract, of a quarter's money was received again a year later.
SELECT COALESCE(SUM(a.amount), 0) AS before, COALESCE(SUM(b.amount), 0) AS after
FROM _whole_quarters AS a
LEFT JOIN _quarters AS b ON b.leaver = a.leaver AND b.quarter = a.quarter + 4
WHERE a.months >= 3 * a.quarter + 16
