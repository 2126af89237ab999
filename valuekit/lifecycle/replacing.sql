-- Which signed term replaces which: the one rule for recurring revenue and for lifetime value.
-- Reads `_signed` (party_id, system, id, kind, signed_on, starts_on, ends_on) of the steps that it stands before.
-- A renewal or change replaces one earlier term of the party in the same system from its own start: the term that ends
-- the day before, else the one with the same end, else, of a renewal, the one that ends nearest, up to 31 days before
-- or after, else the latest. Terms of kind `new` run side by side. A term of unknown kind renews the one that ends the
-- day before, if any. Both must be signed for anybody to know.

-- step: _on_time
SELECT s.system, s.id AS by_id, p.id, p.signed_on <= s.signed_on AS is_known
FROM _signed AS s
JOIN _signed AS p ON p.party_id = s.party_id AND p.system = s.system AND p.ends_on + 1 = s.starts_on
WHERE COALESCE(s.kind, 'renewal') IN ('renewal', 'change') AND p.starts_on < s.starts_on

-- step: _pairs
-- Nothing is asked of others where one that ends the day before was signed in time: it is most terms.
SELECT system, by_id, id FROM _on_time
UNION ALL
SELECT s.system, s.id, p.id
FROM _signed AS s
ANTI JOIN (SELECT system, by_id FROM _on_time WHERE is_known) AS o ON o.system = s.system AND o.by_id = s.id
JOIN _signed AS p ON p.party_id = s.party_id AND p.system = s.system
WHERE
  s.kind IN ('renewal', 'change')
  AND (
    (p.starts_on < s.starts_on AND p.ends_on + 1 IS DISTINCT FROM s.starts_on)
    OR (p.starts_on = s.starts_on AND (p.signed_on < s.signed_on OR (p.signed_on = s.signed_on AND p.id < s.id)))
  )

-- step: _follows
-- `is_beside`: it begins on the same day and replaces a term itself. It is another line's, as long as there is one.
SELECT
  s.party_id, s.system, s.id AS by_id, s.starts_on AS replaced_on, s.signed_on AS by_signed_on,
  p.id, p.starts_on, p.ends_on, p.signed_on,
  ABS(p.ends_on + 1 - s.starts_on) AS apart,
  p.starts_on = s.starts_on AND COALESCE(p.kind, 'new') <> 'new' AS is_beside,
  CASE
    WHEN p.ends_on + 1 = s.starts_on THEN 1
    WHEN p.starts_on < s.starts_on AND p.ends_on IS NOT DISTINCT FROM s.ends_on THEN 2
    WHEN p.starts_on < s.starts_on AND s.kind = 'renewal' AND ABS(p.ends_on + 1 - s.starts_on) <= 31 THEN 3
    ELSE 4
  END AS fit
FROM _pairs AS j
JOIN _signed AS s ON s.system = j.system AND s.id = j.by_id
JOIN _signed AS p ON p.system = j.system AND p.id = j.id

-- step: _nearest
SELECT
  party_id, system, by_id, by_signed_on, replaced_on, ends_on,
  COUNT(*) FILTER (WHERE signed_on <= by_signed_on) OVER (PARTITION BY system, by_id, ends_on) AS ending
FROM _follows
WHERE fit IN (1, 3)
QUALIFY ROW_NUMBER() OVER (PARTITION BY system, by_id ORDER BY fit, apart, ends_on DESC, id) = 1

-- step: _of_another
-- As many terms as end on a day have been renewed: a further one is of another line, or changes what followed.
SELECT system, by_id
FROM _nearest
QUALIFY ending < ROW_NUMBER() OVER (PARTITION BY party_id, system, ends_on ORDER BY by_signed_on, replaced_on, by_id)

-- step: _fitting
-- Behind what is in force stands what begins beside, and behind that what had ended.
SELECT
  f.* EXCLUDE (fit),
  CASE
    WHEN f.fit < 3 OR (f.fit = 3 AND n.by_id IS NULL) THEN f.fit
    WHEN f.is_beside THEN 5
    WHEN f.ends_on < f.replaced_on AND BOOL_OR(f.is_beside) OVER (PARTITION BY f.system, f.by_id) THEN 6
    ELSE 4
  END AS fit
FROM _follows AS f
LEFT JOIN _of_another AS n ON n.system = f.system AND n.by_id = f.by_id

-- step: _ranked
-- `place` among the terms that are signed already.
SELECT
  *, signed_on <= by_signed_on AS is_known,
  ROW_NUMBER() OVER (
    PARTITION BY system, by_id, signed_on <= by_signed_on
    ORDER BY fit, CASE WHEN fit = 3 THEN apart END, starts_on DESC, signed_on DESC, id DESC
  ) AS place
FROM _fitting

-- step: _shared
-- Terms that begin on one day and would replace the same: the second takes the next.
SELECT
  system, by_id,
  ROW_NUMBER() OVER (PARTITION BY party_id, system, replaced_on, id ORDER BY by_signed_on, by_id) AS turn
FROM _ranked
WHERE place = 1 AND is_known AND fit > 1

-- step: _replacing
SELECT
  p.system, p.id, p.by_id, p.replaced_on, GREATEST(p.by_signed_on, p.signed_on) AS known_on,
  ROW_NUMBER() OVER (
    PARTITION BY p.system, p.by_id
    ORDER BY
      COALESCE(p.is_known AND p.place < t.turn, FALSE), p.fit, CASE WHEN p.fit = 3 THEN p.apart END,
      p.starts_on DESC, p.signed_on DESC, p.id DESC
  ) AS choice
FROM _ranked AS p
LEFT JOIN _shared AS t ON t.system = p.system AND t.by_id = p.by_id
