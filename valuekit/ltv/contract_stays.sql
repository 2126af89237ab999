-- How long each customer with a contract has stayed since, whatever it signed: a switch of terms is no end, nor are
-- 31 days between two terms. What a customer has beside its longest contract ends with it, as in `contracts.sql`.

-- step: _covers
SELECT party_id, starts_on, COALESCE(ends_on, DATE '2999-12-31') AS last_on, system, id FROM all_terms

-- step: _breaks
SELECT *,
       CASE WHEN starts_on <= 31 + MAX(last_on) OVER (
              PARTITION BY party_id ORDER BY starts_on, last_on, system, id
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) THEN 0 ELSE 1 END AS breaks
FROM _covers

-- step: _stays
SELECT *, SUM(breaks) OVER (PARTITION BY party_id ORDER BY starts_on, last_on, system, id) AS stay FROM _breaks

-- step: _ends
SELECT party_id, stay, MAX(last_on) AS last_on
FROM _stays
GROUP BY party_id, stay
HAVING MIN(starts_on) <= $origin

-- step: _stayed
SELECT party_id, MAX(last_on) AS last_on FROM _ends GROUP BY party_id

-- step: judged_lines
-- `stayed`: whole months from the day after the origin to the end.
SELECT l.party_id, l.id, l.term_months, l.segment, l.renewals, l.months_to_next, l.pending, l.ends, l.price,
       (YEAR(s.last_on + 1) - YEAR(CAST($origin AS DATE) + 1)) * 12
         + MONTH(s.last_on + 1) - MONTH(CAST($origin AS DATE) + 1)
         - CASE WHEN DAY(s.last_on + 1) < DAY(CAST($origin AS DATE) + 1) THEN 1 ELSE 0 END AS stayed
FROM contract_lines AS l
JOIN _stayed AS s ON s.party_id = l.party_id
ORDER BY l.party_id, l.system, l.id
