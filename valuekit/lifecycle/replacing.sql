-- Which signed term replaces which: the one rule for recurring revenue and for lifetime value.
-- Reads `_signed` (party_id, system, id, kind, signed_on, starts_on, ends_on) of the steps that it stands before.

-- step: _on_time
-- Most terms begin the day after another ends: to look for that day is quicker than to look at all terms of a party.
SELECT s.system, s.id AS by_id, p.id, p.signed_on <= s.signed_on AS is_known
FROM _signed AS s
JOIN _signed AS p ON p.party_id = s.party_id AND p.system = s.system AND p.ends_on + 1 = s.starts_on
WHERE COALESCE(s.kind, 'renewal') IN ('renewal', 'change') AND p.starts_on < s.starts_on

-- step: _follows
-- Nothing else is asked about where the one that ends the day before was known when the term was signed.
SELECT system, by_id, id FROM _on_time
UNION
SELECT s.system, s.id, p.id
FROM _signed AS s
ANTI JOIN (SELECT system, by_id FROM _on_time WHERE is_known) AS o ON o.system = s.system AND o.by_id = s.id
JOIN _signed AS p ON p.party_id = s.party_id AND p.system = s.system
WHERE s.kind IN ('renewal', 'change')
  AND (
    p.starts_on < s.starts_on
    OR (p.starts_on = s.starts_on AND (p.signed_on < s.signed_on OR (p.signed_on = s.signed_on AND p.id < s.id)))
  )

-- step: _ranked
-- A renewal or change replaces one earlier term of the party in the same system from its own start: the term that ends
-- the day before, else one that began before and has the same end, else, of a renewal, the one that ends nearest, up to
-- 31 days before or after, else the latest in force, else the latest. Terms of kind `new` run side by side. A term of
-- unknown kind renews the one that ends the day before, if any. Both must be signed for anybody to know.
SELECT
  s.party_id, p.system, p.id, s.id AS by_id, s.starts_on AS replaced_on, s.signed_on AS by_signed_on,
  GREATEST(s.signed_on, p.signed_on) AS known_on,
  ROW_NUMBER() OVER (
    PARTITION BY s.system, s.id
    ORDER BY
      COALESCE(p.ends_on + 1 = s.starts_on, FALSE) DESC,
      (p.starts_on < s.starts_on AND p.ends_on IS NOT DISTINCT FROM s.ends_on) DESC,
      CASE WHEN s.kind = 'renewal' AND p.starts_on < s.starts_on AND ABS(p.ends_on + 1 - s.starts_on) <= 31
           THEN ABS(p.ends_on + 1 - s.starts_on) END NULLS LAST,
      (p.starts_on < s.starts_on AND COALESCE(p.ends_on >= s.starts_on, TRUE)) DESC,
      p.starts_on DESC, p.signed_on DESC, p.id DESC
  ) AS place
FROM _follows AS f
JOIN _signed AS s ON s.system = f.system AND s.id = f.by_id
JOIN _signed AS p ON p.system = f.system AND p.id = f.id

-- step: _same_day
-- Terms that begin on one day and would replace the same: lines that change together, or a line that is corrected.
SELECT
  system, by_id,
  ROW_NUMBER() OVER (PARTITION BY party_id, system, replaced_on, id ORDER BY by_signed_on, by_id) AS turn
FROM _ranked
WHERE place = 1

-- step: _replacing
-- The second of them takes the next: another line, else the first of them.
SELECT
  r.system, r.id, r.by_id, r.replaced_on, r.known_on,
  ROW_NUMBER() OVER (PARTITION BY r.system, r.by_id ORDER BY r.place < t.turn, r.place) AS choice
FROM _ranked AS r
JOIN _same_day AS t ON t.system = r.system AND t.by_id = r.by_id
