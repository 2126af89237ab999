-- Who joined and left between two month ends: a signed term that covers no month end. And who was ever a member.

-- step: _dated
SELECT
  party_id, monthly, signed_on, runs_until AS left_on,
  CASE WHEN $backdated = 'from_start' THEN starts_on ELSE GREATEST(starts_on, signed_on) END AS joined_on
FROM contract_terms
WHERE monthly > 0 AND runs_until IS NOT NULL

-- step: brief_terms
-- One row per party and month, from the first day of such a term to the last.
SELECT
  d.party_id, m.number, m.as_of,
  MIN(d.joined_on) AS joined_on,
  MAX(d.left_on) AS left_on,
  MIN(d.signed_on) AS signed_on,
  CAST(SUM(d.monthly) AS DECIMAL(18, 4)) AS mrr
FROM _dated AS d
CROSS JOIN (SELECT MIN(as_of) AS first_end FROM month_ends) AS f
JOIN month_ends AS m ON m.number = DATEDIFF('month', f.first_end, d.joined_on)
JOIN stages AS s ON s.party_id = d.party_id
WHERE m.number > 0 AND d.joined_on <= d.left_on AND d.left_on < m.as_of AND s.stage <> 'internal'
GROUP BY d.party_id, m.number, m.as_of

-- step: _first_paid
SELECT party_id, MIN(paid_on) AS first_paid_on
FROM payments
WHERE amount > 0 AND party_id IN (SELECT party_id FROM brief_terms)
GROUP BY party_id

-- step: brief_members
-- The party on the last day of such a term, as far as the contract tells: active or inactive remains open.
SELECT
  b.party_id, b.as_of AS month_end, b.joined_on, b.left_on,
  b.left_on AS as_of, TRUE AS has_contract, TRUE AS contract_current, b.signed_on, b.joined_on AS contract_starts_on,
  b.left_on AS contract_ends_on, b.mrr, FALSE AS is_internal,
  COALESCE(p.first_paid_on <= b.left_on, FALSE) AS has_paid,
  CASE WHEN p.first_paid_on <= b.left_on THEN v.stage ELSE 'signed_unpaid' END AS stage
FROM brief_terms AS b
CROSS JOIN (VALUES ('active'), ('inactive')) AS v (stage)
LEFT JOIN _first_paid AS p USING (party_id)

-- step: ever_counted
SELECT party_id, BIT_OR(definitions) AS definitions
FROM history
GROUP BY party_id
