-- Which signed term replaces which: the one rule for recurring revenue and for lifetime value.
-- Reads `_signed` (party_id, system, id, kind, signed_on, starts_on, ends_on) of the steps that it stands before.

-- step: _replacing
-- A renewal or change replaces one earlier term of the party in the same system from its own start: the term that ends
-- the day before, else the one with the same end, else the latest. Terms of kind `new` run side by side. A term of
-- unknown kind renews the one that ends the day before, if any. Both must be signed for anybody to know.
SELECT
  p.system, p.id, s.id AS by_id, s.starts_on AS replaced_on,
  GREATEST(s.signed_on, p.signed_on) AS known_on,
  ROW_NUMBER() OVER (
    PARTITION BY s.system, s.id
    ORDER BY
      COALESCE(p.ends_on + 1 = s.starts_on, FALSE) DESC,
      p.ends_on IS NOT DISTINCT FROM s.ends_on DESC,
      p.starts_on DESC, p.signed_on DESC, p.id DESC
  ) AS choice
FROM _signed AS s
JOIN _signed AS p ON p.party_id = s.party_id AND p.system = s.system
WHERE
  (s.kind IN ('renewal', 'change') OR (s.kind IS NULL AND p.ends_on + 1 = s.starts_on))
  AND (
    p.starts_on < s.starts_on
    OR (p.starts_on = s.starts_on AND (p.signed_on < s.signed_on OR (p.signed_on = s.signed_on AND p.id < s.id)))
  )
