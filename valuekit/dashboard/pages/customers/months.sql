-- How the lists, the stages and the recurring revenue move from month end to month end.

-- step: ends
SELECT as_of, BOOL_AND(complete) AS complete
FROM stage_months
GROUP BY as_of
ORDER BY as_of DESC

-- step: sizes
-- Every list at one month end, and how it changed in its month.
SELECT definition, begin, "end", acquired, complete
FROM customer_movements
WHERE as_of = $month
ORDER BY definition

-- step: reason_bits
SELECT reason, bit FROM reasons ORDER BY priority

-- step: _patterns
SELECT definitions & $mask AS pattern, COUNT(*) AS parties
FROM history
WHERE from_end <= $month AND until_end >= $month
GROUP BY definitions & $mask

-- step: patterns
SELECT pattern, parties
FROM _patterns
WHERE pattern <> 0
ORDER BY parties DESC, pattern

-- step: movements
SELECT as_of, complete, begin, new, reactivated, churned, "end", new_using, churn_rate, growth_rate
FROM customer_movements
WHERE definition = $definition
ORDER BY as_of

-- step: acquired
SELECT definition, acquired, new, complete
FROM customer_movements
WHERE as_of = $month
ORDER BY definition

-- step: churns
SELECT * FROM paying_and_using ORDER BY as_of

-- step: recurring
SELECT * FROM mrr_months ORDER BY as_of

-- step: stages
SELECT as_of, complete, stage, CAST(SUM(parties) AS BIGINT) AS parties
FROM stage_months
GROUP BY as_of, complete, stage
ORDER BY as_of, stage

-- step: stages_then
SELECT stage, reason, parties
FROM stage_months
WHERE as_of = $month
ORDER BY stage, parties DESC, reason

-- step: counted
-- Stage by list at a month end: how many parties of a stage a list counts.
SELECT stage, definition, COUNT(*) AS parties
FROM history JOIN definitions ON (history.definitions & bit) <> 0
WHERE from_end <= $month AND until_end >= $month
GROUP BY stage, definition
ORDER BY stage, definition
