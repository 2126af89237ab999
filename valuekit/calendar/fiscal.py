"""Fiscal calendars: years that begin in any month, made of calendar months or of whole weeks (4-4-5 and its kin).

A fiscal year has twelve fiscal months whatever they are made of, so each bears the name of a calendar month, and money
by month is kept under that name: its first day. Only which days belong to a name differs from calendar to calendar.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from valuekit.calendar.days import add_months, month_start

By = Literal["month", "quarter", "year"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LENGTHS = {"month": 1, "quarter": 3, "year": 12}

_MONDAY = date(1799, 12, 30)
"""A Monday before all data: weeks are counted from here."""


@dataclass(frozen=True)
class Period:
    """A period of a fiscal year: its name, its first and last day, and the names of its first and last month."""

    name: str
    first: date
    last: date
    first_month: date
    last_month: date


@dataclass(frozen=True)
class FiscalWeeks:
    """Fiscal years of 52 or 53 whole weeks that end on the same weekday; the 53rd week is in the last month.

    `year_ends` is the last such weekday of the year's last calendar month, or the one nearest to its end, which may be
    up to three days into the next month.
    """

    pattern: Literal["4-4-5", "4-5-4", "5-4-4"] = "4-4-5"
    year_ends_on: Weekday = "saturday"
    year_ends: Literal["last", "nearest"] = "last"

    @property
    def days_over(self) -> int:
        """Days that the year may reach beyond its last calendar month."""
        return 3 if self.year_ends == "nearest" else 0

    @property
    def anchor(self) -> date:
        """A first day of a week, before all data."""
        return _MONDAY + timedelta(days=(WEEKDAYS.index(self.year_ends_on) + 1) % 7)

    @property
    def places(self) -> tuple[int, ...]:
        """The place of the month, 0 to 11, in which each of the 53 weeks of a year is."""
        lengths = [int(weeks) for weeks in self.pattern.split("-")] * 4
        lengths[-1] += 1
        return tuple(place for place, weeks in enumerate(lengths) for _ in range(weeks))


@dataclass(frozen=True)
class FiscalCalendar:
    """How a company parts its years: the first month, the year's name, and weeks where months are made of them.

    A year bears the name of the calendar year in which its last month is by name (`year_named="end"`), or its first
    (`"start"`, as in retail). The National Retail Federation's 4-5-4 calendar, whose fiscal 2023 had 53 weeks:

    >>> weeks = FiscalWeeks("4-5-4", "saturday", "nearest")
    >>> retail = FiscalCalendar(2, "start", weeks)
    >>> year = retail.period(date(2024, 1, 1), "year")
    >>> year.name, str(year.first), str(year.last)
    ('FY2023', '2023-01-29', '2024-02-03')
    """

    year_starts: int = 1
    year_named: Literal["end", "start"] = "end"
    weeks: FiscalWeeks | None = None

    @classmethod
    def of(cls, company: Mapping[str, Any]) -> "FiscalCalendar":
        """Return the calendar that the settings of a company state; what they do not state has its default.

        >>> FiscalCalendar.of({"fiscal_year_starts": 4})
        FiscalCalendar(year_starts=4, year_named='end', weeks=None)
        """
        weeks = company.get("fiscal_weeks")
        return cls(
            int(company.get("fiscal_year_starts", cls.year_starts)),
            company.get("fiscal_year_named", cls.year_named),
            FiscalWeeks(**weeks) if weeks is not None else None,
        )

    def month_of(self, day: date) -> date:
        """Return the month that a day is in, by its name: the first day of the calendar month.

        >>> FiscalCalendar().month_of(date(2024, 2, 3))
        datetime.date(2024, 2, 1)
        >>> FiscalCalendar(2, weeks=FiscalWeeks(year_ends="nearest")).month_of(date(2024, 2, 3))
        datetime.date(2024, 1, 1)
        """
        if self.weeks is None:
            return month_start(day)
        anchor = self.weeks.anchor
        week = (day - anchor).days // 7
        # A week is in the year whose last month its last day is in, once the days that a year may run over are off.
        begin = self._year(anchor + timedelta(days=7 * week + 6 - self.weeks.days_over))
        return add_months(begin, self.weeks.places[week - (self._first_day_of_year(begin) - anchor).days // 7])

    def first_day(self, month: date) -> date:
        """Return the first day of a month that is given by its name."""
        if self.weeks is None:
            return month
        begin = self._year(month)
        return self._first_day_of_year(begin) + timedelta(weeks=self.weeks.places.index(_months(begin, month)))

    def last_day(self, month: date) -> date:
        """Return the last day of a month that is given by its name."""
        return self.first_day(add_months(month, 1)) - timedelta(days=1)

    def is_whole(self, day: date) -> bool:
        """Say whether a month ends with the day."""
        return self.last_day(self.month_of(day)) == day

    def last_whole_month(self, day: date) -> date:
        """Return the name of the last month that is over at the end of the day."""
        return add_months(self.month_of(day + timedelta(days=1)), -1)

    def year_to(self, day: date) -> date:
        """Return the first of the twelve months that end with the month of the day, by its name."""
        return add_months(self.month_of(day), -11)

    def month_ends(self, first: date, last: date) -> list[date]:
        """List the last days of months within [first, last].

        >>> [str(d) for d in FiscalCalendar(weeks=FiscalWeeks()).month_ends(date(2025, 1, 1), date(2025, 3, 31))]
        ['2025-01-25', '2025-02-22', '2025-03-29']
        """
        ends, month = [], self.month_of(first)
        while (end := self.last_day(month)) <= last:
            ends.append(end)
            month = add_months(month, 1)
        return ends

    def period(self, month: date, by: By = "month") -> Period:
        """Return the month, fiscal quarter or fiscal year that a month, given by its name, is in.

        >>> FiscalCalendar(4).period(date(2026, 5, 1), "quarter").name, FiscalCalendar().period(date(2026, 5, 1)).name
        ('FY2027 Q1', '2026-05')
        """
        begin = self._year(month)
        place = _months(begin, month)
        since = add_months(month, -(place % LENGTHS[by]))
        until = add_months(since, LENGTHS[by] - 1)
        named = begin.year if self.year_named == "start" else add_months(begin, 11).year
        year = f"{named}" if self.year_starts == 1 else f"FY{named}"
        names = {"month": f"{month:%Y-%m}", "quarter": f"{year} Q{place // 3 + 1}", "year": year}
        return Period(names[by], self.first_day(since), self.last_day(until), since, until)

    def periods(self, months: Iterable[date], by: By) -> Iterator[tuple[date, Period]]:
        """Yield each month, given by its name, with the period that it is in."""
        for month in months:
            yield month, self.period(month, by)

    def _year(self, day: date) -> date:
        """Return the first day of the year of calendar months that a day is in."""
        return add_months(month_start(day), -((day.month - self.year_starts) % 12))

    def _first_day_of_year(self, begin: date) -> date:
        """Return the first day of the year of weeks that has the name of one of calendar months."""
        if self.weeks is None:
            return begin
        days = (begin - self.weeks.anchor).days + self.weeks.days_over
        return self.weeks.anchor + timedelta(days=days - days % 7)


def _months(first: date, last: date) -> int:
    return 12 * (last.year - first.year) + last.month - first.month
