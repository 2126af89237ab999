-- Signed contract terms of whom is valued, of which the lifecycle's `replacing.sql` says which replaces which.

-- step: _rates_now
SELECT currency, ARG_MAX(rate, rate_on) AS rate
FROM fx_rates
WHERE rate_on <= $as_of
GROUP BY currency

-- step: _signed
-- A customer by what it orders, whose contract is over, is none under contract. `price` is what it was worth when
-- signed; `price_now` what the same amount is worth at the exchange rate of the as-of date.
SELECT c.party_id, c.system, c.id, c.signed_on, c.starts_on, c.ends_on, c.cancelled_on, c.term_months, c.kind,
       c.reporting_amount AS price, c.currency, c.amount,
       COALESCE(CAST(CAST(c.amount AS DECIMAL(28,4)) * x.rate AS DECIMAL(18,4)), c.reporting_amount) AS price_now,
       COALESCE(c.auto_renew, FALSE) AND c.cancelled_on IS NULL AS goes_on,
       COALESCE(g.segment, 0) AS segment,
       f.first_paid_on,
       s.stage IN ('active', 'inactive') AND COALESCE(f.contract_current, TRUE) AS is_customer,
       s.stage = 'lapsed_paying' AS is_lapsed
FROM contracts AS c
JOIN stages AS s ON s.party_id = c.party_id
LEFT JOIN renewal_segments AS g ON g.party_id = c.party_id
LEFT JOIN facts AS f ON f.party_id = c.party_id
LEFT JOIN _rates_now AS x ON x.currency = c.currency
WHERE c.signed_on <= $as_of
  AND LIST_CONTAINS($valued_stages, s.stage)
