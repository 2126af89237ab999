"""The statement as an Excel workbook: the company, its customers, the tie-out, and what else is in the books."""

from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

from valuekit.exports.statement.content import Choice, Company, Row, company, customer_sums, customers
from valuekit.exports.statement.guide import write_guide
from valuekit.exports.statement.sheets import HEAD, MONEY_WIDTH, Book, Column, check_room, letter
from valuekit.exports.statement.ties import TIE_OUT, ledger_between, write_tie_out
from valuekit.exports.workbooks import new_workbook
from valuekit.snapshot import Snapshot, cash_bridge, tie_out
from valuekit.snapshot.cash_bridge import BEGINNING

COMPANY, CUSTOMERS = "Company", "Customers"


def write_statement(snapshot: Snapshot, target: Path | BytesIO, choice: Choice) -> int:
    """Write the workbook and return the number of customers in it; the same snapshot gives the same bytes.

    Raises `ConfigError` when a sheet would have more rows than Excel holds, before anything is written.
    """
    sums, tie, told = customer_sums(snapshot, choice), tie_out(snapshot, choice.since), company(snapshot, choice)
    check_room(sums["rows"], CUSTOMERS)
    check_room(tie.rows.num_rows, TIE_OUT)
    manifest = snapshot.manifest
    title = f"Statement of {manifest.company}"
    with new_workbook(target, title=title, company=manifest.company, as_of=manifest.as_of, by_row=True) as made:
        book = Book(made, manifest.currency)
        write_guide(book, snapshot, choice, told, tie)
        _company(book, told, tie.rows.num_rows)
        _customers(book, snapshot, choice, sums)
        write_tie_out(book, tie)
        _pools(book, snapshot, choice)
        _receivables(book, snapshot, choice)
        _bridge(book, snapshot, choice)
    return int(sums["rows"])


def _company(book: Book, told: Company, ties: int) -> None:
    """Write lines by period; every total is a formula over the lines above it, and the last line ties to the books."""
    about = "Signed by the effect on cash, without tax. Bold lines and the last column are computed by this sheet."
    sheet = book.sheet(COMPANY, "The company by period", about)
    last = len(told.periods)
    for at, text in enumerate(["", *(p.name for p in told.periods), "Total"]):
        sheet.write_string(HEAD - 1, at, text, book.heading("money" if at else "text"))
    places = {line.key: HEAD + at + 1 for at, line in enumerate(told.lines)}
    for line in told.lines:
        row, styles = places[line.key] - 1, book.total if line.of else book.plain
        sheet.write_string(row, 0, line.label, styles["text"])
        amounts = told.amounts[line.key]
        for at, amount in enumerate(amounts, 1):
            if line.of:
                book.formula(sheet, row, at, _added(line.of, letter(at), places), amount, styles["money"])
            else:
                book.value(sheet, row, at, amount, styles["money"])
        _across(book, sheet, row, last, sum(amounts, Decimal(0)))
    _against_the_books(book, sheet, told, places, ties)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, last + 1, MONEY_WIDTH)
    sheet.freeze_panes(HEAD, 1)
    sheet.repeat_columns(0)


def _added(parts: tuple[str, ...], column: str, places: dict[str, int]) -> str:
    """Return the sum of cells of a column, as a range where they stand below each other."""
    rows = [places[part.removeprefix("-")] for part in parts]
    if not any(part.startswith("-") for part in parts) and rows == list(range(rows[0], rows[0] + len(rows))):
        return f"SUM({column}{rows[0]}:{column}{rows[-1]})"
    signs = ["-" if part.startswith("-") else "+" for part in parts]
    return "".join(f"{sign}{column}{row}" for sign, row in zip(signs, rows, strict=True)).removeprefix("+")


def _across(book: Book, sheet: Any, row: int, last: int, total: Decimal) -> None:
    if last:
        book.formula(sheet, row, last + 1, f"SUM(B{row + 1}:{letter(last)}{row + 1})", total, book.total["money"])
    else:
        book.value(sheet, row, 1, total, book.total["money"])


def _against_the_books(book: Book, sheet: Any, told: Company, places: dict[str, int], ties: int) -> None:
    """Write the ledger as the tie-out has it, the difference to the lines above, and tax, which is in no line."""
    first, last = places["books"], len(told.periods)
    below = {"As the tie-out has it": told.ledger, "Difference": None, "Tax kept out": told.tax}
    for row, (label, amounts) in enumerate(below.items(), first + 1):
        sheet.write_string(row, 0, label, book.plain["text"])
        found = [a - b for a, b in zip(told.amounts["books"], told.ledger, strict=True)] if amounts is None else amounts
        for at, (period, amount) in enumerate(zip(told.periods, found, strict=True), 1):
            column = letter(at)
            if amounts is None:
                book.formula(sheet, row, at, f"{column}{first}-{column}{row}", amount, book.plain["money"])
            elif amounts is told.tax:
                book.value(sheet, row, at, amount, book.plain["money"])
            else:
                book.formula(sheet, row, at, ledger_between(period, ties), amount, book.plain["money"])
        _across(book, sheet, row, last, sum(found, Decimal(0)))
    book.not_zero(sheet, first + 2, 1, first + 2, last + 1)


