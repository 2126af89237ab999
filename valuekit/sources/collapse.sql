-- step: read_lines
-- Which row each good line belongs to: lines that agree in all columns of the group are one row, known by its first line.
SELECT
    rowid AS _line, _file, _row, _warnings,
    MIN(_file * 1000000000000 + _row) OVER (PARTITION BY {grouped}) AS _id
FROM read_checked
WHERE _reasons IS NULL

-- step: read_collapsed
SELECT lines._id, COUNT(*) AS _lines, {summed}
FROM read_checked AS checked
JOIN read_lines AS lines ON lines._line = checked.rowid
GROUP BY lines._id
