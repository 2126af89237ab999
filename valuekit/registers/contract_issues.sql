-- What is wrong with contract terms. A term may have several issues; no term is changed because of one.

-- step: _heirs
-- Terms that go on from a former one, or may: all but those declared `new`. Their place among those of the same day.
SELECT
  party_id, system, id, kind, signed_on, starts_on, runs_until,
  ROW_NUMBER() OVER (PARTITION BY party_id, system, starts_on ORDER BY kind IS NULL, signed_on, id) AS place
FROM contract_terms
WHERE kind IS DISTINCT FROM 'new'

-- step: _ends
-- A term that was replaced on its first day ends before it; one that never got that far ends nothing.
SELECT party_id, system, runs_until + 1 AS day, COUNT(*) AS ended, MAX(id) AS id
FROM contract_terms
WHERE runs_until >= starts_on - 1
GROUP BY party_id, system, runs_until + 1

-- step: _starts
SELECT party_id, system, starts_on AS day, COUNT(*) AS heirs
FROM _heirs
GROUP BY party_id, system, starts_on

-- step: _open_ends
-- Days from which some term that ran until then has no heir.
SELECT e.party_id, e.system, e.day, e.id
FROM _ends AS e
LEFT JOIN _starts AS s ON s.party_id = e.party_id AND s.system = e.system AND s.day = e.day
WHERE e.ended > COALESCE(s.heirs, 0)

-- step: _loose
-- Terms that take over from no term that ends the day before. A term that was replaced on its first day never ran.
SELECT h.party_id, h.system, h.id, h.kind, h.signed_on, h.starts_on, h.runs_until
FROM _heirs AS h
LEFT JOIN _ends AS e ON e.party_id = h.party_id AND e.system = h.system AND e.day = h.starts_on
WHERE h.place > COALESCE(e.ended, 0) AND (h.runs_until IS NULL OR h.runs_until >= h.starts_on)

-- step: _gaps
-- A declared renewal is late by any number of days; a term that does not say what it is, by at most $renewal_days:
-- later than that, the party came back.
SELECT l.party_id, l.system, l.id, l.starts_on, o.day, o.id AS former
FROM _loose AS l
JOIN _open_ends AS o ON o.party_id = l.party_id AND o.system = l.system AND o.day < l.starts_on
WHERE l.kind IS NOT NULL OR l.starts_on - o.day <= $renewal_days
QUALIFY ROW_NUMBER() OVER (PARTITION BY l.system, l.id ORDER BY o.day DESC) = 1

-- step: _overlaps
-- Two terms of a party run at once in one system, and the later neither replaces a term, nor is a late renewal, nor
-- says that it is `new`: a subscription of its own.
SELECT l.party_id, l.system, l.id, l.starts_on, t.id AS other, LEAST(l.runs_until, t.runs_until) AS last_day
FROM _loose AS l
ANTI JOIN _gaps AS g ON g.system = l.system AND g.id = l.id
JOIN contract_terms AS t
  ON t.party_id = l.party_id AND t.system = l.system AND (t.runs_until IS NULL OR t.runs_until >= l.starts_on)
WHERE
  t.starts_on < l.starts_on
  OR (
    t.starts_on = l.starts_on AND t.id <> l.id
    AND (t.signed_on < l.signed_on OR (t.signed_on = l.signed_on AND t.id < l.id))
  )
QUALIFY ROW_NUMBER() OVER (PARTITION BY l.system, l.id ORDER BY t.starts_on DESC, t.signed_on DESC, t.id DESC) = 1

-- step: _between_terms
SELECT
  party_id, system, id, 'gap' AS issue, former || ' ended on ' || (day - 1) AS said, starts_on - day AS days,
  ' without contract until this renewal' AS rest
FROM _gaps
UNION ALL
SELECT
  party_id, system, id, 'overlap', 'runs beside ' || other || ' from ' || starts_on || ' on', last_day - starts_on + 1,
  ' until ' || last_day
FROM _overlaps

-- step: _single_terms
-- No last day is an open end where the contract renews itself or goes by the month, or once notice is given.
SELECT
  party_id, system, id, 'missing_end' AS issue,
  'no last day, and nothing says that it renews itself; counted as open-ended' AS said,
  CASE WHEN starts_on <= $as_of THEN $as_of - starts_on + 1 END AS days, ' so far' AS rest
