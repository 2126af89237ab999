-- A company without contracts: what `contracts.sql` would make of none.

-- step: _terms
SELECT
  CAST(NULL AS VARCHAR) AS party_id, CAST(NULL AS VARCHAR) AS system, CAST(NULL AS VARCHAR) AS id,
  CAST(NULL AS VARCHAR) AS kind, CAST(NULL AS VARCHAR) AS currency,
  CAST(NULL AS DATE) AS signed_on, CAST(NULL AS DATE) AS starts_on, CAST(NULL AS DATE) AS runs_until,
  CAST(NULL AS DATE) AS cancelled_on, CAST(NULL AS INTEGER) AS term_months,
  CAST(NULL AS DECIMAL(18, 4)) AS monthly, CAST(NULL AS DECIMAL(18, 4)) AS reporting_monthly,
  CAST(NULL AS BOOLEAN) AS is_current, CAST(NULL AS BIGINT) AS number
WHERE FALSE
