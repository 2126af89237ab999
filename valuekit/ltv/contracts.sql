-- Contract terms become runs: terms of one length that follow each other. A gap of up to 31 days is a late signature.
-- A run of a party gives what the renewal model learns from, and the lines that run today give what it is asked.
-- Why not the running terms of the lifecycle: these say what was in force at each month end as it was known then. Here a
-- renewal is the question, and today's knowledge the answer: a term signed late belongs to the same run, terms of another
-- length are another run, and a lapse is open while money comes. Which term replaces which is the lifecycle's rule, so
-- that a term that was changed half-way counts once, as in recurring revenue. Stands behind `signed.sql`.

-- step: _replaced
-- By the first term that replaces it. `unused` is the share of the replaced term's months that had not run by then.
SELECT p.system, p.id, s.id AS by_id, s.starts_on AS replaced_on, p.price,
       s.kind = 'change' AND p.goes_on AS went_on,
       CASE WHEN p.ends_on + 1 < s.starts_on AND NOT p.goes_on THEN 0
            ELSE CAST((p.term_months - DATESUB('month', p.starts_on, s.starts_on) % p.term_months) % p.term_months AS DOUBLE)
                   / p.term_months END AS unused,
       ROW_NUMBER() OVER (PARTITION BY p.system, p.id ORDER BY s.starts_on, s.signed_on, s.id) AS place
FROM _replacing AS r
JOIN _signed AS p ON p.system = r.system AND p.id = r.id
JOIN _signed AS s ON s.system = r.system AND s.id = r.by_id
WHERE r.choice = 1

-- step: _ended
-- A term ends the day before it is replaced. One that goes on by itself went on until it was changed.
SELECT t.* EXCLUDE (ends_on, goes_on),
       CASE WHEN r.went_on THEN r.replaced_on - 1 ELSE LEAST(t.ends_on, r.replaced_on - 1) END AS ends_on,
       COALESCE(f.unused, 0) AS unused,
       COALESCE(f.price, 0) AS replaced_price
FROM _signed AS t
LEFT JOIN _replaced AS r ON r.system = t.system AND r.id = t.id AND r.place = 1
LEFT JOIN _replaced AS f ON f.system = t.system AND f.by_id = t.id AND f.place = 1

-- step: _terms
SELECT *, COALESCE(ends_on, DATE '2999-12-31') AS last_on FROM _ended

-- step: _breaks
SELECT *,
       CASE WHEN starts_on <= 31 + MAX(last_on) OVER (
              PARTITION BY party_id, term_months ORDER BY starts_on, last_on, system, id
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) THEN 0 ELSE 1 END AS breaks
FROM _terms

-- step: run_terms
SELECT *,
       SUM(breaks) OVER (PARTITION BY party_id, term_months ORDER BY starts_on, last_on, system, id) AS run,
       ROW_NUMBER() OVER (PARTITION BY party_id ORDER BY last_on DESC, starts_on DESC, system, id) AS from_last,
       ROW_NUMBER() OVER (PARTITION BY party_id ORDER BY starts_on, last_on, system, id) AS from_first
FROM _breaks

-- step: _joined_before
-- A party whose first term on record renews or changes one that is not there had joined before: how many terms before,
-- its first payment tells, and it is one at least. Of a term of unknown kind the first payment alone decides.
SELECT party_id, term_months, run,
       GREATEST((YEAR(starts_on) - YEAR(first_paid_on)) * 12 + MONTH(starts_on) - MONTH(first_paid_on)
                  - CASE WHEN DAY(starts_on) < DAY(first_paid_on) THEN 1 ELSE 0 END, 0) // term_months AS paid_terms,
       kind IN ('renewal', 'change') AS follows
FROM run_terms
WHERE from_first = 1 AND COALESCE(kind, 'renewal') <> 'new'

-- step: _before
SELECT party_id, term_months, run,
       GREATEST(COALESCE(paid_terms, 0), CASE WHEN follows THEN 1 ELSE 0 END) AS earlier
FROM _joined_before

-- step: _history_from
-- Who left before any term on record ended and before any party paid cannot be on record.
SELECT LEAST((SELECT MIN(last_on) FROM run_terms), (SELECT MIN(first_paid_on) FROM facts)) AS history_from

