-- Contract lines with the share of their price that is kept: a customer's own bills, shrunk to those of all.
-- Reads `contract_lines` and `kept_bills`.

-- step: _own
SELECT party_id, bills / (bills + CAST($all_weigh AS DOUBLE)) AS weight,
       1 - GREATEST(LEAST(CAST(lost AS DOUBLE) / CAST(worth AS DOUBLE), 1), 0) AS kept
FROM kept_bills

-- step: contract_lines
-- As shares of what it keeps: by how much that may differ from what is expected (`kept_error`), and a bill from it
-- (`kept_chance`).
SELECT * EXCLUDE (between_error),
       between_error / kept AS kept_error,
       SQRT(CAST($within AS DOUBLE)) / kept AS kept_chance
FROM (
  SELECT l.*,
         GREATEST(COALESCE(o.weight * o.kept + (1 - o.weight) * $all_keep, $all_keep), $least) AS kept,
         SQRT(CAST($between AS DOUBLE) * (1 - COALESCE(o.weight, 0))) AS between_error
  FROM contract_lines AS l
  LEFT JOIN _own AS o ON o.party_id = l.party_id
)
