-- Contract terms that end within $renewal_days after $as_of and have no signed successor.

-- step: _successors
SELECT party_id, system, starts_on AS renews_on, COUNT(*) AS successors
FROM contract_terms
WHERE kind IS DISTINCT FROM 'new'
GROUP BY party_id, system, starts_on

-- step: _current
-- A contract without a last day renews at the end of each of its terms.
SELECT
  t.party_id, t.system, t.id, t.signed_on, t.starts_on, t.term_months, t.monthly,
  t.cancelled_on IS NOT NULL AS notice_given,
  COALESCE(c.auto_renew, FALSE) OR c.ends_on IS NULL AS auto_renew,
  COALESCE(
    t.runs_until + 1,
    CAST(
      t.starts_on + (DATESUB('month', t.starts_on, CAST($as_of AS DATE)) // t.term_months + 1) * t.term_months
      * INTERVAL 1 MONTH AS DATE
    )
  ) AS renews_on
FROM contract_terms AS t
JOIN contracts AS c ON c.system = t.system AND c.id = t.id
WHERE t.is_current

-- step: _in_line
-- Where some of the terms that end on a day are renewed already, those are the ones that began last.
SELECT
  *,
  ROW_NUMBER() OVER (PARTITION BY party_id, system, renews_on ORDER BY starts_on DESC, signed_on DESC, id DESC) AS place
FROM _current

-- step: renewals
-- What renews itself every month is no renewal to work on, until notice is given. Internal accounts renew nothing.
SELECT
  t.party_id, t.system, t.id AS contract, t.renews_on, CAST(t.renews_on - $as_of AS BIGINT) AS days_left,
  t.auto_renew, t.notice_given, t.monthly AS mrr
FROM _in_line AS t
JOIN stages AS g ON g.party_id = t.party_id
LEFT JOIN _successors AS s ON s.party_id = t.party_id AND s.system = t.system AND s.renews_on = t.renews_on
WHERE
  t.renews_on - 1 <= $as_of + CAST($renewal_days AS INTEGER)
  AND t.place > COALESCE(s.successors, 0)
  AND (t.term_months > 1 OR t.notice_given OR NOT t.auto_renew)
  AND g.stage <> 'internal'
