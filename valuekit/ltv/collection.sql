-- What each party owes, as far as it will come. Reads `owed_bills` and `collection_rates`.

-- step: _chances
SELECT b.party_id, b.amount, CASE WHEN b.is_claim THEN r.share ELSE 1 END AS chance
FROM owed_bills AS b
LEFT JOIN collection_rates AS r ON r.in_force = b.in_force AND r.age_days = b.age * $days

-- step: _sums
SELECT party_id, SUM(amount) AS amount, SUM(CAST(CAST(amount AS DOUBLE) * chance AS DECIMAL(18, 4))) AS expected
FROM _chances
GROUP BY party_id

-- step: owed
-- `owed` is expected; all of it comes with `chance`, or nothing.
SELECT party_id, CAST(expected AS DECIMAL(18, 4)) AS owed, CAST(expected AS DOUBLE) / CAST(amount AS DOUBLE) AS chance
FROM _sums
WHERE expected > 0
