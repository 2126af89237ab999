-- How well records were joined: pairs of records of one party, found and true.

-- step: _joined
SELECT t.true_party, r.party_id, COUNT(*) AS records
FROM truth_parties AS t
JOIN party_records AS r ON r.system = t.system AND r.record = t.record
GROUP BY t.true_party, r.party_id

-- step: _found
SELECT SUM(n * (n - 1) // 2) AS pairs FROM (SELECT SUM(records) AS n FROM _joined GROUP BY party_id)

-- step: _true
SELECT SUM(n * (n - 1) // 2) AS pairs FROM (SELECT SUM(records) AS n FROM _joined GROUP BY true_party)

-- step: _both
SELECT SUM(records * (records - 1) // 2) AS pairs FROM _joined

-- step: identity_result
SELECT
    _both.pairs / NULLIF(_found.pairs, 0) AS precision,
    _both.pairs / NULLIF(_true.pairs, 0) AS recall,
    _found.pairs AS pairs_found,
    _true.pairs AS pairs_true
FROM _both, _found, _true

-- step: truth_map
SELECT true_party, party_id
FROM _joined
QUALIFY ROW_NUMBER() OVER (PARTITION BY true_party ORDER BY records DESC, party_id) = 1
