-- Which found party is which real one. Real parties are counted by account, as the default unit does.

-- step: _joined
SELECT t.true_party, r.party_id, COUNT(*) AS records
FROM truth_parties AS t
JOIN party_records AS r ON r.system = t.system AND r.record = t.record
GROUP BY t.true_party, r.party_id

-- step: truth_map
-- The found party that holds most records of a real one: that one speaks for it.
SELECT true_party, party_id
FROM _joined
QUALIFY ROW_NUMBER() OVER (PARTITION BY true_party ORDER BY records DESC, party_id) = 1

-- step: found_map
-- The real party that most records of a found one belong to.
SELECT f.party_id, f.true_party, m.party_id IS NOT NULL AS is_main
FROM (
  SELECT party_id, true_party
  FROM _joined
  QUALIFY ROW_NUMBER() OVER (PARTITION BY party_id ORDER BY records DESC, true_party) = 1
) AS f
LEFT JOIN truth_map AS m ON m.party_id = f.party_id AND m.true_party = f.true_party

-- step: split_parties
-- Real parties whose records were not all joined.
SELECT true_party, COUNT(*) AS found_parties
FROM _joined
GROUP BY true_party
HAVING COUNT(*) > 1

-- step: mixed_parties
-- Found parties that hold records of several real ones.
SELECT party_id, COUNT(*) AS real_parties
FROM _joined
GROUP BY party_id
HAVING COUNT(*) > 1

-- step: _pairs_by_party
SELECT SUM(n * (n - 1) // 2) AS found FROM (SELECT SUM(records) AS n FROM _joined GROUP BY party_id)

-- step: _pairs_by_truth
SELECT SUM(n * (n - 1) // 2) AS truly FROM (SELECT SUM(records) AS n FROM _joined GROUP BY true_party)

-- step: identity_result
-- Pairs of records of one party: those found, and those that are so.
SELECT
  SUM(j.records * (j.records - 1) // 2) / NULLIF(MAX(f.found), 0) AS precision,
  SUM(j.records * (j.records - 1) // 2) / NULLIF(MAX(t.truly), 0) AS recall,
  MAX(f.found) AS pairs_found, MAX(t.truly) AS pairs_true
FROM _joined AS j, _pairs_by_party AS f, _pairs_by_truth AS t

-- step: _known
SELECT t.system, t.record, t.true_party, t.planted, r.party_id
FROM truth_parties AS t
JOIN party_records AS r ON r.system = t.system AND r.record = t.record

-- step: _duplicate_pairs
-- Records planted as duplicates, each with every other record that is, or was found to be, of its party.
SELECT
  d.system, d.record, o.system AS to_system, o.record AS to_record, d.party_id = o.party_id AS is_found, TRUE AS is_true
FROM _known AS d
JOIN _known AS o ON o.true_party = d.true_party
WHERE d.planted LIKE 'duplicate%' AND (o.system <> d.system OR o.record <> d.record)
UNION ALL
SELECT d.system, d.record, o.system, o.record, TRUE, FALSE
FROM _known AS d
JOIN _known AS o ON o.party_id = d.party_id
WHERE d.planted LIKE 'duplicate%' AND o.true_party <> d.true_party

-- step: duplicates_result
SELECT
  COUNT(*) FILTER (WHERE is_found AND is_true) / NULLIF(COUNT(*) FILTER (WHERE is_found), 0) AS precision,
  COUNT(*) FILTER (WHERE is_found AND is_true) / NULLIF(COUNT(*) FILTER (WHERE is_true), 0) AS recall,
  COUNT(*) FILTER (WHERE is_true) AS pairs_true
FROM _duplicate_pairs
