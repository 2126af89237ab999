-- Who pays: by hand, by the provider, and by the money.

-- step: paying_matrix
SELECT
  COALESCE(manual, 'none') AS manual, COALESCE(provider, 'none') AS provider, derived,
  COUNT(*) AS parties, COUNT(*) FILTER (WHERE stale) AS stale
FROM paying_status
GROUP BY manual, provider, derived
ORDER BY manual, provider, derived

-- step: stale_statuses
SELECT
  t.party_id, p.label, s.stage, t.manual, t.manual_on, t.provider, t.derived, t.wrong_since,
  CAST($as_of AS DATE) - t.wrong_since AS days, f.mrr
FROM paying_status AS t
JOIN parties AS p USING (party_id)
JOIN stages AS s USING (party_id)
JOIN facts AS f USING (party_id)
WHERE t.stale
ORDER BY days DESC, t.party_id
