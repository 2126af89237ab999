from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.tseries.offsets import FY5253

from valuekit.calendar import (
    WEEKDAYS,
    FiscalCalendar,
    FiscalWeeks,
    Window,
    add_months,
    month_end,
    month_ends,
    month_start,
)
from valuekit.cashflow.fiscal import month_sql
from valuekit.engine import Engine

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@given(days)
def test_the_day_after_a_month_end_starts_a_month(day):
    assert month_end(day) + timedelta(days=1) == month_start(month_end(day) + timedelta(days=1))
    assert month_start(day) <= day <= month_end(day)


@given(days, st.integers(-240, 240))
def test_moving_by_months_keeps_the_day_or_takes_the_last_one(day, months):
    moved = add_months(day, months)
    assert moved.day == day.day or (moved == month_end(moved) and moved.day < day.day)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months


@pytest.mark.parametrize(
    ("day", "months", "moved"),
    [("2024-01-31", 1, "2024-02-29"), ("2023-01-31", 1, "2023-02-28"), ("2024-02-29", 12, "2025-02-28"),
     ("2026-03-31", -1, "2026-02-28"), ("2025-12-15", 1, "2026-01-15")],
)  # fmt: skip
def test_short_months_and_leap_years(day, months, moved):
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(moved)


@given(days, days)
def test_month_ends_are_all_within_and_none_is_missing(first, last):
    ends = month_ends(first, last)
    assert all(first <= end <= last and end == month_end(end) for end in ends)
    assert len(set(ends)) == len(ends)
    if ends:
        assert len(ends) == (ends[-1].year - ends[0].year) * 12 + ends[-1].month - ends[0].month + 1


def test_both_ends_of_a_window_count():
    assert month_ends(date(2026, 1, 31), date(2026, 2, 28)) == [date(2026, 1, 31), date(2026, 2, 28)]
    assert Window(30).first_day(date(2026, 3, 31)) == date(2026, 3, 1)
    assert Window(30).label == "last 30 days"


WEEKS = st.builds(
    FiscalWeeks,
    st.sampled_from(["4-4-5", "4-5-4", "5-4-4"]),
    st.sampled_from(WEEKDAYS),
    st.sampled_from(["last", "nearest"]),
)
CALENDARS = st.builds(FiscalCalendar, st.integers(1, 12), st.sampled_from(["end", "start"]), st.none() | WEEKS)
RETAIL = FiscalCalendar(2, "start", FiscalWeeks("4-5-4", "saturday", "nearest"))


@given(days, CALENDARS, st.sampled_from(["month", "quarter", "year"]))
def test_fiscal_periods_are_whole_and_follow_on_each_other(day, calendar, by):
    period = calendar.period(calendar.month_of(day), by)
    assert period.first <= day <= period.last
    assert calendar.month_of(period.first) == period.first_month
    assert calendar.month_of(period.last) == period.last_month
    assert calendar.is_whole(period.last)
    following = calendar.period(add_months(period.last_month, 1), by)
    assert following.first == period.last + timedelta(days=1)
    assert following.name > period.name


@given(days, st.integers(1, 12))
def test_a_fiscal_year_bears_the_name_of_its_last_month_or_of_its_first(day, starts):
    ends, begins = (FiscalCalendar(starts, named).period(month_start(day), "year") for named in ("end", "start"))
    assert (ends.first, ends.last) == (begins.first, begins.last)
    assert ends.name.removeprefix("FY") == str(ends.last.year)
    assert begins.name.removeprefix("FY") == str(begins.first.year)
    assert (ends.first.month, month_start(ends.first)) == (starts, ends.first)


@given(days)
def test_calendar_months_are_fiscal_months_by_default(day):
    calendar = FiscalCalendar()
    assert calendar.month_of(day) == calendar.first_day(month_start(day)) == month_start(day)
    assert calendar.last_day(month_start(day)) == month_end(day)
    assert calendar.last_whole_month(month_end(day)) == month_start(day)


@given(st.integers(1950, 2100), st.integers(1, 12), WEEKS)
def test_years_of_weeks_end_where_another_implementation_ends_them(year, starts, weeks):
    """pandas.tseries.offsets.FY5253 names the month in which a year ends."""
    period = FiscalCalendar(starts, "end", weeks).period(date(year, starts, 1), "year")
    ends = FY5253(
        weekday=WEEKDAYS.index(weeks.year_ends_on), startingMonth=(starts - 2) % 12 + 1, variation=weeks.year_ends
    )
    assert ends.is_on_offset(datetime(period.last.year, period.last.month, period.last.day))  # noqa: DTZ001 - a day has no zone
    assert (period.last - period.first).days + 1 in (52 * 7, 53 * 7)


def test_the_retail_calendar_has_the_long_years_that_its_federation_published():
    """National Retail Federation, 4-5-4 Calendar, "An explanation of the 53-week year"."""
    years = [RETAIL.period(date(year, 2, 1), "year") for year in range(2000, 2024)]
    long = [year.name for year in years if (year.last - year.first).days + 1 == 53 * 7]
    assert long == ["FY2000", "FY2006", "FY2012", "FY2017", "FY2023"]


def test_fiscal_2023_of_the_retail_calendar():
    """Published: 29 January 2023 to 3 February 2024. Four, five, four weeks; the 53rd is the last month's."""
    year = RETAIL.period(date(2023, 2, 1), "year")
    assert (year.first, year.last) == (date(2023, 1, 29), date(2024, 2, 3))
    lengths = [
        (RETAIL.last_day(m) - RETAIL.first_day(m)).days + 1
        for m in (add_months(date(2023, 2, 1), n) for n in range(12))
    ]
    assert [days // 7 for days in lengths] == [4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5, 5]
    assert RETAIL.period(date(2024, 1, 1), "quarter").name == "FY2023 Q4"
    assert RETAIL.month_of(date(2024, 2, 3)) == date(2024, 1, 1)


def test_a_year_that_ends_on_the_last_saturday_of_september():
    """Apple Inc., Form 10-K (SEC accession number 0000320193-23-000106): fiscal year ended 30 September 2023."""
    apple = FiscalCalendar(10, "end", FiscalWeeks("4-4-5", "saturday", "last"))
    assert apple.period(date(2023, 9, 1), "year").last == date(2023, 9, 30)


@settings(max_examples=20, deadline=None)
@given(st.lists(days, min_size=1, max_size=30), CALENDARS)
def test_sql_puts_each_day_in_the_same_month(some, calendar):
    with Engine(threads=1) as engine:
        values = ", ".join(f"(DATE '{day}')" for day in some)
        found = engine.rows(f"SELECT day, {month_sql(calendar, 'day')} FROM (VALUES {values}) AS d (day)")
    assert [month for _, month in found] == [calendar.month_of(day) for day, _ in found]


def test_the_last_whole_month_and_the_year_up_to_a_day_go_by_name():
    assert RETAIL.last_whole_month(date(2024, 2, 2)) == date(2023, 12, 1)
    assert RETAIL.last_whole_month(date(2024, 2, 3)) == date(2024, 1, 1)
    assert RETAIL.year_to(date(2024, 2, 3)) == date(2023, 2, 1)
    assert RETAIL.month_ends(date(2023, 12, 1), date(2024, 2, 3)) == [date(2023, 12, 30), date(2024, 2, 3)]
