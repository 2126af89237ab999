-- Lists of parties behind a number: each step names the parties (`party_id`) and, where money moved, the amount.

-- step: cell
-- One cell between two lists at the as-of date: on one list, not on the other, for one reason (0: unexplained).
SELECT party_id, CAST(NULL AS DECIMAL(18,4)) AS amount
FROM party_lists
WHERE (definitions & $has) <> 0
    AND (definitions & $lacks) = 0
    AND ((reasons & $explains) & -(reasons & $explains)) = $reason

-- step: _then
SELECT party_id, definitions
FROM history
WHERE from_end <= $month AND until_end >= $month

-- step: side
-- On all the first lists (bits), and on none of the others, at a month end.
SELECT party_id, CAST(NULL AS DECIMAL(18,4)) AS amount
FROM _then
WHERE (definitions & $has) = $has AND (definitions & $lacks) = 0

-- step: moved
-- Who came, came back or went between two month ends, by one definition and the policies of the run; each once.
SELECT DISTINCT party_id, CAST(NULL AS DECIMAL(18,4)) AS amount
FROM _movements
WHERE as_of > $since AND as_of <= $until AND movement = $movement

-- step: _last
SELECT
    party_id,
    (former_definitions & $pays) <> 0 AND (definitions & $pays) = 0 AS left_pay,
    (former_definitions & $uses) <> 0 AND (definitions & $uses) = 0 AS left_use
FROM history
WHERE from_end = $month

-- step: stopped
SELECT party_id, CAST(NULL AS DECIMAL(18,4)) AS amount
FROM _last
WHERE CASE $which WHEN 'both' THEN left_pay AND left_use WHEN 'pay' THEN left_pay AND NOT left_use ELSE left_use AND NOT left_pay END

-- step: recurring
-- Whose recurring revenue moved in one way between two month ends, with the sum of the movements.
SELECT party_id, CAST(SUM(amount) AS DECIMAL(18,4)) AS amount
FROM mrr_movements
WHERE as_of > $since AND as_of <= $until AND movement = $movement
GROUP BY party_id
