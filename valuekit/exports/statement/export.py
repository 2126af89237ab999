"""The statement as a file for controllers."""

from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Literal

from valuekit.calendar import By, month_start
from valuekit.exports.files import TableFormat, atomic_file, write_table
from valuekit.exports.statement.content import Choice, party_periods
from valuekit.exports.statement.workbook import write_statement
from valuekit.snapshot import Snapshot
from valuekit.snapshot.movements import need_tables
from valuekit.snapshot.statement import View

Format = Literal["xlsx", "csv", "parquet"]


def export_statement(
    snapshot: Snapshot,
    target: Path,
    format: Format = "xlsx",  # noqa: A002 - the word that every such tool uses
    *,
    by: By = "month",
    view: View = "cash",
    since: date | None = None,
    overwrite: bool = False,
) -> int:
    """Write the statement to a file; return the customers in the workbook, or the rows of the table.

    `xlsx` is a workbook: read me, company by period, customers over the last 12 months, tie-out, and pools, receivables
    and bridge where there are any. Its totals are formulas, written with their values. `csv` and `parquet` are one
    table of any length: every party and period with money, its lines, and their sum.

    Reads `books`, `cash_months` or `invoiced_months`, `parties`, `stages`, `pool_months`, `receivables`,
    `receivable_months`, `quarantine`. `since` is the first month; the customers of a workbook are always those of the
    last 12 months. The same snapshot with the same sign-offs gives the same bytes.

    Raises: `ConfigError` when the file exists and not `overwrite`, or when a sheet would have more rows than Excel
    holds; `InputError` when the snapshot has no invoiced view.

    Example:
        export_statement(Snapshot.open("runs"), Path("statement.xlsx"), by="quarter")
    """
    choice = _choice(snapshot, by, view, since)
    with atomic_file(target, overwrite=overwrite) as draft:
        if format == "xlsx":
            return write_statement(snapshot, draft, choice)
        return _write_table(snapshot, draft, format, choice)


def statement_workbook(
    snapshot: Snapshot, *, by: By = "month", view: View = "cash", since: date | None = None
) -> bytes:
    """Return the workbook of `export_statement` as bytes, for a download.

    Example:
        Path("statement.xlsx").write_bytes(statement_workbook(Snapshot.open("runs")))
    """
    file = BytesIO()
    write_statement(snapshot, file, _choice(snapshot, by, view, since))
    return file.getvalue()


def _choice(snapshot: Snapshot, by: By, view: View, since: date | None) -> Choice:
    need_tables(snapshot, (f"{view}_months",))
    return Choice(by, view, since and month_start(since))


def _write_table(snapshot: Snapshot, draft: Path, format: TableFormat, choice: Choice) -> int:  # noqa: A002 - as elsewhere
    with snapshot.engine() as engine:
        return write_table(party_periods(snapshot, engine, choice), draft, format)
