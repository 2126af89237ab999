"""The tie-out that a controller signs: every month, line, pool and currency of the books, and what is not in them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa

from valuekit.snapshot.cash_bridge import BEGINNING
from valuekit.snapshot.read import Snapshot
from valuekit.snapshot.summary import Row, named_rows
from valuekit.tables.published import BOOK_LINES

FILE = "tie_out.sql"

COLUMNS = ("ledger", "attributed", "unattributed", "unused_capacity", "unallocated", "eliminated", "difference", "tax")
"""The amounts of the tie-out, in the reporting currency."""


@dataclass(frozen=True)
class TieOut:
    """The cash statement against the books. Money in the reporting currency but for `ledger_in_currency`."""

    rows: pa.Table
    """One row per month, line, pool and currency, in that order; `difference` is computed anew from the parts."""
    sums: list[Row]
    """The same amounts by line, and at the end those of the company, whose `line` is None."""
    kept_out: list[Row]
    """`rows` of `table_name` that are not in the books, and `why`; `currency`: the one that has no rate, or empty."""

    @property
    def open(self) -> int:
        """Rows that do not close to zero."""
        return sum(1 for d in self.rows.column("difference").to_pylist() if d)

    @property
    def eliminated(self) -> Decimal:
        """What is left of charges inside the enterprise: zero when both sides of each are booked."""
        return Decimal(self.sums[-1]["eliminated"]) if self.sums else Decimal(0)


def tie_out(snapshot: Snapshot, since: date | None = None) -> TieOut:
    """Return the tie-out of the months from `since` on (default: all).

    Reads `books` and `quarantine`. An amount whose currency has no rate for its day is in no table: it is never
    guessed, and `kept_out` counts such rows, and all others that were set aside, by table and reason.

    Example:
        assert tie_out(Snapshot.open("runs")).open == 0
    """
    parameters = {"since": since or BEGINNING, "lines": list(BOOK_LINES)}
    with snapshot.engine() as engine:
        return TieOut(
            engine.ask("valuekit.snapshot", FILE, "tie_out", parameters),
            named_rows(engine, FILE, "sums", parameters),
            named_rows(engine, FILE, "kept_out", {}),
        )
