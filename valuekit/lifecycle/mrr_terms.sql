-- The terms whose recurring revenue counts, as ranges of month ends (numbers in `month_ends`).

-- step: _ends
SELECT MIN(as_of) AS first_end, MAX(as_of) AS last_end, MAX(number) AS last_number FROM month_ends

-- step: _from_start
-- A contract counts from its start, even if it was signed later: the terms as they are known today.
SELECT
  c.party_id, c.system, c.id, c.kind, k.currency,
  CAST(k.amount / c.term_months AS DECIMAL(18, 4)) AS monthly,
  c.monthly AS reporting_monthly,
  GREATEST(DATEDIFF('month', e.first_end, c.starts_on), 0) AS from_number,
  LEAST(DATEDIFF('month', e.first_end, COALESCE(c.runs_until, e.last_end)), e.last_number) AS until_month,
  c.runs_until, c.starts_on
FROM contract_terms AS c
JOIN contracts AS k ON k.system = c.system AND k.id = c.id
CROSS JOIN _ends AS e
WHERE c.starts_on <= e.last_end

-- step: _known_today
SELECT
  t.party_id, t.system, t.id, t.kind, t.currency, t.monthly, t.reporting_monthly, t.from_number,
  CASE WHEN t.runs_until < m.as_of THEN t.until_month - 1 ELSE t.until_month END AS until_number
FROM _from_start AS t
JOIN month_ends AS m ON m.number = t.until_month

-- step: _running
SELECT party_id, system, id, kind, currency, monthly, reporting_monthly, from_number, until_number
FROM running_terms
WHERE $backdated = 'from_signature'
UNION ALL
SELECT party_id, system, id, kind, currency, monthly, reporting_monthly, from_number, until_number
FROM _known_today
WHERE $backdated = 'from_start' AND from_number <= until_number

-- step: _counting
SELECT r.*, r.from_number = MIN(r.from_number) OVER (PARTITION BY r.system, r.id) AS is_start
FROM _running AS r
JOIN stages AS s USING (party_id)
WHERE r.monthly > 0 AND s.stage <> 'internal'

-- step: _overdue
-- An invoice stops the term that it names. With no name, or one that the party has no term of, it stops all of them.
SELECT DISTINCT l.party_id, t.id AS contract, m.number
FROM past_due AS l
JOIN month_ends AS m ON m.as_of >= l.from_day AND m.as_of < l.until_day
LEFT JOIN _counting AS t ON t.party_id = l.party_id AND t.id = l.contract

-- step: _stopped
SELECT DISTINCT party_id FROM _overdue

-- step: _months
SELECT
  c.party_id, c.system, c.id, c.kind, c.currency, c.monthly, c.reporting_monthly, c.is_start, c.from_number AS began,
  m.number
FROM _counting AS c
JOIN _stopped AS s USING (party_id)
JOIN month_ends AS m ON m.number BETWEEN c.from_number AND c.until_number

-- step: _paid_months
SELECT m.*
FROM _months AS m
LEFT JOIN _overdue AS o ON o.party_id = m.party_id AND o.number = m.number AND COALESCE(o.contract, m.id) = m.id
WHERE o.party_id IS NULL

-- step: _islands
SELECT *, number - ROW_NUMBER() OVER (PARTITION BY system, id, began ORDER BY number) AS island
FROM _paid_months

-- step: _interrupted
SELECT
  party_id, system, id, kind, currency, monthly, reporting_monthly,
  MIN(number) AS from_number, MAX(number) AS until_number, is_start AND MIN(number) = began AS is_start
FROM _islands
GROUP BY party_id, system, id, kind, currency, monthly, reporting_monthly, is_start, began, island

-- step: mrr_terms
SELECT party_id, system, id, kind, currency, monthly, reporting_monthly, from_number, until_number, is_start
FROM _counting
WHERE NOT EXISTS (SELECT 1 FROM _stopped AS s WHERE s.party_id = _counting.party_id)
UNION ALL
SELECT party_id, system, id, kind, currency, monthly, reporting_monthly, from_number, until_number, is_start
FROM _interrupted
