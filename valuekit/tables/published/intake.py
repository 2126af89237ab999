"""What was read, and what was set aside."""

from valuekit.tables.published.columns import count, party, text
from valuekit.tables.schema import Column, Table

INTAKE = Table(
    "intake",
    "source of the configuration",
    (
        text("table_name", "Canonical table"),
        text("source", "File, or database and query, as configured"),
        count("rows_in", "Rows read"),
        count("rows_accepted", "Rows that keep the contract"),
        count("rows_quarantined", "Rows set aside with reasons; accepted + quarantined = read"),
        count("rows_warned", "Accepted rows with a warning"),
        count("rows_later", "Accepted rows left out because they are dated after as_of or recorded after known_on"),
        count("rows_out", "Rows of the canonical table, after lines were summed into one where configured"),
    ),
    key=("table_name", "source"),
)


QUARANTINE = Table(
    "quarantine",
    "input row set aside, or accepted with a warning",
    (
        text("table_name", "Canonical table"),
        text("source", "File or database query"),
        Column("row_number", "BIGINT", "Row in the source; the first row of data is 1", unit="row", required=True),
        text("severity", "`quarantine`: set aside. `warn`: accepted"),
        text("reasons", "Every rule that the row breaks, joined by `; `"),
        text("row_text", "The row as it was read, as JSON"),
    ),
    key=("table_name", "source", "row_number", "severity"),
)


LATE_RECORDS = Table(
    "late_records",
    "party, table, month and later month in which rows of that month were recorded",
    (
        party(),
        text("table_name", "Canonical table"),
        Column("month", "DATE", "First day of the month that the rows belong to", unit="date", required=True),
        Column("recorded_month", "DATE", "First day of the month in which they were recorded", "date", required=True),
        count("rows", "Rows"),
    ),
    key=("party_id", "table_name", "month", "recorded_month"),
)
