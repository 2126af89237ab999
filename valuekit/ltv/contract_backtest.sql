-- What was known of contracts on a day of the past, and how long each customer has stayed since.

-- step: contracts
-- The end of a signed term was agreed on. The end of one that ran on was not, until notice was given.
SELECT party_id, system, id, signed_on, starts_on,
       CASE WHEN NOT runs_on OR ends_on <= $origin OR cancelled_on <= $origin THEN ends_on END AS ends_on,
       CASE WHEN cancelled_on <= $origin THEN cancelled_on END AS cancelled_on,
       runs_on AS auto_renew, term_months, kind, price AS amount, CAST(NULL AS VARCHAR) AS currency,
       price AS reporting_amount
FROM all_terms
WHERE signed_on <= $origin

-- step: fx_rates
-- Prices are given in one currency.
SELECT CAST(NULL AS VARCHAR) AS currency, CAST(NULL AS DATE) AS rate_on, CAST(NULL AS DECIMAL(18,8)) AS rate
FROM contracts
WHERE FALSE

-- step: stages
-- A term that is over is refused, until it is signed late: to leave those open would count the early alone.
SELECT party_id,
       CASE WHEN MAX(COALESCE(ends_on, DATE '2999-12-31')) >= $origin THEN 'active' ELSE 'churned' END AS stage
FROM contracts
WHERE starts_on <= $origin
GROUP BY party_id

-- step: invoices
-- Contracts alone are judged: no bill and no payment is known of.
SELECT CAST(NULL AS VARCHAR) AS party_id, CAST(NULL AS VARCHAR) AS system, CAST(NULL AS VARCHAR) AS id,
       CAST(NULL AS VARCHAR) AS status, CAST(NULL AS DATE) AS issued_on, CAST(NULL AS DECIMAL(18,4)) AS amount,
       CAST(NULL AS DECIMAL(18,4)) AS tax, CAST(NULL AS DECIMAL(18,4)) AS reporting_amount,
       CAST(NULL AS DECIMAL(18,4)) AS reporting_tax
FROM contracts
WHERE FALSE

-- step: payments
SELECT party_id, system, id AS invoice, status AS kind, issued_on AS paid_on, amount, tax, reporting_amount, reporting_tax
FROM invoices

-- step: facts
SELECT party_id, CAST(NULL AS DATE) AS first_paid_on, stage = 'active' AS contract_current FROM stages
