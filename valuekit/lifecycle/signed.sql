-- Signed contract terms of a group of parties, with what `contracts.sql` needs to know of each.

-- step: _signed
-- `place` breaks ties between the terms of a party.
SELECT
  party_id, system, id, kind, currency, signed_on, starts_on, ends_on, cancelled_on, term_months,
  CAST(amount / NULLIF(term_months, 0) AS DECIMAL(18, 4)) AS monthly,
  CAST(reporting_amount / NULLIF(term_months, 0) AS DECIMAL(18, 4)) AS reporting_monthly,
  COALESCE(auto_renew, FALSE) OR ends_on IS NULL AS renews,
  COALESCE(ends_on + 1, CAST(starts_on + term_months * INTERVAL 1 MONTH AS DATE)) AS next_starts_on,
  GREATEST(DATEDIFF('month', $first_end, signed_on), $from_number) AS signed_number,
  CASE
    WHEN cancelled_on <= $as_of
      THEN GREATEST(DATEDIFF('month', $first_end, cancelled_on), DATEDIFF('month', $first_end, signed_on), $from_number)
  END AS notice_number,
  ROW_NUMBER() OVER (PARTITION BY party_id ORDER BY starts_on, system DESC, id DESC) AS place
FROM contracts
WHERE signed_on <= $as_of AND party_id BETWEEN $first_party AND $last_party
