"""The statement of the company or of one party, by month, fiscal quarter or fiscal year, as cash or as invoiced."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import Literal

from valuekit.calendar import By, FiscalCalendar, Period
from valuekit.snapshot.explain import find_party
from valuekit.snapshot.movements import need_tables
from valuekit.snapshot.read import Snapshot
from valuekit.snapshot.summary import Row, named_rows
from valuekit.tables.published import CASH_LINES, COST_LINES

View = Literal["cash", "invoiced"]

LINES = {
    "cash": (*CASH_LINES, "net_cash"),
    "invoiced": ("invoiced", "credited", "written_off", *COST_LINES, "net_invoiced"),
}
"""Lines of each view, from the top; the last one is the sum of the others."""


def statement(snapshot: Snapshot, party: str | None = None, *, by: By = "month", view: View = "cash") -> list[Row]:
    """Return the statement of all parties together, or of one, by period.

    Reads `cash_months`, or `invoiced_months` for the view `invoiced`. Periods are those of the run's
    fiscal calendar (`fiscal_calendar`), made of whole fiscal months, because the ledger is.
    `party` is an id, a record or a name, as in `explain`. What no party carries is in the tie-out, not here.

    Returns: one row per period with any money, in order of time: `period`, `month` (the name of its first month),
    `first`, `last`, `complete` (its last day is not after the as-of date), and the `LINES` of the view in the reporting
    currency, signed by their effect.

    Raises: `UnknownNameError` for a party that is not there; `InputError` when the snapshot has no invoiced view.

    Example:
        statement(Snapshot.open("runs"), by="quarter")
    """
    need_tables(snapshot, (f"{view}_months",))
    with snapshot.engine() as engine:
        found = {"party": find_party(engine, party) if party else None}
        months = named_rows(engine, "statement.sql", view, found)
    as_of, calendar = snapshot.manifest.as_of, fiscal_calendar(snapshot)
    return [
        {
            "period": period.name,
            "month": period.first_month,
            "first": period.first,
            "last": period.last,
            "complete": period.last <= as_of,
            **lines,
        }
        for period, lines in _summed(months, by, calendar, LINES[view])
    ]


def fiscal_calendar(snapshot: Snapshot) -> FiscalCalendar:
    """Return the fiscal calendar of the run's company."""
    return FiscalCalendar.of(snapshot.manifest.config.get("company", {}))


def _summed(
    months: Iterable[Row], by: By, calendar: FiscalCalendar, lines: Iterable[str]
) -> Iterator[tuple[Period, Row]]:
    for period, rows in groupby(months, lambda row: calendar.period(row["month"], by)):
        held = list(rows)
        yield period, {line: sum((row[line] for row in held), Decimal(0)) for line in lines}
