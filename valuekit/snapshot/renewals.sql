-- Renewals that are due, with what they are worth.

-- step: renewals
-- `value` is the lifetime value of the party: of several terms of one party, each row shows the whole of it.
SELECT
  r.party_id, p.label, s.stage, r.system, r.contract, r.renews_on, r.days_left, r.auto_renew, r.notice_given, r.mrr,
  COALESCE(v.ltv, 0) AS value
FROM renewals AS r
JOIN parties AS p USING (party_id)
JOIN stages AS s USING (party_id)
LEFT JOIN ltv AS v USING (party_id)
ORDER BY
  CASE WHEN $by = 'mrr' THEN r.mrr ELSE COALESCE(v.ltv, 0) END DESC, r.mrr DESC, r.renews_on, r.party_id, r.system,
  r.contract

-- step: _by_party
SELECT
  CAST(DATE_TRUNC('month', renews_on) AS DATE) AS month, party_id, COUNT(*) AS contracts, SUM(mrr) AS mrr,
  COALESCE(SUM(mrr) FILTER (WHERE notice_given), 0) AS mrr_under_notice
FROM renewals
GROUP BY DATE_TRUNC('month', renews_on), party_id

-- step: renewal_months
SELECT
  r.month, CAST(SUM(r.contracts) AS BIGINT) AS contracts, COUNT(*) AS parties, SUM(r.mrr) AS mrr,
  SUM(r.mrr_under_notice) AS mrr_under_notice, SUM(COALESCE(v.ltv, 0)) AS value
FROM _by_party AS r
LEFT JOIN ltv AS v USING (party_id)
GROUP BY r.month
ORDER BY r.month
