"""Dates: months, month ends and windows, and the fiscal calendars of companies, with their boundaries stated once."""

from valuekit.calendar.days import Window, add_months, as_day, month_end, month_ends, month_start, ran_on
from valuekit.calendar.fiscal import WEEKDAYS, By, FiscalCalendar, FiscalWeeks, Period

__all__ = [
    "WEEKDAYS",
    "By",
    "FiscalCalendar",
    "FiscalWeeks",
    "Period",
    "Window",
    "add_months",
    "as_day",
    "month_end",
    "month_ends",
    "month_start",
    "ran_on",
]
