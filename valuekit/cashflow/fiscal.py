"""The month of a day in SQL, by the company's fiscal calendar."""

from valuekit.calendar import FiscalCalendar
from valuekit.engine import Expression

CALENDAR_MONTHS = FiscalCalendar()

_DAYS = (
    "day", "next_day", "paid_on", "ordered_on", "opened_on", "done_on", "engaged_on", "used_on", "closed_on", "won_on",
)  # fmt: skip


def month_slots(calendar: FiscalCalendar) -> dict[str, Expression]:
    """Return the slots `month_of_<column>` of the steps: SQL of the month, by its name, that a column's day is in."""
    return {f"month_of_{day}": Expression(day, month_sql(calendar, day), frozenset({day})) for day in _DAYS}


def month_sql(calendar: FiscalCalendar, day: str) -> str:
    """Return SQL of the month, by its name, that a day is in: what `FiscalCalendar.month_of` says.

    >>> month_sql(CALENDAR_MONTHS, "paid_on")
    "CAST(DATE_TRUNC('month', paid_on) AS DATE)"
    """
    weeks = calendar.weeks
    if weeks is None:
        return f"CAST(DATE_TRUNC('month', {day}) AS DATE)"
    anchor, shift = f"DATE '{weeks.anchor}'", f"TO_MONTHS({calendar.year_starts - 1})"
    week = f"(({day} - {anchor}) // 7)"
    counted = f"({anchor} + CAST(7 * {week} + {6 - weeks.days_over} AS INTEGER))"
    begin = f"CAST(DATE_TRUNC('year', {counted} - {shift}) + {shift} AS DATE)"
    number = f"{week} - ({begin} - {anchor} + {weeks.days_over}) // 7"
    place = f"LIST_EXTRACT({list(weeks.places)}, {number} + 1)"
    return f"CAST({begin} + TO_MONTHS(CAST({place} AS INTEGER)) AS DATE)"
