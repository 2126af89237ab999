-- Why a team's list and the headline list differ at the data end: the reason found against the one planted.

-- step: _pairs
SELECT h.definition AS headline, h.bit AS headline_bit, h.reason_bits AS headline_reasons, d.definition, d.bit,
  d.reason_bits
FROM definitions AS d
CROSS JOIN definitions AS h
WHERE h.headline AND d.definition IN ('sales', 'marketing', 'finance', 'product')

-- step: _sides
SELECT
  l.party_id, p.definition,
  CASE WHEN (l.definitions & p.bit) <> 0 THEN 'only_team' ELSE 'only_headline' END AS side,
  l.reasons & CASE WHEN (l.definitions & p.bit) <> 0 THEN p.headline_reasons ELSE p.reason_bits END AS can_explain
FROM party_lists AS l
CROSS JOIN _pairs AS p
WHERE ((l.definitions & p.bit) <> 0) <> ((l.definitions & p.headline_bit) <> 0)

-- step: found_reasons
-- Two records that were not joined: which of the two words is used is not judged. Of a party that was found more than
-- once, the one that speaks for it goes first.
SELECT f.true_party, s.party_id, s.definition, s.side, COALESCE(r.reason, 'unexplained') AS word,
  CASE WHEN r.reason LIKE 'unmatched%' OR r.reason = 'duplicate' THEN 'records not joined'
       ELSE COALESCE(r.reason, 'unexplained') END AS reason
FROM _sides AS s
JOIN found_map AS f USING (party_id)
LEFT JOIN reasons AS r ON r.bit = (s.can_explain & -s.can_explain)
QUALIFY ROW_NUMBER() OVER (PARTITION BY f.true_party, s.definition, s.side ORDER BY f.is_main DESC, s.party_id) = 1

-- step: planted_reasons
SELECT t.true_party, t.definition, t.side,
  CASE WHEN t.reason IN ('unmatched_id', 'duplicate') THEN 'records not joined' ELSE t.reason END AS reason,
  t.reason IN ('unmatched_id', 'duplicate') AND s.true_party IS NULL AND p.cause IS NULL AS is_mended
FROM truth_reasons AS t
LEFT JOIN split_parties AS s USING (true_party)
LEFT JOIN truth_faults AS p ON p.true_party = t.true_party AND p.as_of = $as_of AND p.cause = 'missing_record'

-- step: reason_pairs
SELECT
  COALESCE(t.true_party, f.true_party) AS true_party, COALESCE(t.definition, f.definition) AS definition,
  COALESCE(t.side, f.side) AS side, t.reason AS planted, f.reason AS found, f.word,
  COALESCE(t.is_mended AND f.reason IS NULL, FALSE) AS is_mended
FROM planted_reasons AS t
FULL JOIN found_reasons AS f ON f.true_party = t.true_party AND f.definition = t.definition AND f.side = t.side

-- step: _by_planted
SELECT definition, side, planted AS reason, COUNT(*) AS planted, SUM(CASE WHEN is_mended THEN 1 ELSE 0 END) AS mended,
  SUM(CASE WHEN found = planted THEN 1 ELSE 0 END) AS both
FROM reason_pairs
WHERE planted IS NOT NULL
GROUP BY definition, side, planted

-- step: _by_found
SELECT definition, side, found AS reason, COUNT(*) AS found
FROM reason_pairs
WHERE found IS NOT NULL
GROUP BY definition, side, found

-- step: reasons_judged
-- Recall leaves out what was mended: parties whose records were all joined, so that the lists agree again.
SELECT
  COALESCE(p.definition, f.definition) AS definition, COALESCE(p.side, f.side) AS side,
  COALESCE(p.reason, f.reason) AS reason, COALESCE(p.planted, 0) AS planted, COALESCE(p.mended, 0) AS mended,
  COALESCE(f.found, 0) AS found, COALESCE(p.both, 0) AS both_say,
  p.both / NULLIF(f.found, 0) AS precision, p.both / NULLIF(p.planted - p.mended, 0) AS recall
FROM _by_planted AS p
FULL JOIN _by_found AS f ON f.definition = p.definition AND f.side = p.side AND f.reason = p.reason
ORDER BY 1, 2, 3

-- step: reasons_result
SELECT
  SUM(both_say) / NULLIF(SUM(found), 0) AS precision,
  SUM(both_say) / NULLIF(SUM(planted) - SUM(mended), 0) AS recall,
  SUM(planted) AS planted, SUM(mended) AS mended, SUM(found) AS found,
  COALESCE(SUM(found) FILTER (WHERE reason = 'unexplained'), 0) AS unexplained
FROM reasons_judged

-- step: reason_errors
SELECT definition, side, COALESCE(planted, 'nothing') AS planted, COALESCE(word, 'nothing') AS found,
  COUNT(*) AS parties, MIN(true_party) AS example
FROM reason_pairs
WHERE planted IS DISTINCT FROM found AND NOT is_mended
GROUP BY 1, 2, 3, 4
ORDER BY parties DESC, 1, 2, 3, 4
