-- Which system manages how many customers.

-- step: _records
SELECT DISTINCT party_id, system
FROM party_records

-- step: managed_by
SELECT
  m.system, m.rule, COUNT(*) AS customers, SUM(f.mrr) AS mrr, SUM(COALESCE(v.ltv, 0)) AS value,
  COUNT(*) FILTER (WHERE r.party_id IS NULL) AS without_record
FROM managed_in AS m
JOIN facts AS f ON f.party_id = m.party_id
LEFT JOIN ltv AS v ON v.party_id = m.party_id
LEFT JOIN _records AS r ON r.party_id = m.party_id AND r.system = m.system
GROUP BY m.system, m.rule
ORDER BY value DESC, m.system, m.rule
