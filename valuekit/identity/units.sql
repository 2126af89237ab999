-- Who belongs to whom. A unit is how parties are counted; it does not say that they are one.

-- step: _parties
SELECT
  c.first,
  MIN_BY(r.kind, r.code) FILTER (WHERE r.kind IS NOT NULL) AS kind,
  BOOL_OR(r.billing_id IS NOT NULL) AS pays,
  BOOL_OR(r.is_internal) OR BOOL_AND(COALESCE(r.role = 'served', FALSE)) AS counts_alone
FROM identity_records AS r
JOIN identity_cores AS c USING (code)
GROUP BY c.first

-- step: _named
-- The parents that records name, before those that links name.
SELECT 1 AS trust, r.code, p.code AS to_code
FROM identity_records AS r
JOIN identity_records AS p ON p.system = r.system AND p.record = r.parent
UNION ALL
SELECT 2, a.code, b.code
FROM links AS l
JOIN identity_records AS a ON a.system = l.system AND a.record = l.from_record
JOIN identity_records AS b ON b.system = l.to_system AND b.record = l.to_record
WHERE l.kind = 'parent'

-- step: _owners
-- One owner for each party. Internal and served parties keep to themselves.
SELECT a.first, b.first AS owner, n.to_code, p.kind, p.pays, o.kind AS owner_kind
FROM _named AS n
JOIN identity_cores AS a ON a.code = n.code
JOIN identity_cores AS b ON b.code = n.to_code
JOIN _parties AS p ON p.first = a.first
JOIN _parties AS o ON o.first = b.first
WHERE a.first <> b.first AND NOT p.counts_alone AND NOT o.counts_alone
QUALIFY ROW_NUMBER() OVER (PARTITION BY a.first ORDER BY n.trust, n.code, n.to_code) = 1

-- step: _owning
SELECT DISTINCT owner AS first FROM _owners WHERE kind IS DISTINCT FROM 'person'

-- step: identity_owners
-- account: people who do not pay themselves go to their organisation. parent: so do all people, and organisations that
-- own none go to their owner. group: everybody goes to the owner.
SELECT w.first, w.owner, w.to_code
FROM _owners AS w
LEFT JOIN _owning AS g USING (first)
WHERE CASE $unit
  WHEN 'account' THEN w.kind = 'person' AND w.owner_kind IS DISTINCT FROM 'person' AND NOT w.pays
  WHEN 'parent' THEN w.kind = 'person' OR g.first IS NULL
  WHEN 'group' THEN TRUE
  ELSE FALSE
END
