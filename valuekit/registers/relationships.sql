-- Parties that others serve without selling to them: a layer beside the paying customers.

-- step: _served_by_link
-- Records of one party serve no other party.
SELECT DISTINCT t.party_id, f.party_id AS served_by
FROM links AS l
JOIN party_records AS f ON f.system = l.system AND f.record = l.from_record
JOIN party_records AS t ON t.system = l.to_system AND t.record = l.to_record
WHERE l.kind = 'serves' AND f.party_id <> t.party_id

-- step: _served
-- Who has the role and no link is served by the company itself.
SELECT party_id, served_by FROM _served_by_link
UNION ALL
SELECT party_id, NULL
FROM parties
ANTI JOIN _served_by_link USING (party_id)
WHERE role = 'served'

-- step: relationships
SELECT
  s.party_id, s.served_by, t.kind, $serving_role AS serving_role,
  CASE WHEN f.has_contract OR f.has_paid OR f.has_ordered THEN 'money' ELSE 'mission' END AS aim
FROM _served AS s
JOIN facts AS f ON f.party_id = s.party_id
LEFT JOIN parties AS p ON p.party_id = s.served_by
JOIN relationship_types AS t
  ON t.serving = CASE WHEN s.served_by IS NULL THEN 'nobody' ELSE COALESCE(p.kind, 'organisation') END
