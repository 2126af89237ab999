-- Ranks of one measure: 1 is best, ties share their mean rank.

-- step: _oriented
SELECT
    party_id,
    CAST(value AS DOUBLE) AS value,
    CASE WHEN $high_is_best THEN CAST(value AS DOUBLE) ELSE -CAST(value AS DOUBLE) END AS score,
    CAST(tie_break AS DOUBLE) AS tie_break
FROM {values}

-- step: executives_ranks
SELECT
    party_id, $measure AS measure, value,
    RANK() OVER (ORDER BY score DESC, tie_break DESC)
    + (COUNT(*) OVER (PARTITION BY score, tie_break) - 1) / CAST(2 AS DOUBLE) AS rank
FROM _oriented
