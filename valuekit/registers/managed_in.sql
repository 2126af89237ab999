-- The one system that manages each current customer.

-- step: middle_value
-- The middle value of current customers that have any: half of them are at or above it.
SELECT value
FROM (
  SELECT
    f.{measure} AS value,
    ROW_NUMBER() OVER (ORDER BY f.{measure} DESC, f.party_id) AS place,
    COUNT(*) OVER () AS customers
  FROM facts AS f
  JOIN stages AS s USING (party_id)
  WHERE LIST_CONTAINS($customer_stages, s.stage) AND f.{measure} > 0
)
WHERE place = (customers + 1) // 2

-- step: _ruled
SELECT party_id, {number} AS number
FROM facts
JOIN stages USING (party_id)
WHERE LIST_CONTAINS($customer_stages, stage)

-- step: managed_in
SELECT c.party_id, r.system, r.rule
FROM _ruled AS c
JOIN managing_rules AS r USING (number)
