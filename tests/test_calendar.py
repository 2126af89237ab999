from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.calendar import (
    Window,
    add_months,
    fiscal_month,
    fiscal_period,
    fiscal_quarter,
    fiscal_year,
    month_end,
    month_ends,
    month_start,
)

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


@given(days, st.integers(1, 12), st.sampled_from(["month", "quarter", "year"]))
def test_fiscal_periods_are_whole_and_follow_on_each_other(day, starts, by):
    period = fiscal_period(day, by, starts)
    assert period.first <= day <= period.last
    assert (month_start(period.first), month_end(period.last)) == (period.first, period.last)
    following = fiscal_period(period.last + timedelta(days=1), by, starts)
    assert following.first == period.last + timedelta(days=1)
    assert following.name > period.name


@given(days, st.integers(1, 12))
def test_a_fiscal_year_bears_the_name_of_the_calendar_year_it_ends_in(day, starts):
    year = fiscal_period(day, "year", starts)
    assert fiscal_year(day, starts) == year.last.year
    assert (fiscal_month(year.first, starts), fiscal_month(year.last, starts)) == (1, 12)
    assert (fiscal_quarter(year.first, starts), fiscal_quarter(year.last, starts)) == (1, 4)
