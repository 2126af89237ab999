"""Second moments of what is discounted: purchases, payments and time alive, from what is expected by year.

Purchases of a customer come by chance while it is alive, and once gone it is gone. Then the chance of two purchases,
at s and at t > s, depends on t alone; so does that of being alive at both. With f(t) the discount factor and F(t) its
integral from 0 to t:

    E[D^2] = sum f^2 over purchases + integral of f(t) F(t) / t  d E[N(t) (N(t) - 1)]
    E[A^2] = 2 integral of f(t) F(t) P(alive at t) dt
    E[D A] = 2 integral of f(t) F(t) d E[N(t)]

D are discounted purchases, A is discounted time alive, N(t) purchases until t. The last is exact where dropout does not
depend on purchases (Pareto/NBD) and else one purchase per life too high.
"""

from dataclasses import dataclass

import numpy as np

from valuekit.ltv.discounting import Discount, Horizon
from valuekit.ltv.later import Later
from valuekit.ltv.models.observations import Array
from valuekit.tables.published import HORIZON_YEARS


@dataclass(frozen=True)
class Factors:
    """Discount factors of the ten years, 0 beyond the horizon, and their integral up to the middle of each year.

    `later` are those of the years after the tenth, which have a value at a rate above 0.
    """

    factor: Array
    middle: Array
    years: int
    later: Later | None = None

    @classmethod
    def of(cls, horizon: Horizon, discount: Discount) -> "Factors":
        """Return the factors of a horizon and a discount.

        >>> Factors.of(Horizon(2), Discount(0.0)).middle[:3]
        array([0.5, 1.5, 2. ])
        """
        within = discount.factors(horizon)
        factor = np.array(within + [0.0] * (HORIZON_YEARS - len(within)))
        return cls(factor, np.cumsum(factor) - factor / 2, len(within), Later.of(discount))

    @property
    def whole(self) -> float:
        """All time within the horizon, discounted, in years."""
        return float(self.factor.sum())


def discounted(by_year: Array, factors: Factors) -> Array:
    """Return the discounted sum of yearly expectations: one row per state, one column per year."""
    return np.asarray(by_year @ factors.factor)


def pairs(by_year: Array, factors: Factors) -> Array:
    """Return E[D^2] without its diagonal, from the yearly gains of E[N (N - 1)] within the horizon."""
    years = np.arange(by_year.shape[1])
    mean_factor = factors.middle[years] / (years + 0.5)
    return np.asarray(by_year @ (factors.factor[years] * mean_factor))


def lived_twice(alive: Array, factors: Factors) -> Array:
    """Return E[A^2] in months squared, from months alive by year.

    >>> always = np.full((1, 10), 12.0)
    >>> lived_twice(always, Factors.of(Horizon(3), Discount(0.0)))
    array([1296.])
    """
    # Within a year F rises and the chance to be alive falls, both nearly in a straight line.
    falls = np.gradient(alive, axis=1) @ (factors.factor**2 / 12)
    return np.asarray(2 * 12 * (alive @ (factors.factor * factors.middle) + falls))


def bought_while_alive(purchases: Array, factors: Factors) -> Array:
    """Return E[D A] in purchases times months, from purchases by year."""
    return lived_twice(purchases, factors)