def _customers(book: Book, snapshot: Snapshot, choice: Choice, sums: Row) -> None:
    what = "Net cash" if choice.view == "cash" else "Net invoiced"
    lines = choice.lines
    columns = [
        Column("party_id", "Party", "text", 26),
        Column("label", "Name", "text", 32),
        Column("stage", "Stage", "text", 14),
        *(Column(line, line.replace("_", " ").capitalize()) for line in lines),
        Column("net", what, formula=f"SUM({{{lines[0]}}}:{{{lines[-1]}}})"),
    ]
    about = (
        f"All parties with money in the 12 months to the end of {snapshot.manifest.as_of:%B %Y}, the largest first; "
        "the sums follow the filter. Without a party: money of nobody known."
    )
    rows = customers(snapshot, choice) if sums["rows"] else ()
    book.table(CUSTOMERS, "Customers, last 12 months", about, columns, rows, sums, sums["rows"])


_POOL_COLUMNS = (
    Column("month", "Month", "date", 24),
    *(Column(key, key.capitalize(), "text", 18) for key in ("function", "pool", "campaign")),
    Column("cost", "Cost"),
    Column("direct", "Of it direct"),
    Column("driver", "Shared out by", "text", 18),
    Column("quality", "Kind of measure", "text", 18),
    Column("fallback", "Stand-in", "text", 10),
    Column("units", "Units of the driver", "number"),
    Column("capacity_minutes", "Capacity, minutes", "number"),
    Column("minutes_used", "Minutes used", "number"),
    Column("rate_per_minute", "Rate of a minute", "rate"),
    Column("unused_minutes", "Minutes unused", "number"),
    Column("unused_cost", "Cost of unused capacity"),
    Column("over_capacity_minutes", "Minutes over capacity", "number"),
)


def _pools(book: Book, snapshot: Snapshot, choice: Choice) -> None:
    rows = _rows(snapshot, "pool_months", "month", choice)
    if rows:
        about = (
            "What each pool cost by month, what shared it out, and what capacity was left unused; it sums to the books."
        )
        sums = {key: sum((row[key] for row in rows), Decimal(0)) for key in ("cost", "direct", "unused_cost")}
        book.table("Pools", "Cost pools by month", about, _POOL_COLUMNS, rows, sums, len(rows))


_AGES = ("current", "overdue_1_30", "overdue_31_60", "overdue_61_90", "overdue_over_90")
_RECEIVABLE_COLUMNS = (
    Column("as_of", "As of", "date", 24),
    Column("current", "Not due yet"),
    *(Column(key, f"Overdue {days} days") for key, days in
      zip(_AGES[1:], ("1-30", "31-60", "61-90", "over 90"), strict=True)),
    Column("open", "Open", formula=f"SUM({{{_AGES[0]}}}:{{{_AGES[-1]}}})"),
    Column("disputed", "Disputed"),
    Column("written_off", "Written off"),
    Column("credit_sales", "Credit sales"),
    Column("unknown", "Paid, nobody knows when"),
    Column("without_invoice", "Without invoice"),
    Column("dso", "Days sales outstanding", "number"),
    Column("best_possible_dso", "Best possible", "number"),
    Column("average_days_delinquent", "Average days delinquent", "number"),
)  # fmt: skip


def _receivables(book: Book, snapshot: Snapshot, choice: Choice) -> None:
    """Write the ageing by month end; nothing for a company that bills nothing. Balances have no sum over months."""
    rows = _rows(snapshot, "receivables", "as_of", choice)
    if any(row[c.key] for row in rows for c in _RECEIVABLE_COLUMNS[1:]):
        about = "What is billed and not paid by month end and age, and how many days of sales wait; disputed is apart."
        book.table("Receivables", "Receivables by age", about, _RECEIVABLE_COLUMNS, rows, {}, len(rows))


def _rows(snapshot: Snapshot, table: str, day: str, choice: Choice) -> list[Row]:
    """The rows of a table from the first month on, in order; none where an earlier valuekit made the snapshot."""
    if table not in snapshot.manifest.tables:
        return []
    since = {"since": choice.since or BEGINNING}
    found: list[Row] = snapshot.query(
        f'SELECT * FROM "{table}" WHERE "{day}" >= $since ORDER BY ALL', since
    ).to_pylist()
    return found


def _bridge(book: Book, snapshot: Snapshot, choice: Choice) -> None:
    """Write the steps from billed to net cash; each total is the one before and the steps since then."""
    if "receivable_months" not in snapshot.manifest.tables:
        return
    steps = cash_bridge(snapshot, choice.since)
    if not any(step.amount for step in steps):
        return
    sheet = book.sheet("Bridge", "From billed to net cash", "Bold lines are computed by this sheet.")
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 1, MONEY_WIDTH)
    begin = HEAD
    for row, step in enumerate(steps, HEAD):
        styles = book.total if step.is_total else book.plain
        sheet.write_string(row, 0, step.label, styles["text"])
        if step.is_total and row > begin:
            book.formula(sheet, row, 1, f"SUM(B{begin + 1}:B{row})", step.amount, styles["money"])
            begin = row
        else:
            book.value(sheet, row, 1, step.amount, styles["money"])
