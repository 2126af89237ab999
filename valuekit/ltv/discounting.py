"""How far to look and what a later year is worth today: two value objects, both linear in the cube."""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal

from valuekit.errors import ConfigError
from valuekit.tables.published import HORIZON_YEARS

Timing = Literal["mid_year", "end_of_year"]


def is_number(value: Any, kind: type = Real) -> bool:
    """Say whether a setting is a number of a kind at all, which no type checker tells who types in a notebook.

    True and False are none, though Python counts them among whole numbers.
    """
    return isinstance(value, kind) and not isinstance(value, bool)


@dataclass(frozen=True)
class Horizon:
    """Years of the future that count, 1 to 10.

    >>> Horizon(3).label
    '3 years'
    """

    years: int = 3

    def __post_init__(self) -> None:
        if not is_number(self.years, Integral):
            raise ConfigError(
                f"a horizon of {self.years!r} is no whole number of years.", next_step=f"Give 1 to {HORIZON_YEARS}."
            )
        if not 1 <= self.years <= HORIZON_YEARS:
            raise ConfigError(f"a horizon of {self.years} years is outside 1 to {HORIZON_YEARS}.")

    @property
    def label(self) -> str:
        """Say it as it stands beside a number."""
        return f"{self.years} year{'s' if self.years > 1 else ''}"


@dataclass(frozen=True)
class Discount:
    """Yearly rate, and when in the year cash is taken to come: in its middle (default) or at its end.

    >>> [round(f, 4) for f in Discount(0.10).factors(Horizon(3))]
    [0.9535, 0.8668, 0.788]
    >>> [round(f, 4) for f in Discount(0.10, timing="end_of_year").factors(Horizon(2))]
    [0.9091, 0.8264]
    """

    annual_rate: float = 0.10
    timing: Timing = "mid_year"

    def __post_init__(self) -> None:
        if not (is_number(self.annual_rate) and 0 <= self.annual_rate <= 1):
            raise ConfigError(
                f"a discount rate of {self.annual_rate!r} is outside 0 to 1.", next_step="Write 10% as 0.10."
            )
        if self.timing not in ("mid_year", "end_of_year"):
            raise ConfigError(f"there is no timing '{self.timing}'.", next_step="Known: mid_year, end_of_year.")

    @classmethod
    def monthly(cls, rate: float, timing: Timing = "mid_year") -> "Discount":
        """Return the discount of an effective rate a month, which compounds: 1 % a month is 12.68 % a year.

        >>> round(Discount.monthly(0.01).annual_rate, 4)
        0.1268
        """
        if not (is_number(rate) and 0 <= rate <= 2 ** (1 / 12) - 1):
            raise ConfigError(
                f"a monthly discount rate of {rate!r} is outside 0 to 0.0594, which is 100% a year.",
                next_step="Write 1% as 0.01.",
            )
        return cls((1 + rate) ** 12 - 1, timing)

    def factors(self, horizon: Horizon) -> list[float]:
        """Return the factor of each year within the horizon, year 1 first."""
        return [self.factor(year) for year in range(1, horizon.years + 1)]

    def factor(self, year: int) -> float:
        """Return the factor of a year, 1 the first."""
        shift = 0.5 if self.timing == "mid_year" else 0.0
        return float((1 + self.annual_rate) ** -(year - shift))


@dataclass(frozen=True)
class RateRule:
    """A yearly rate for the customers for whom a condition over `facts` and `stage` holds."""

    where: str
    rate: float
