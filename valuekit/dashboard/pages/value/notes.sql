-- What there is to know of the values before reading them.

-- step: notes
SELECT note, message FROM value_notes ORDER BY note
