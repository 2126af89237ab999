"""Receivables: what was billed and is owed by month, who pays on time, and how many days of sales are waiting."""

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa

from valuekit.calendar import FiscalCalendar
from valuekit.cashflow.fiscal import CALENDAR_MONTHS, month_slots, month_sql
from valuekit.cashflow.receivables_check import check_receivables
from valuekit.cashflow.settlement import amount, groups, settle, worth
from valuekit.engine import Engine, Expression

PACKAGE = "valuekit.cashflow"

SALES_DAYS = 90
"""Days of credit sales that days sales outstanding rest on, where nobody says otherwise."""

MOST_UNKNOWN = Decimal("0.1")
"""Share of credit sales that may be called paid without a payment; above it, what is open is not known either."""

_BY_PARTY = ("invoiced_months", "receivable_months", "paying_on_time")
_GATHERED = ("settled_ages", "settled_sales")
"""What one group of parties after the other adds to."""

_MONTH_ENDS = pa.schema([("number", pa.int32()), ("as_of", pa.date32()), ("complete", pa.bool_())])


def follow_receivables(
    engine: Engine, *, as_of: date, sales_days: int = SALES_DAYS, calendar: FiscalCalendar = CALENDAR_MONTHS
) -> None:
    """Make `invoiced_months`, `receivable_months`, `paying_on_time` and `receivables`.

    All four rest on one settlement of the invoices (`settle` has its rules), so that at every month end the receivables
    of the parties, summed, are what is open and disputed. Reads what `settle` reads, `orders`, and the lines of cost
    of `cash_months`. Nothing after `as_of`; the status of an invoice is that of today at every month end.

    By party and month, always end = begin + invoiced - received - credited - written_off - unknown + fx, and received +
    on_account is all money of `payments` that did not move inside the enterprise. Receivables hold the tax,
    `invoiced_months` leaves it out: of what is credited and written off it takes the share that tax has in the invoice.
    There an order counts as billed when it is placed, and its return as credited.

    - On time: settled by the due day, of the invoices that fell due in the month of `as_of` and the eleven before it.
      What is unpaid is late by the days up to `as_of`: then the mean is "at least" that (`at_least`).
    - Days sales outstanding = open / credit sales x days, over the `sales_days` up to the month end; best possible =
      current / credit sales x days; average days delinquent = the difference. Credit sales are invoices less credit
      notes. The three are missing without sales, where the window begins before the first invoice, and where more
      than `MOST_UNKNOWN` of the sales are `unknown`.

    Raises: `CheckError` when a receivable does not close, or when the tables do not say the same.

    Reference: Brealey, Myers and Allen, Principles of Corporate Finance (collection period); best possible DSO and
    average days delinquent as the Credit Research Foundation defines them.
    """
    ends, months = _make_month_ends(engine, as_of, calendar), month_slots(calendar)
    parameters = {
        "as_of": as_of,
        "since": calendar.first_day(calendar.year_to(as_of)),
        "days": sales_days,
        "most_unknown": MOST_UNKNOWN,
        "first_month": calendar.month_of(ends[0]),
        "until_number": len(ends),
    }
    slots = _JUDGED | _PAYING | _numbers(calendar) | months
    settle(engine, as_of=as_of)
    engine.drop(*_BY_PARTY, *_GATHERED)
    for group in groups(engine):
        engine.run(PACKAGE, "claims.sql", group, **months)
        engine.add(PACKAGE, "invoiced.sql", group, **_CLAIMED, **months)
        engine.add(PACKAGE, "owed.sql", {**parameters, **group}, **slots)
    engine.run(PACKAGE, "receivables.sql", parameters, **_AGED)
    check_receivables(engine, calendar)
    engine.forget("settled_claims", *_GATHERED, "receivables_month_ends")


def _make_month_ends(engine: Engine, as_of: date, calendar: FiscalCalendar) -> tuple[date, ...]:
    """Number the month ends from the first invoice on; the last one is the date described."""
    first = engine.scalar("SELECT MIN(issued_on) FROM invoices WHERE issued_on <= $as_of", {"as_of": as_of}) or as_of
    ends = (*calendar.month_ends(first, as_of - timedelta(days=1)), as_of)
    rows = [{"number": n, "as_of": day, "complete": calendar.is_whole(day)} for n, day in enumerate(ends)]
    engine.put("receivables_month_ends", pa.Table.from_pylist(rows, _MONTH_ENDS))
    return ends


def _numbers(calendar: FiscalCalendar) -> dict[str, Expression]:
    return {f"number_of_{day}": _number_of(day, calendar) for day in ("first_day", "last_day")}


def _number_of(day: str, calendar: FiscalCalendar) -> Expression:
    """SQL of the first month end on or after a day, counted from the due day."""
    month = month_sql(calendar, f"CAST(due_on + k.{day} AS DATE)")
    text = f"CASE WHEN due_on + k.{day} > $as_of THEN $until_number ELSE DATEDIFF('month', $first_month, {month}) END"
    return Expression(text, text, frozenset())


_JUDGED = {part: worth(part) for part in ("owed", "overpaid", "credited")} | {
    "paid_in_time": worth("GREATEST(LEAST(paid_in_time, owed), 0)")
}
_CLAIMED = {
    name: amount(name)
    for name in (
        *("invoiced", "received", "credited", "written_off", "unknown", "fx", "on_account", "balance", "former"),
        *("invoiced_net", "credited_net", "written_off_net"),
    )
}
_AGED = {
    name: amount(name)
    for name in (
        *("open", "current", "overdue_1_30", "overdue_31_60", "overdue_61_90", "overdue_over_90"),
        *("disputed", "written_off"),
    )
}
_PAYING = {
    name: amount(name)
    for name in (
        *("amount_due", "amount_on_time", "overdue", "disputed", "written_off", "without_invoice"),
        *("overpaid_sum", "credited_sum"),
    )
}
