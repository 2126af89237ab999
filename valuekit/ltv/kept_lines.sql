-- Contract lines with the share of their price that is kept: a customer's own bills, shrunk to those of all.
-- Reads `contract_lines` and `kept_bills`.

-- step: _own
SELECT party_id, bills / (bills + CAST($all_weigh AS DOUBLE)) AS weight,
       1 - GREATEST(LEAST(CAST(lost AS DOUBLE) / CAST(worth AS DOUBLE), 1), 0) AS kept
FROM kept_bills

-- step: contract_lines
-- `kept_error`: by how much, as a share of itself, what it keeps may differ from what is expected.
SELECT l.*,
       GREATEST(COALESCE(o.weight * o.kept + (1 - o.weight) * $all_keep, $all_keep), $least) AS kept,
       SQRT(CAST($between AS DOUBLE) * (1 - COALESCE(o.weight, 0))) / GREATEST(
         COALESCE(o.weight * o.kept + (1 - o.weight) * $all_keep, $all_keep), $least
       ) AS kept_error
FROM contract_lines AS l
LEFT JOIN _own AS o ON o.party_id = l.party_id
