"""The sheet Tie-out, and what other sheets ask of it."""

from decimal import Decimal

from valuekit.calendar import Period
from valuekit.exports.statement.sheets import HEAD, Book, Column, letter
from valuekit.snapshot import TieOut
from valuekit.snapshot.tie_out import COLUMNS

TIE_OUT = "Tie-out"

_PARTS = ("attributed", "unattributed", "unused_capacity", "unallocated", "eliminated")
_COLUMNS = (
    Column("month", "Month", "date", 24),
    *(Column(key, key.capitalize(), "text", width) for key, width in
      (("line", 15), ("pool", 20), ("currency", 10), ("driver", 22))),
    Column("ledger_in_currency", "Ledger, before conversion", "amount"),
    *(Column(key, key.replace("_", " ").capitalize()) for key in ("ledger", *_PARTS)),
    Column("difference", "Difference", formula="-".join(f"{{{key}}}" for key in ("ledger", *_PARTS)), red=True),
    Column("tax", "Tax kept out"),
)  # fmt: skip


def write_tie_out(book: Book, tie: TieOut) -> None:
    """Write the sheet Tie-out."""
    about = "Difference: ledger less what parties carry and what nobody carries, computed by this sheet; 0 in each row."
    total = tie.sums[-1] if tie.sums else {}
    sums = {key: total.get(key, Decimal(0)) for key in COLUMNS}
    book.table(TIE_OUT, "Tie-out to the books", about, _COLUMNS, tie.rows.to_pylist(), sums, tie.rows.num_rows)


def ledger_between(period: Period, rows: int) -> str:
    """Return a formula for the ledger of the months of a period."""
    first, last = (f"DATE({d.year},{d.month},{d.day})" for d in (period.first_month, period.last_month))
    months = _cells("month", rows)
    return f'SUMIFS({_cells("ledger", rows)},{months},">="&{first},{months},"<="&{last})'


def difference_cells(rows: int) -> str:
    """Return the cells of the differences, as a formula names them."""
    return _cells("difference", rows)


def _cells(key: str, rows: int) -> str:
    column = letter([c.key for c in _COLUMNS].index(key))
    return f"'{TIE_OUT}'!${column}${HEAD + 1}:${column}${HEAD + max(rows, 1)}"