FROM contracts
WHERE ends_on IS NULL AND cancelled_on IS NULL AND NOT COALESCE(auto_renew, term_months = 1)
UNION ALL
SELECT
  party_id, system, id, 'not_signed', 'not signed, though it runs', $as_of - starts_on + 1,
  ' since it started on ' || starts_on
FROM contracts
WHERE
  signed_on IS NULL AND starts_on <= $as_of
  AND (ends_on IS NULL OR ends_on >= $as_of OR COALESCE(auto_renew AND cancelled_on IS NULL, FALSE))
UNION ALL
SELECT
  party_id, system, id, 'backdated', 'signed on ' || signed_on, signed_on - starts_on, ' after it started on ' || starts_on
FROM contracts
WHERE signed_on > starts_on
UNION ALL
SELECT
  party_id, system, id, 'backdated', 'recorded on ' || recorded_on, recorded_on - signed_on,
  ' after its stated signature on ' || signed_on
FROM contracts
WHERE recorded_on > signed_on + CAST($timing_days AS INTEGER)
UNION ALL
SELECT party_id, system, id, 'no_price', 'the price of the term is 0', NULL, NULL
FROM contracts
WHERE amount = 0
UNION ALL
SELECT
  party_id, system, id, 'no_party',
  COALESCE('no row of records has the record ' || record || ' in ' || system, 'names no record'), NULL, NULL
FROM contracts
WHERE party_id IS NULL
UNION ALL
SELECT
  party_id, system, id, 'cancelled_after_end', 'notice on ' || cancelled_on, cancelled_on - ends_on,
  ' after it had ended on ' || ends_on
FROM contracts
WHERE cancelled_on > ends_on AND NOT COALESCE(auto_renew, FALSE)

-- step: _rows_aside
SELECT source, row_number, reasons, TRY_CAST(TRY_CAST(row_text AS JSON) AS MAP(VARCHAR, VARCHAR)) AS texts
FROM quarantine
WHERE table_name = 'contracts' AND severity = 'quarantine'

-- step: _aside
-- Rows that were set aside are no contracts here, but they are somebody's contracts. They are read back as they were
-- written, by the first source whose columns fit.
SELECT
  q.source, q.row_number, q.reasons, COALESCE(q.texts['system'], o.system) AS system, q.texts[o.id_column] AS id,
  TRY_CAST(q.texts[o.starts_column] AS DATE) AS starts_on, TRY_CAST(q.texts[o.ends_column] AS DATE) AS ends_on
FROM _rows_aside AS q
LEFT JOIN contract_origins AS o ON q.texts[o.id_column] IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY q.source, q.row_number ORDER BY o.number) = 1

-- step: _set_aside
SELECT
  CAST(NULL AS VARCHAR) AS party_id,
  COALESCE(system, source) AS system,
  COALESCE(id, 'row ' || row_number || ' of ' || source) AS id,
  CASE
    WHEN CONTAINS(reasons, $ends_too_early) THEN 'end_before_start'
    WHEN CONTAINS(reasons, 'amount is missing') OR CONTAINS(reasons, $negative_price) THEN 'no_price'
    ELSE 'set_aside'
  END AS issue,
  'set aside, row ' || row_number || ' of ' || source || ': ' || reasons AS said,
  CASE WHEN ends_on < starts_on THEN starts_on - ends_on END AS days,
  ' from the start on ' || starts_on || ' back to the end on ' || ends_on AS rest
FROM _aside

-- step: _issues
SELECT party_id, system, id, issue, said, days, rest FROM _between_terms
UNION ALL SELECT party_id, system, id, issue, said, days, rest FROM _single_terms
UNION ALL SELECT party_id, system, id, issue, said, days, rest FROM _set_aside

-- step: _detailed
SELECT
  party_id, system, id, issue,
  said || COALESCE(': ' || days || CASE days WHEN 1 THEN ' day' ELSE ' days' END || rest, '') AS detail
FROM _issues

-- step: contract_issues
SELECT
  MAX(party_id) AS party_id, system, id AS contract, issue, STRING_AGG(DISTINCT detail, '; ' ORDER BY detail) AS detail
FROM _detailed
GROUP BY system, id, issue
