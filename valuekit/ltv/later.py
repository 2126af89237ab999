"""All the future: what comes after the ten years of the cube, as the sum of the same years without end."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from valuekit.ltv.discounting import Discount
from valuekit.ltv.models.observations import Array
from valuekit.tables.published import HORIZON_YEARS

_POINTS = 12
"""Points of Gauss's rule: what buyers bring after ten years is off by 1e-6 of it at 10 % a year, 2e-5 at 5 %."""


@dataclass(frozen=True)
class Later:
    """Discount factors of the years after the tenth: of the first of them, and of each over the one before."""

    first: float
    ratio: float

    @classmethod
    def of(cls, discount: Discount) -> "Later | None":
        """Return the factors at a rate above 0; None without one, since all the future then has no limit.

        >>> Later.of(Discount(0.0)) is None, round(Later.of(Discount(0.10)).first, 4)
        (True, 0.3676)
        """
        if discount.annual_rate <= 0:
            return None
        return cls(discount.factor(HORIZON_YEARS + 1), 1 / (1 + discount.annual_rate))

    def sum_of(self, total: Callable[[Array], Array]) -> Array:
        """Return what is expected in all these years, discounted, given what is in the next `t` years, for any t >= 10.

        `total` has a column for each of the years that it is asked for. By parts, the sum over years of factors times
        what a year adds is a mean of the totals, with the weights of a geometric distribution.

        >>> Later.of(Discount(0.10)).sum_of(lambda t: np.array([2.0 * t])).round(4)  # 2 a year, for ever
        array([8.0872])
        """
        years, weights = geometric_points(self.ratio)
        by_point = total(np.append(HORIZON_YEARS, HORIZON_YEARS + 1 + years)).T
        mean = sum(weight * expected for weight, expected in zip(weights, by_point[1:], strict=True))
        return np.asarray(self.first * (mean - by_point[0]))


@cache
def geometric_points(ratio: float) -> tuple[Array, Array]:
    """Return points x and weights w: for smooth g, the sum of w g(x) is that of (1 - ratio) ratio^i g(i), i = 0, 1, ...

    Gauss's rule of Meixner's polynomials with beta = 1 (Koekoek, Lesky and Swarttouw 2010, section 9.10), from the
    eigenvalues of their recurrence (Golub and Welsch 1969).

    >>> points, weights = geometric_points(0.5)
    >>> float((weights * points).sum().round(9)), float((weights * points**2).sum().round(9))
    (1.0, 3.0)
    """
    i = np.arange(_POINTS)
    diagonal, beside = (i + (i + 1) * ratio) / (1 - ratio), i[1:] * np.sqrt(ratio) / (1 - ratio)
    points, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))
    return points, vectors[0] ** 2