-- step: _spans
SELECT party_id, term_months, run,
       MIN(segment) AS segment,
       MIN(starts_on) AS starts_on,
       MAX(last_on) AS last_on,
       MAX(starts_on) AS signed_from,
       MIN(from_last) = 1 AS is_last,
       BOOL_OR(is_customer) AS is_customer,
       BOOL_OR(is_customer OR is_lapsed) AS is_open
FROM run_terms
GROUP BY party_id, term_months, run

-- step: _continued
SELECT DISTINCT a.party_id, a.term_months, a.run
FROM _spans AS a
JOIN _spans AS b ON b.party_id = a.party_id AND (b.term_months, b.run) <> (a.term_months, a.run)
WHERE b.starts_on <= a.last_on + 31 AND b.last_on > a.last_on

-- step: _expected
-- Who renews by itself is billed, or pays, once a term at least: the day by which that was to come again.
SELECT s.party_id, s.term_months, s.run,
       CAST(GREATEST(s.signed_from, m.last_on) + TO_MONTHS(s.term_months) AS DATE) AS money_by
FROM _spans AS s
LEFT JOIN last_money AS m ON m.party_id = s.party_id
WHERE s.is_customer AND s.is_last AND (s.last_on < $as_of OR s.last_on = DATE '2999-12-31') AND $money_to IS NOT NULL

-- step: _silent
-- `silent`: renewals that came due since, and that nothing speaks for. `while_others_pay`: it is not that the data end.
SELECT party_id, term_months, run,
       ((YEAR($as_of) - YEAR(money_by)) * 12 + MONTH($as_of) - MONTH(money_by)
         - CASE WHEN DAY($as_of) < DAY(money_by) THEN 1 ELSE 0 END) // term_months + 1 AS silent,
       money_by + $grace < $money_to AS while_others_pay
FROM _expected
WHERE money_by + $grace < $as_of

