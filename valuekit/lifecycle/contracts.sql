-- Signed contract terms as they run at each month end, as it was known then: renewed, replaced, cancelled.
-- An unsigned contract is no contract. Months are numbers of `month_ends`.
-- They stand behind `signed.sql` and `replacing.sql`.

-- step: _candidates
SELECT *, GREATEST(DATEDIFF('month', $first_end, known_on), $from_number) AS known_number
FROM _replacing

-- step: _choices
-- Until a better candidate is known.
SELECT
  *,
  COALESCE(
    MIN(known_number) OVER (
      PARTITION BY system, by_id ORDER BY choice ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ),
    $until_number
  ) AS known_until
FROM _candidates

-- step: _replaced
SELECT system, id, replaced_on, known_number, known_until
FROM _choices
WHERE known_number < known_until

-- step: _turns
-- Month ends at which something new is known of a term.
SELECT system, id, signed_number AS number FROM _signed
UNION
SELECT system, id, notice_number FROM _signed WHERE notice_number IS NOT NULL
UNION
SELECT system, id, known_number FROM _replaced
UNION
SELECT system, id, known_until FROM _replaced WHERE known_until < $until_number

-- step: _versions
SELECT
  system, id, number AS from_number,
  LEAD(number, 1, $until_number) OVER (PARTITION BY system, id ORDER BY number) AS until_number
FROM _turns

-- step: _known
SELECT v.system, v.id, v.from_number, v.until_number, MIN(r.replaced_on) AS replaced_on
FROM _versions AS v
LEFT JOIN _replaced AS r
  ON r.system = v.system AND r.id = v.id AND r.known_number <= v.from_number AND r.known_until > v.from_number
GROUP BY v.system, v.id, v.from_number, v.until_number

-- step: _term_months
SELECT
  s.* EXCLUDE (cancelled_on),
  CASE WHEN s.notice_number <= k.from_number THEN s.cancelled_on END AS cancelled_on,
  k.replaced_on,
  UNNEST(RANGE(k.from_number, k.until_number)) AS number
FROM _known AS k
JOIN _signed AS s ON s.system = k.system AND s.id = k.id

-- step: _renewals
-- How many more terms it takes to reach the day described, or the day of notice when that came first.
SELECT
  t.*, m.as_of,
  CASE
    WHEN t.renews AND t.next_starts_on <= LEAST(m.as_of, t.cancelled_on)
      THEN DATESUB('month', t.next_starts_on, LEAST(m.as_of, t.cancelled_on)) // t.term_months + 1
    ELSE 0
  END AS renewals
FROM _term_months AS t
JOIN month_ends AS m ON m.number = t.number

-- step: _paid_terms
-- Last day of the term that is or was under way; missing when it is open-ended and no notice was given.
SELECT
  *,
  CASE
    WHEN ends_on IS NOT NULL OR cancelled_on IS NOT NULL
      THEN CAST(next_starts_on + renewals * term_months * INTERVAL 1 MONTH AS DATE) - 1
  END AS paid_until
FROM _renewals

-- step: _running
-- A cancelled contract ends with its paid term, or on the day of notice, as configured.
SELECT
  *,
  LEAST(
    paid_until,
    CASE WHEN $churn_date = 'notice' THEN cancelled_on - 1 END,
    replaced_on - 1
  ) AS runs_until
FROM _paid_terms

-- step: _terms
-- `latest` puts the terms of a party in order: the last to end, else the last to start.
SELECT
  *,
  starts_on <= as_of AND (runs_until IS NULL OR runs_until >= as_of) AS is_current,
  starts_on <= as_of AND COALESCE(runs_until < as_of, FALSE) AS is_over,
  DATEDIFF('day', DATE '1800-01-01', COALESCE(runs_until, DATE '9999-12-31')) * 1000000 + place AS latest
FROM _running

-- step: _term_facts
SELECT
  party_id, number,
  MIN(signed_on) AS signed_on,
  MIN(starts_on) AS contract_starts_on,
  BOOL_OR(is_current) AS contract_current,
  SUM(reporting_monthly) FILTER (WHERE is_current) AS mrr,
  MAX(latest) FILTER (WHERE is_current) AS latest_current,
  MAX(latest) FILTER (WHERE is_over) AS latest_over,
  MAX(latest) FILTER (WHERE NOT is_over) AS latest_open
FROM _terms
GROUP BY party_id, number

-- step: _latest_terms
-- A contract that starts later is seen when a contract is current, or when there has been no other: who signs again
-- after a lapse has lapsed until the new contract starts.
SELECT
  *,
  CASE WHEN contract_current OR latest_over IS NULL THEN latest_open ELSE latest_over END AS latest,
  COALESCE(latest_current, latest_over, latest_open) AS latest_run
FROM _term_facts

-- step: _contracts
SELECT
  t.party_id, t.number, t.signed_on, t.contract_starts_on, t.contract_current, t.mrr,
  NULLIF(DATE '1800-01-01' + CAST(t.latest // 1000000 AS INTEGER), DATE '9999-12-31') AS contract_ends_on,
  CASE WHEN l.notice_number <= t.number THEN l.cancelled_on END AS cancelled_on,
  r.term_months
FROM _latest_terms AS t
JOIN _signed AS l ON l.party_id = t.party_id AND l.place = t.latest % 1000000
JOIN _signed AS r ON r.party_id = t.party_id AND r.place = t.latest_run % 1000000
