"""Units of time: which one a number is in is never a guess."""

from dataclasses import dataclass
from typing import ClassVar

from valuekit.errors import UnknownNameError

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class TimeUnit:
    """A unit of time, as exact days: a week is 7, a year 365.25, a month a twelfth of it.

    >>> TimeUnit("week").from_days(39), TimeUnit("week").per_year
    (5.571428571428571, 52.17857142857143)
    """

    name: str

    DAYS: ClassVar[dict[str, float]] = {"day": 1.0, "week": 7.0, "month": DAYS_PER_YEAR / 12, "year": DAYS_PER_YEAR}

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or self.name not in self.DAYS:
            raise UnknownNameError("time unit", self.name, self.DAYS)

    @property
    def days(self) -> float:
        """Length in days."""
        return self.DAYS[self.name]

    @property
    def per_year(self) -> float:
        """Units in a year."""
        return DAYS_PER_YEAR / self.days

    @property
    def per_month(self) -> float:
        """Units in a month."""
        return self.per_year / 12

    def from_days(self, days: float) -> float:
        """Convert days to this unit."""
        return days / self.days
