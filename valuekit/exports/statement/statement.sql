-- The statement for controllers: sums of the books by month, the parties of the last year, and every party by period.

-- step: books_by_month
-- What nobody carries, by month. What was received and what it cost are told apart for the invoiced view.
SELECT
    month,
    CAST(SUM(ledger) AS DECIMAL(18, 4)) AS ledger,
    CAST(SUM(unattributed) AS DECIMAL(18, 4)) AS unattributed,
    CAST(SUM(unused_capacity) AS DECIMAL(18, 4)) AS unused_capacity,
    CAST(SUM(unallocated) AS DECIMAL(18, 4)) AS unallocated,
    CAST(SUM(eliminated) AS DECIMAL(18, 4)) AS eliminated,
    CAST(SUM(tax) AS DECIMAL(18, 4)) AS tax,
    CAST(COALESCE(SUM(attributed + unattributed) FILTER (WHERE line IN ('revenue', 'refunds')), 0) AS DECIMAL(18, 4))
        AS received,
    CAST(COALESCE(SUM(unattributed) FILTER (WHERE line NOT IN ('revenue', 'refunds')), 0) AS DECIMAL(18, 4))
        AS unattributed_cost
FROM books
GROUP BY month
ORDER BY month

-- step: _last_year
SELECT party_id, {summed}
FROM {months}
WHERE month >= $year
GROUP BY party_id

-- step: customer_sums
SELECT COUNT(*) AS rows, {totals}
FROM _last_year

-- step: customers
-- The party with the most net cash first; money whose party is not known has a row without party.
SELECT c.party_id, p.label, s.stage, c.* EXCLUDE (party_id)
FROM _last_year AS c
LEFT JOIN parties AS p USING (party_id)
LEFT JOIN stages AS s USING (party_id)
ORDER BY c.net DESC, c.party_id NULLS LAST

-- step: _periods
SELECT
    UNNEST(CAST($months AS DATE[])) AS month, UNNEST(CAST($names AS VARCHAR[])) AS period,
    UNNEST(CAST($firsts AS DATE[])) AS first, UNNEST(CAST($lasts AS DATE[])) AS last

-- step: _by_period
SELECT d.period, d.first, d.last, m.party_id, {summed}
FROM {months} AS m
JOIN _periods AS d USING (month)
GROUP BY d.period, d.first, d.last, m.party_id

-- step: party_periods
SELECT
    b.period, b.first, b.last, b.last <= CAST($as_of AS DATE) AS complete, b.party_id, p.label, s.stage,
    b.* EXCLUDE (period, first, last, party_id, net), b.net AS {net},
    $currency AS currency, CAST($as_of AS DATE) AS as_of, $run_id AS run_id
FROM _by_period AS b
LEFT JOIN parties AS p USING (party_id)
LEFT JOIN stages AS s USING (party_id)
ORDER BY b.first, b.party_id NULLS LAST
