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
