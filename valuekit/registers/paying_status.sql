-- What the payment provider says, what people wrote down, and what payments, contracts and orders say.

-- step: _said
-- A word that the map does not know is `unknown`, never dropped. Of several, the one of least weight goes first.
SELECT
  s.party_id, s.system, s.record, s.origin, s.status, s.updated_on,
  COALESCE(m.meaning, 'unknown') AS meaning, COALESCE(m.weight, $unknown_weight) AS weight
FROM statuses AS s
LEFT JOIN status_map AS m ON m.word = TRIM(REGEXP_REPLACE(LOWER(s.status), '[\s_-]+', '_', 'g'), '_')

-- step: _latest
SELECT *
FROM _said
WHERE party_id IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY system, record, origin ORDER BY updated_on DESC) = 1

-- step: _chosen
-- Of several accounts at the provider, the one that pays counts; of several notes by hand, the latest.
SELECT *
FROM _latest
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY party_id, origin
  ORDER BY CASE WHEN origin = 'provider' THEN weight END, updated_on DESC, weight, system, record
) = 1

-- step: _parties_by_word
SELECT origin, status, COUNT(*) AS parties
FROM _chosen
GROUP BY origin, status

-- step: status_words
SELECT s.origin, s.status, s.meaning, COUNT(*) AS rows, COALESCE(MAX(p.parties), 0) AS parties
FROM _said AS s
LEFT JOIN _parties_by_word AS p ON p.origin = s.origin AND p.status = s.status
GROUP BY s.origin, s.status, s.meaning

-- step: _noted
SELECT
  party_id,
  MAX(meaning) FILTER (WHERE origin = 'manual') AS manual,
  MAX(updated_on) FILTER (WHERE origin = 'manual') AS manual_on,
  MAX(meaning) FILTER (WHERE origin = 'provider') AS provider,
  MAX(updated_on) FILTER (WHERE origin = 'provider') AS provider_on
FROM _chosen
GROUP BY party_id

-- step: _derived
SELECT
  party_id, has_paid, has_ordered,
  COALESCE(has_paid AND paid_until + CAST($payment_grace_days AS INTEGER) >= as_of, FALSE)
  OR COALESCE(has_ordered AND last_ordered_on >= as_of - CAST($order_active_days AS INTEGER), FALSE) AS pays,
  GREATEST(
    CASE WHEN has_paid THEN paid_until + CAST($payment_grace_days AS INTEGER) + 1 END,
    CASE WHEN has_ordered THEN last_ordered_on + CAST($order_active_days AS INTEGER) + 1 END
  ) AS ran_out_on
FROM facts

-- step: _compared
SELECT
  d.*, n.manual, n.manual_on, n.provider, n.provider_on,
  COALESCE(CASE WHEN d.pays THEN n.manual IN ('not_paying', 'trial') ELSE n.manual = 'paying' END, FALSE) AS is_wrong
FROM _derived AS d
LEFT JOIN _noted AS n USING (party_id)
WHERE n.party_id IS NOT NULL OR d.pays

-- step: _money
SELECT party_id, paid_on AS day, amount > 0 AS came_in FROM payments WHERE amount <> 0
UNION ALL
SELECT party_id, ordered_on, amount > 0 FROM orders WHERE amount <> 0

-- step: _since
-- The event that made a status set by hand wrong: the first money after it; or, of who pays no longer, the day on which
-- the last of it ran out, or on which all of it had gone back.
SELECT
  w.party_id,
  CASE
    WHEN w.pays THEN MIN(m.day) FILTER (WHERE m.came_in AND m.day > w.manual_on)
    WHEN w.ran_out_on IS NOT NULL THEN w.ran_out_on
    ELSE MAX(m.day) FILTER (WHERE NOT m.came_in)
  END AS wrong_since
FROM _compared AS w
JOIN _money AS m ON m.party_id = w.party_id
WHERE w.is_wrong
GROUP BY w.party_id, w.pays, w.ran_out_on, w.manual_on

-- step: paying_status
SELECT
  c.party_id, c.manual, c.manual_on, c.provider, c.provider_on,
  CASE WHEN c.pays THEN 'paying' ELSE 'not_paying' END AS derived,
  COALESCE(s.wrong_since > c.manual_on, FALSE) AS stale,
  CASE WHEN s.wrong_since > c.manual_on THEN s.wrong_since END AS wrong_since
FROM _compared AS c
LEFT JOIN _since AS s USING (party_id)
