-- Contract terms as they really run at $as_of: renewed, replaced, cancelled. An unsigned contract is no contract.

-- step: _signed
SELECT
  party_id, system, id, kind, signed_on, starts_on, ends_on, cancelled_on, term_months, reporting_amount,
  COALESCE(auto_renew, FALSE) OR ends_on IS NULL AS renews,
  COALESCE(ends_on + 1, CAST(starts_on + term_months * INTERVAL 1 MONTH AS DATE)) AS next_starts_on
FROM contracts
WHERE signed_on IS NOT NULL AND party_id IS NOT NULL

-- step: _replaced
-- A renewal or change replaces one earlier term of the party in the same system from its own start: the term that ends
-- the day before, else the one with the same end, else the latest. Terms of kind `new` run side by side. A term of
-- unknown kind renews the one that ends the day before, if any.
SELECT p.system, p.id, s.starts_on AS replaced_on
FROM _signed AS s
JOIN _signed AS p ON p.party_id = s.party_id AND p.system = s.system
WHERE
  (s.kind IN ('renewal', 'change') OR (s.kind IS NULL AND p.ends_on + 1 = s.starts_on))
  AND (
    p.starts_on < s.starts_on
    OR (p.starts_on = s.starts_on AND (p.signed_on < s.signed_on OR (p.signed_on = s.signed_on AND p.id < s.id)))
  )
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY s.system, s.id
  ORDER BY
    COALESCE(p.ends_on + 1 = s.starts_on, FALSE) DESC,
    p.ends_on IS NOT DISTINCT FROM s.ends_on DESC,
    p.starts_on DESC, p.signed_on DESC, p.id DESC
) = 1

-- step: _renewals
-- How many more terms it takes to reach the day described, or the day of notice when that came first.
SELECT
  *,
  CASE
    WHEN renews AND next_starts_on <= LEAST(CAST($as_of AS DATE), cancelled_on)
      THEN DATESUB('month', next_starts_on, LEAST(CAST($as_of AS DATE), cancelled_on)) // term_months + 1
    ELSE 0
  END AS renewals
FROM _signed

-- step: _paid_terms
-- Last day of the term that is or was under way; missing when it is open-ended and no notice was given.
SELECT
  *,
  CASE
    WHEN ends_on IS NOT NULL OR cancelled_on IS NOT NULL
      THEN CAST(next_starts_on + renewals * term_months * INTERVAL 1 MONTH AS DATE) - 1
  END AS paid_until
FROM _renewals

-- step: _first_replaced
SELECT system, id, MIN(replaced_on) AS replaced_on
FROM _replaced
GROUP BY system, id

-- step: _running
-- A cancelled contract ends with its paid term, or on the day of notice, as configured.
SELECT
  t.*,
  LEAST(
    t.paid_until,
    CASE WHEN $churn_date = 'notice' THEN t.cancelled_on - 1 END,
    r.replaced_on - 1
  ) AS runs_until
FROM _paid_terms AS t
LEFT JOIN _first_replaced AS r ON r.system = t.system AND r.id = t.id

-- step: contract_terms
SELECT
  party_id, system, id, kind, signed_on, starts_on, runs_until, cancelled_on, term_months,
  CAST(reporting_amount / term_months AS DECIMAL(18, 4)) AS monthly,
  starts_on <= $as_of AND (runs_until IS NULL OR runs_until >= $as_of) AS is_current
FROM _running
