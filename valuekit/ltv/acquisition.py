"""Customers yet to be won, as far as a company states them."""

from dataclasses import dataclass

import numpy as np

from valuekit.errors import ConfigError
from valuekit.ltv.discounting import Discount, Horizon


@dataclass(frozen=True)
class Acquisition:
    """Customers expected to be won a month, and what winning one costs (CAC)."""

    new_a_month: float
    cost: float

    def __post_init__(self) -> None:
        if not (0 <= self.new_a_month <= 1e9 and 0 <= self.cost <= 1e12):
            raise ConfigError("future acquisition needs new customers a month and a cost of winning one, from 0 up.")

    def value(self, each: float, horizon: Horizon, discount: Discount) -> float:
        """Return the value today of all who are won within the horizon, each worth `each` when it is won.

        >>> round(Acquisition(10, 50.0).value(80.0, Horizon(1), Discount(0.0)), 2)
        3600.0
        """
        months = np.arange(1, 12 * horizon.years + 1)
        return float(self.new_a_month * (each - self.cost) * ((1 + discount.annual_rate) ** (-months / 12)).sum())
