"""Dates: months, month ends and windows, with their boundaries stated once."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from valuekit.errors import ConfigError


def as_day(value: Any) -> date:
    """Return a date, the day of a moment, or of a text such as 2026-06-30; raises `ConfigError` for anything else.

    >>> as_day("2026-06-30")
    datetime.date(2026, 6, 30)
    """
    given = value.item() if type(value).__name__ == "datetime64" else value  # NumPy's, which is no date itself
    try:
        found = date.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        found = None
    if not isinstance(found, date) or str(found) == "NaT":  # which pandas counts among dates
        raise ConfigError(f"'{value}' is no day.", next_step="Give a date, or write it as 2026-06-30.")
    return found.date() if isinstance(found, datetime) else found


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


def ran_on(term: str = "") -> str:
    """Return SQL of whether a contract row was longer than its term: its end was not agreed on when it was signed.

    >>> ran_on("c.")
    'c.ends_on - c.starts_on + 1 > 1.5 * 30.4375 * c.term_months'
    """
    return f"{term}ends_on - {term}starts_on + 1 > 1.5 * 30.4375 * {term}term_months"
