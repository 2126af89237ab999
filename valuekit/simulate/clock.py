"""Months and days as whole numbers, so that a batch of dates is one array."""

from datetime import date

import numpy as np

from valuekit.calendar import month_start
from valuekit.simulate.draws import Ints

_EPOCH = date(1970, 1, 1)
_BEFORE, _AFTER = 24, 240


class Clock:
    """The window of the simulation: month 0 is the first, month `months - 1` ends on the last day.

    Days are days since 1970-01-01, as in Arrow's `date32`. Months before 0 and far beyond the end are known too.

    >>> clock = Clock(date(2026, 6, 30), 36)
    >>> clock.first(np.array([0, 36])).astype("datetime64[D]").astype(str).tolist()
    ['2023-07-01', '2026-07-01']
    >>> int(clock.month(np.array([clock.end]))[0])
    35
    """

    def __init__(self, data_end: date, months: int) -> None:
        self.months = months
        self.end = (data_end - _EPOCH).days
        last = np.datetime64(month_start(data_end), "M")
        span = last - (months - 1) - _BEFORE + np.arange(_BEFORE + months + _AFTER)
        self._firsts: Ints = span.astype("datetime64[D]").astype(np.int64)
        lengths = np.diff(self._firsts)
        self._month_of: Ints = np.repeat(np.arange(len(lengths)), lengths) - _BEFORE

    @property
    def start(self) -> int:
        """First day of the window."""
        return int(self._firsts[_BEFORE])

    @property
    def month_ends(self) -> Ints:
        """Last day of each month of the window."""
        return self.first(np.arange(1, self.months + 1)) - 1

    def first(self, month: Ints) -> Ints:
        """Return the first day of each month; a month beyond the known ones becomes the last of them."""
        return self._firsts[np.minimum(month + _BEFORE, len(self._firsts) - 1)]

    def month(self, day: Ints) -> Ints:
        """Return the month of each day."""
        return np.asarray(self._month_of[day - self._firsts[0]], dtype=np.int64)
