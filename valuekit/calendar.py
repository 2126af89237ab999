"""Dates: months, month ends and windows, with their boundaries stated once."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal


def month_start(day: date) -> date:
    """Return the first day of the month.

    >>> month_start(date(2026, 2, 17))
    datetime.date(2026, 2, 1)
    """
    return day.replace(day=1)


def add_months(day: date, months: int) -> date:
    """Move by whole months; a day that the month lacks becomes its last day.

    >>> add_months(date(2026, 1, 31), 1), add_months(date(2026, 3, 31), -1)
    (datetime.date(2026, 2, 28), datetime.date(2026, 2, 28))
    """
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    return first.replace(day=min(day.day, month_end(first).day))


def month_end(day: date) -> date:
    """Return the last day of the month.

    >>> month_end(date(2024, 2, 10))
    datetime.date(2024, 2, 29)
    """
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def month_ends(first: date, last: date) -> list[date]:
    """List the month ends within [first, last].

    >>> [str(d) for d in month_ends(date(2026, 1, 15), date(2026, 3, 30))]
    ['2026-01-31', '2026-02-28']
    """
    ends, day = [], month_end(first)
    while day <= last:
        ends.append(day)
        day = month_end(day + timedelta(days=1))
    return ends


@dataclass(frozen=True)
class Window:
    """A rolling window of days that ends at a date and counts day -`days` in.

    >>> Window(30).first_day(date(2026, 6, 30))
    datetime.date(2026, 5, 31)
    """

    days: int

    def first_day(self, as_of: date) -> date:
        """Return the earliest day that still counts."""
        return as_of - timedelta(days=self.days)

    @property
    def label(self) -> str:
        """Say which window it is, as it stands beside a number."""
        return f"last {self.days} days"


@dataclass(frozen=True)
class Period:
    """A period of a fiscal year, by its name, with its first and last day."""

    name: str
    first: date
    last: date


def fiscal_year(day: date, starts: int = 1) -> int:
    """Return the fiscal year of a day: the calendar year in which it ends. `starts` is its first month, 1 to 12.

    >>> fiscal_year(date(2026, 3, 31), 4), fiscal_year(date(2026, 4, 1), 4), fiscal_year(date(2026, 4, 1))
    (2026, 2027, 2026)
    """
    return day.year + (starts > 1 and day.month >= starts)


def fiscal_month(day: date, starts: int = 1) -> int:
    """Return the number of the day's month in its fiscal year, 1 to 12.

    >>> fiscal_month(date(2026, 4, 1), 4), fiscal_month(date(2026, 3, 31), 4)
    (1, 12)
    """
    return (day.month - starts) % 12 + 1


def fiscal_quarter(day: date, starts: int = 1) -> int:
    """Return the fiscal quarter of a day, 1 to 4.

    >>> fiscal_quarter(date(2026, 4, 1), 4), fiscal_quarter(date(2026, 4, 1))
    (1, 2)
    """
    return (fiscal_month(day, starts) + 2) // 3


def fiscal_period(day: date, by: Literal["month", "quarter", "year"], starts: int = 1) -> Period:
    """Return the month, fiscal quarter or fiscal year that a day is in.

    >>> fiscal_period(date(2026, 5, 17), "quarter", 4)
    Period(name='FY2027 Q1', first=datetime.date(2026, 4, 1), last=datetime.date(2026, 6, 30))
    >>> fiscal_period(date(2026, 5, 17), "year").name, fiscal_period(date(2026, 5, 17), "month").name
    ('2026', '2026-05')
    """
    months = {"month": 1, "quarter": 3, "year": 12}[by]
    first = add_months(month_start(day), -((fiscal_month(day, starts) - 1) % months))
    year = f"FY{fiscal_year(day, starts)}" if starts > 1 else f"{day.year}"
    names = {"month": f"{day:%Y-%m}", "quarter": f"{year} Q{fiscal_quarter(day, starts)}", "year": year}
    return Period(names[by], first, month_end(add_months(first, months - 1)))