-- step: contract_runs
-- An end is a refusal, unless the party is a customer still, or pays without having signed: that renewal is open.
SELECT s.*,
       s.last_on < $as_of AS has_ended,
       CASE WHEN s.last_on < $as_of AND NOT (s.is_open AND s.is_last) AND c.party_id IS NULL THEN 1 ELSE 0 END AS churned,
       COALESCE(e.earlier, 0) AS earlier,
       GREATEST(CAST(ROUND((s.last_on - s.starts_on + 1) / (s.term_months * 30.4375)) AS BIGINT), 1) - 1 AS renewals_to_end,
       ((YEAR($as_of) - YEAR(s.starts_on)) * 12 + MONTH($as_of) - MONTH(s.starts_on)
         - CASE WHEN DAY($as_of) < DAY(s.starts_on) THEN 1 ELSE 0 END) // s.term_months AS renewals_to_date,
       COALESCE(q.silent, 0) AS silent,
       COALESCE(q.while_others_pay, FALSE) AS while_others_pay,
       COALESCE(GREATEST((YEAR(h.history_from) - YEAR(s.starts_on)) * 12 + MONTH(h.history_from) - MONTH(s.starts_on)
         - CASE WHEN DAY(h.history_from) < DAY(s.starts_on) THEN 1 ELSE 0 END, 0) // s.term_months, 0) AS unseen_renewals
FROM _spans AS s
CROSS JOIN _history_from AS h
LEFT JOIN _continued AS c ON c.party_id = s.party_id AND c.term_months = s.term_months AND c.run = s.run
LEFT JOIN _before AS e ON e.party_id = s.party_id AND e.term_months = s.term_months AND e.run = s.run
LEFT JOIN _silent AS q ON q.party_id = s.party_id AND q.term_months = s.term_months AND q.run = s.run
WHERE s.starts_on <= $as_of

-- step: _met
SELECT term_months, segment, churned, earlier, unseen_renewals,
       CASE WHEN has_ended AND is_last AND is_open AND NOT is_customer THEN 1 ELSE 0 END AS pending,
       earlier + CASE WHEN has_ended AND NOT (is_customer AND is_last) THEN renewals_to_end
            ELSE GREATEST(renewals_to_date - silent, 0) END AS renewals,
       CASE WHEN while_others_pay THEN silent ELSE 0 END AS silent
FROM contract_runs

-- step: renewal_groups
-- `pending`: the next renewal is overdue, and the customer pays on. `silent`: so many are, and it does not.
SELECT term_months, segment, renewals, churned,
       LEAST(earlier + unseen_renewals, renewals) AS entered,
       pending,
       silent,
       COUNT(*) AS weight
FROM _met
GROUP BY 1, 2, 3, 4, 5, 6, 7
ORDER BY 1, 2, 3, 4, 5, 6, 7

-- step: _noticed
SELECT t.party_id, t.term_months, t.run, MIN(t.cancelled_on) AS cancelled_on
FROM run_terms AS t
JOIN _spans AS r ON r.party_id = t.party_id AND r.term_months = t.term_months AND r.run = t.run AND r.last_on = t.last_on
WHERE t.cancelled_on <= t.last_on
GROUP BY t.party_id, t.term_months, t.run

-- step: renewal_notices
-- So many days before its end notice was given of a contract that was refused; missing where there was none.
SELECT r.term_months, r.last_on - n.cancelled_on AS days, COUNT(*) AS refusals
FROM contract_runs AS r
LEFT JOIN _noticed AS n ON n.party_id = r.party_id AND n.term_months = r.term_months AND n.run = r.run
WHERE r.churned = 1
GROUP BY 1, 2
ORDER BY 1, 2

-- step: _candidates
SELECT t.*,
       r.starts_on AS run_starts_on,
       COALESCE(e.earlier, 0) AS earlier,
       t.last_on < $as_of AS is_over,
       CASE WHEN t.ends_on IS NULL OR t.last_on < $as_of THEN COALESCE(q.silent, 0) ELSE 0 END AS silent
FROM run_terms AS t
JOIN _spans AS r ON r.party_id = t.party_id AND r.term_months = t.term_months AND r.run = t.run
LEFT JOIN _before AS e ON e.party_id = t.party_id AND e.term_months = t.term_months AND e.run = t.run
LEFT JOIN _silent AS q ON q.party_id = t.party_id AND q.term_months = t.term_months AND q.run = t.run
WHERE (t.is_customer OR t.is_lapsed) AND (t.last_on >= $as_of OR t.from_last = 1) AND t.last_on >= t.starts_on

-- step: _succeeded
SELECT DISTINCT t.party_id, t.system, t.id
FROM run_terms AS t
JOIN run_terms AS n ON n.party_id = t.party_id AND n.starts_on > t.starts_on
WHERE n.starts_on BETWEEN t.last_on - 31 AND t.last_on + 31

-- step: _written
SELECT *, ROW_NUMBER() OVER (
         PARTITION BY party_id, term_months, run, starts_on, last_on, price ORDER BY system, id
       ) AS place
FROM run_terms
WHERE kind IN ('renewal', 'change')

-- step: _twice
-- A renewal that is written down again: as many at once as there are terms that they follow are of one customer.
SELECT w.party_id, w.system, w.id
FROM _written AS w
LEFT JOIN run_terms AS p
  ON p.party_id = w.party_id AND p.term_months = w.term_months AND p.run = w.run AND p.starts_on < w.starts_on
 AND p.last_on BETWEEN w.starts_on - 32 AND w.starts_on + 31
WHERE w.place > 1
GROUP BY w.party_id, w.system, w.id, w.place
HAVING COUNT(p.id) < w.place

-- step: _passed_on
SELECT * FROM _succeeded
UNION
SELECT * FROM _twice

-- step: _lines
-- A renewal that nobody signs comes at an anniversary of the term's run, or of a term that replaced another half-way.
SELECT c.*,
       CASE WHEN c.unused > 0 THEN c.starts_on ELSE c.run_starts_on END AS renews_from,
       (YEAR($as_of) - YEAR(c.run_starts_on)) * 12 + MONTH($as_of) - MONTH(c.run_starts_on)
         - CASE WHEN DAY($as_of) < DAY(c.run_starts_on) THEN 1 ELSE 0 END AS months_to_date,
       (YEAR(c.starts_on) - YEAR(CAST($as_of AS DATE) + 1)) * 12 + MONTH(c.starts_on) - MONTH(CAST($as_of AS DATE) + 1)
         - CASE WHEN DAY(c.starts_on) < DAY(CAST($as_of AS DATE) + 1) THEN 1 ELSE 0 END AS months_to_start,
       GREATEST(CAST(ROUND((c.last_on - c.run_starts_on + 1) / (c.term_months * 30.4375)) AS BIGINT), 1) - 1
         AS renewals_to_end
FROM _candidates AS c
ANTI JOIN _passed_on AS s ON s.party_id = c.party_id AND s.system = c.system AND s.id = c.id

-- step: _renewing
-- A line that is open-ended or goes on unsigned renews at its next anniversary; a signed one at its end.
SELECT *,
       CASE WHEN starts_on <= $as_of AND (ends_on IS NULL OR is_over)
            THEN CAST(renews_from + TO_MONTHS((GREATEST(DATESUB('month', renews_from, CAST($as_of AS DATE)), 0)
                   // term_months + 1) * term_months) AS DATE)
            WHEN ends_on IS NULL THEN CAST(starts_on + TO_MONTHS(term_months) AS DATE)
            ELSE last_on + 1 END AS next_on,
       CAST($as_of AS DATE) + 1 AS from_on
FROM _lines

-- step: _counted
SELECT *, GREATEST((YEAR(next_on) - YEAR(from_on)) * 12 + MONTH(next_on) - MONTH(from_on)
                     - CASE WHEN DAY(next_on) < DAY(from_on) THEN 1 ELSE 0 END, 0) AS months_to_next
FROM _renewing

-- step: _billed
-- Bills of the term that runs: the largest, their sum, what should be there by now, and the months from one to the next
-- (of a single one, as many as it pays for). What had been paid at once for the months that a replaced term did not run
-- comes off the price.
SELECT c.party_id, c.system, c.id, c.term_months, MAX(b.net) AS largest, SUM(b.net) AS net,
       MIN(c.price) - CASE WHEN MAX(b.net) FILTER (WHERE b.day < c.starts_on) < 0.75 * MIN(c.replaced_price) THEN 0
                           ELSE MIN(c.unused * c.replaced_price) END AS price,
       MIN(c.price) * LEAST(MIN(c.months_to_date) + 1, c.term_months) / c.term_months AS due,
       COALESCE((MAX(b.day) - MIN(b.day)) / 30.4375 / NULLIF(COUNT(DISTINCT DATE_TRUNC('month', b.day)) - 1, 0),
                c.term_months * CAST(MAX(b.net) AS DOUBLE) / NULLIF(MIN(c.price), 0)) AS apart
FROM _counted AS c
JOIN term_bills AS b ON b.party_id = c.party_id
WHERE b.day > CAST($as_of AS DATE) - TO_MONTHS(c.term_months) AND b.day >= c.run_starts_on AND c.term_months > 1
GROUP BY c.party_id, c.system, c.id, c.term_months

-- step: _instalments
-- No bill is for most of the price, and they add up to most of what was due: the term is paid in equal parts, of the
-- length, a part of the term, that is nearest to the months from one bill to the next.
SELECT b.party_id, b.system, b.id, ARG_MIN(d.months, ABS(LN(d.months / b.apart))) AS billed_every
FROM _billed AS b
JOIN RANGE(1, 121) AS d(months) ON b.term_months % d.months = 0
WHERE b.largest < 0.75 * b.price AND b.net >= 0.5 * b.due AND b.apart > 0
GROUP BY b.party_id, b.system, b.id

-- step: _only
-- The one line of a party, where its terms are paid at once: the day on which the next term begins, or one that began of
-- late, and how many days before that it may be billed.
SELECT c.party_id, c.system, c.id, c.term_months, c.price, c.starts_on > $as_of AS is_signed, c.starts_on,
       CASE WHEN c.starts_on > $as_of THEN c.starts_on ELSE c.next_on END AS begins_on,
       LEAST(10 * c.term_months, 62) AS ahead,
       CASE WHEN c.run_starts_on > $as_of THEN c.signed_on END AS first_signed_on
FROM _counted AS c
ANTI JOIN _instalments AS i ON i.party_id = c.party_id AND i.system = c.system AND i.id = c.id
WHERE c.term_months > 1 AND (c.is_customer OR NOT c.is_over)
  AND c.party_id IN (SELECT party_id FROM _counted GROUP BY party_id HAVING COUNT(*) = 1)

-- step: _billed_ahead
-- The next term has been billed, and the one before it, too, by a bill of its own; a first term since it was signed.
SELECT c.party_id, c.system, c.id, c.is_signed
FROM _only AS c
JOIN term_bills AS b ON b.party_id = c.party_id AND b.net >= 0.75 * c.price AND c.price > 0
GROUP BY c.party_id, c.system, c.id, c.is_signed
HAVING BOOL_OR(b.day >= COALESCE(c.first_signed_on, c.begins_on - c.ahead))
   AND BOOL_OR(c.first_signed_on IS NOT NULL
               OR b.day BETWEEN CAST(c.begins_on - TO_MONTHS(c.term_months) AS DATE) - c.ahead
                            AND c.begins_on - c.ahead - 1)

-- step: _not_yet_billed
-- A term that began no longer ago than bills are late has not been billed, and the one before it was, by its own bill.
SELECT c.party_id, c.system, c.id
FROM _only AS c
JOIN term_bills AS b ON b.party_id = c.party_id AND b.net >= 0.75 * c.price AND c.price > 0
WHERE c.starts_on BETWEEN CAST($as_of AS DATE) - $grace AND $as_of
GROUP BY c.party_id, c.system, c.id, c.starts_on, c.ahead, c.term_months
HAVING MAX(b.day) BETWEEN CAST(c.starts_on - TO_MONTHS(c.term_months) AS DATE) - c.ahead AND c.starts_on - c.ahead - 1

-- step: contract_lines
-- What is yet to be billed is worth what the exchange rate of today makes of it.
-- `billed_every`: months between the parts in which a term is paid; the term's own length where it is paid at once.
-- The next renewal comes in whole months from the day after the as-of date, and `days_to_next` beyond them.
-- `months_to_first`: months to a signed term that is yet to be billed (0: it began of late); -2 where the renewal to come
-- has been billed, else -1.
-- `pending` is the renewal that a lapsed but paying customer has not signed; `ends` is a notice: no renewal comes.
-- `silent` renewals came due since the last bill or payment: whether they were taken is not known, so `renewals` are
-- those before.
SELECT c.party_id, c.system, c.id, price_now AS price, term_months, segment,
       COALESCE(i.billed_every, term_months) AS billed_every,
       earlier + CASE WHEN is_over AND NOT is_customer THEN renewals_to_end
            WHEN ends_on IS NULL OR is_over THEN GREATEST(GREATEST(months_to_date, 0) // term_months - silent, 0)
            ELSE renewals_to_end END AS renewals,
       months_to_next,
       GREATEST(next_on - CAST(from_on + TO_MONTHS(months_to_next) AS DATE), 0) AS days_to_next,
       CASE WHEN u.id IS NOT NULL THEN 0 WHEN a.is_signed IS NULL AND starts_on > $as_of THEN months_to_start
            WHEN NOT a.is_signed THEN -2 ELSE -1 END AS months_to_first,
       CASE WHEN is_over AND NOT is_customer THEN 1 ELSE 0 END AS pending,
       CASE WHEN cancelled_on <= $as_of THEN 1 ELSE 0 END AS ends,
       silent
FROM _counted AS c
LEFT JOIN _instalments AS i ON i.party_id = c.party_id AND i.system = c.system AND i.id = c.id
LEFT JOIN _billed_ahead AS a ON a.party_id = c.party_id AND a.system = c.system AND a.id = c.id
LEFT JOIN _not_yet_billed AS u ON u.party_id = c.party_id AND u.system = c.system AND u.id = c.id
ORDER BY c.party_id, c.system, c.id

-- step: line_groups
SELECT DISTINCT term_months, billed_every, segment, renewals, months_to_next, days_to_next, months_to_first, pending,
       ends, silent
FROM contract_lines
ORDER BY ALL
