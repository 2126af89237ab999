"""Receivables: who pays on time, what is open and how old it is, and how many days of sales are waiting."""

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa

from valuekit.calendar import add_months, month_end, month_ends, month_start
from valuekit.engine import Engine, Expression

PACKAGE = "valuekit.cashflow"

SALES_DAYS = 90
"""Days of credit sales that days sales outstanding rest on, where nobody says otherwise."""

MOST_UNKNOWN = Decimal("0.1")
"""Share of credit sales that may be called paid without a payment; above it, what is open is not known either."""

_SCRATCH = (
    "receivables_bills", "receivables_money", "receivables_states", "receivables_month_ends",
)  # fmt: skip

_MONTH_ENDS = pa.schema([("number", pa.int32()), ("as_of", pa.date32()), ("complete", pa.bool_())])


def follow_receivables(engine: Engine, *, as_of: date, sales_days: int = SALES_DAYS) -> None:
    """Make the tables `paying_on_time` (one row per outside party with invoices) and `receivables` (per month end).

    Reads: `invoices` and `payments`, accepted, with `party_id`; `parties` for the roles: charges to internal and test
    accounts are no receivables. Nothing after `as_of`; the status of an invoice is that of today at every month end.

    A payment pays the invoice that it names in its system, else one of that id and its party in another. An invoice is
    settled on the day from which nothing of it is owed: payments have reached its amount less credit notes. Partial
    payments count as far as they go; what is paid beyond is `overpaid`. A chargeback takes a payment back and is
    `disputed` until it is paid again; a refund takes it back unless the invoice is still called paid. Void invoices are
    left out, `uncollectible` ones were never paid and are `written_off`, and one that is called paid without a payment
    is `unknown`: nobody knows when. A negative invoice is a credit note that is open against the others.

    - On time: settled by the due day, of the invoices that fell due in the calendar month of `as_of` and the eleven
      before it. What is unpaid is late by the days up to `as_of`: then the mean is "at least" that (`at_least`).
    - Days sales outstanding = open / credit sales x days, over the `sales_days` up to the month end; best possible =
      current / credit sales x days; average days delinquent = the difference. Credit sales are invoices less credit
      notes. The three are missing without sales, where the window begins before the first invoice, and where more
      than `MOST_UNKNOWN` of the sales are `unknown`.

    Reference: Brealey, Myers and Allen, Principles of Corporate Finance (collection period); best possible DSO and
    average days delinquent as the Credit Research Foundation defines them.
    """
    ends = _make_month_ends(engine, as_of)
    parameters = {
        "as_of": as_of,
        "since": month_start(add_months(as_of, -11)),
        "days": sales_days,
        "most_unknown": MOST_UNKNOWN,
        "first_end": ends[0],
        "until_number": len(ends),
    }
    engine.run(PACKAGE, "receivables.sql", parameters, **_SLOTS)
    if not engine.keep_scratch:
        engine.drop(*_SCRATCH)


def _make_month_ends(engine: Engine, as_of: date) -> tuple[date, ...]:
    """Number the month ends from the first invoice on; the last one is the date described."""
    first = engine.scalar("SELECT MIN(issued_on) FROM invoices WHERE issued_on <= $as_of", {"as_of": as_of}) or as_of
    ends = (*month_ends(first, as_of - timedelta(days=1)), as_of)
    rows = [{"number": n, "as_of": day, "complete": day == month_end(day)} for n, day in enumerate(ends)]
    engine.put("receivables_month_ends", pa.Table.from_pylist(rows, _MONTH_ENDS))
    return ends


def _in_reporting(column: str) -> Expression:
    """SQL of an amount at the rate of the invoice's day; exact where there is nothing to convert."""
    converted = f"ROUND(CAST({column} AS DOUBLE) * reporting_amount / amount, 4)"
    text = f"CAST(CASE WHEN amount = reporting_amount THEN {column} ELSE {converted} END AS DECIMAL(18, 4))"
    return Expression(text, text, frozenset())


def _number_of(day: str) -> Expression:
    """SQL of the first month end on or after a day, counted from the due day."""
    text = (
        f"CASE WHEN due_on + k.{day} > $as_of THEN $until_number "
        f"ELSE DATEDIFF('month', $first_end, CAST(due_on + k.{day} AS DATE)) END"
    )
    return Expression(text, text, frozenset())


_SLOTS = {
    "open": _in_reporting("open"),
    "disputed": _in_reporting("disputed"),
    "written_off": _in_reporting("written_off"),
    "owed": _in_reporting("owed"),
    "paid_in_time": _in_reporting("GREATEST(LEAST(paid_in_time, owed), 0)"),
    "overpaid_positive": _in_reporting("CASE WHEN amount > 0 THEN overpaid ELSE 0 END"),
    "credited": _in_reporting("credited"),
    "number_of_first_day": _number_of("first_day"),
    "number_of_last_day": _number_of("last_day"),
}
