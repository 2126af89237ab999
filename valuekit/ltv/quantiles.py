"""Intervals of an amount that may be nothing at all: an atom, and a gamma distribution beyond it, by two moments."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv, ndtr, ndtri

from valuekit.ltv.models.observations import Array

LEVELS = (0.50, 0.80, 0.95)
"""Levels of published intervals."""

_SHAPES = np.linspace(np.log(0.02), np.log(1e4), 141)
_SCORES = np.linspace(-4.0, 4.0, 161)


@dataclass(frozen=True)
class Amounts:
    """Amounts of chance, a row each: nothing comes with probability `waiting` + `gone`, else a gamma above `least`."""

    mean: Array
    variance: Array
    waiting: Array
    """Probability that it is alive and yet nothing comes; the amount is then `least`."""
    gone: Array
    """Probability that it is gone already; the amount is then 0."""
    least: Array
    """The lowest amount: what waiting costs all the time, 0 or below."""

    def interval(self, level: float) -> tuple[Array, Array]:
        """Return both ends: as much in each tail, or from `least` on where nothing alone is more than a tail.

        >>> zero, one = np.zeros(2), np.ones(2)
        >>> low, high = Amounts(one, one, zero, np.array([0.0, 0.4]), zero).interval(0.80)
        >>> low.round(2), high.round(2)
        (array([0.11, 0.  ]), array([2.3 , 1.89]))
        """
        tail = (1 - level) / 2
        from_nothing = self.waiting + self.gone >= tail
        high = self._quantile(np.where(from_nothing, level, 1 - tail))
        low, above = self.least.copy(), np.flatnonzero(~from_nothing)
        low[above] = self.some(above)._quantile(np.full(len(above), tail))
        return low, high

    def some(self, chosen: npt.NDArray[np.int64]) -> "Amounts":
        """Return those of some rows."""
        return Amounts(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def _quantile(self, probability: Array) -> Array:
        """Invert the whole distribution: a step at `least`, a step at 0, and the gamma that runs through both."""
        something = np.maximum(1 - self.waiting - self.gone, 1e-9)
        mean = (self.mean - self.waiting * self.least) / something
        square = (self.variance + self.mean**2 - self.waiting * self.least**2) / something
        above = np.maximum(mean - self.least, 1e-9)
        shape = above**2 / np.maximum(square - mean**2, 1e-8 * above**2)

        def beyond(nothing: Array, rows: npt.NDArray[np.int64] | slice) -> Array:
            share = (probability[rows] - nothing[rows]) / something[rows]
            multiple = relative_quantile(shape[rows], np.clip(share, 1e-9, 1 - 1e-9))
            return np.asarray(self.least[rows] + above[rows] * multiple * (share > 0))

        found = beyond(self.waiting + self.gone, slice(None))
        # Where the gamma beyond both steps is not above 0, the quantile lies on the step at 0 or before it.
        before = np.flatnonzero(found <= 0)
        found[before] = np.minimum(beyond(self.waiting, before), 0.0)
        return found


def mixture_quantile(weights: Array, means: Array, deviations: Array, probability: Array | float) -> Array:
    """Return a quantile of mixtures of normal distributions: a row per component, a column per mixture.

    It lies between the quantiles of the components. From their middle, Newton's method; halving instead where a step
    leaves the bracket or is not half of the one before (Press et al. 2007, Numerical Recipes, section 9.4); until it is
    below a millionth of the bracket.

    >>> columns = np.array([[0.5], [0.5]]), np.array([[0.0], [10.0]]), np.array([[1.0], [1.0]])
    >>> mixture_quantile(*columns, 0.25).round(3), mixture_quantile(*columns, 0.9).round(3)
    (array([0.]), array([10.842]))
    """
    spread, at = np.maximum(deviations, 1e-6), np.broadcast_to(probability, weights.shape[1:])
    ends = means + spread * ndtri(at)
    low, high = np.where(weights > 0, ends, np.inf).min(axis=0), np.where(weights > 0, ends, -np.inf).max(axis=0)
    found, rows = (low + high) / 2, np.flatnonzero(high > low)
    mixtures = [values[..., rows] for values in (weights, means, spread, at)]
    state = [values[rows] for values in (found, low, high, high - low, _CLOSE * (high - low))]
    while len(rows):
        state = _nearer(mixtures, state)
        found[rows] = state[0]
        far = np.abs(state[3]) > state[4]
        if not far.all():
            rows, mixtures, state = rows[far], [v[..., far] for v in mixtures], [v[far] for v in state]
    return np.asarray(found)


_CLOSE = 1e-6
"""The last step, as a share of the bracket."""


def _nearer(mixtures: Sequence[Array], state: Sequence[Array]) -> list[Array]:
    """Return the next point, its bracket, the step to it, and how small a step may be."""
    (weights, means, spread, probability), (x, low, high, step, close) = mixtures, state
    scores = (x - means) / spread
    above = (weights * ndtr(scores)).sum(axis=0) - probability
    slope = (weights / spread * np.exp(-(scores**2) / 2)).sum(axis=0) / np.sqrt(2 * np.pi)
    low, high = np.where(above < 0, x, low), np.where(above < 0, high, x)
    newton = x - above / np.maximum(slope, 1e-300)
    good = (newton >= low) & (newton <= high) & (np.abs(newton - x) <= np.abs(step) / 2)
    there = np.where(good, newton, (low + high) / 2)
    return [there, low, high, there - x, close]


def exponential_parts(count: int) -> tuple[Array, Array]:
    """Return means and deviations of so many parts of equal probability of the exponential distribution with mean 1.

    >>> means, deviations = exponential_parts(2)
    >>> means.round(3), deviations.round(3)
    (array([0.307, 1.693]), array([0.198, 1.   ]))
    """
    tail = 1 - np.arange(count + 1) / count
    end = -np.log(np.maximum(tail, 1e-300))
    beyond = (tail * (end + 1), tail * (end**2 + 2 * end + 2))
    mean, square = (-np.diff(moment) * count for moment in beyond)
    return mean, np.sqrt(square - mean**2)


def stopping_rate(share: Array) -> Array:
    """Return the steady rate at which a time ends, a horizon, if the horizon cuts it to a mean `share` of it.

    The share is (1 - exp(-rate)) / rate.

    >>> stopping_rate(np.array([1 - np.exp(-1), 1.0])).round(3)
    array([1.   , 0.001])
    """
    rate = _rates()
    return np.interp(-share, np.expm1(-rate) / rate, rate)  # the share falls with the rate


def time_unevenness(rate: Array) -> Array:
    """Return the mean square over the squared mean of a time that ends at a steady rate, or else with the horizon.

    >>> time_unevenness(stopping_rate(np.array([0.001, 1 - np.exp(-1), 1.0]))).round(3)
    array([2.   , 1.323, 1.   ])
    """
    stops = -np.expm1(-rate)
    return np.asarray(2 * (stops - rate * np.exp(-rate)) / stops**2)


def times_until(rate: Array, count: int) -> tuple[Array, Array]:
    """Return means and deviations of so many parts of equal probability of a time that stops within the horizon.

    A row per part, a column per rate.

    >>> means, deviations = times_until(np.array([1e-3, 50.0]), 2)
    >>> means.round(3), deviations.round(3)
    (array([[0.25 , 0.006],
           [0.75 , 0.034]]), array([[0.144, 0.004],
           [0.144, 0.02 ]]))
    """
    within = -np.log1p(np.arange(count)[:, None] / count * np.expm1(-rate)) / rate
    ends = np.vstack([within, np.ones_like(rate)])
    left, beyond = np.exp(-rate * ends), ends + 1 / rate
    mass = -np.diff(left, axis=0)
    means = -np.diff(left * beyond, axis=0) / mass
    squares = -np.diff(left * (beyond**2 + 1 / rate**2), axis=0) / mass
    return means, np.sqrt(np.maximum(squares - means**2, 0.0))


@cache
def _rates() -> Array:
    return np.geomspace(1e-3, 1e4, 2_000)


def relative_quantile(shape: Array, probability: Array) -> Array:
    """Return quantiles of gamma distributions with mean 1, read from a table over shape and normal score.

    >>> relative_quantile(np.array([1.0, 4.0]), np.array([0.5, 0.9])).round(3)
    array([0.693, 1.67 ])
    """
    table = _table()
    row, column = _place(np.log(np.maximum(shape, 1e-12)), _SHAPES), _place(ndtri(probability), _SCORES)
    i, j = (
        np.minimum(place.astype(np.int64), size - 2) for place, size in zip((row, column), table.shape, strict=True)
    )
    u, v = row - i, column - j
    left = (1 - u) * table[i, j] + u * table[i + 1, j]
    return np.asarray((1 - v) * left + v * ((1 - u) * table[i, j + 1] + u * table[i + 1, j + 1]))


def _place(values: Array, grid: Array) -> Array:
    """Return where values lie in an even grid, counted from its first point."""
    return np.asarray(np.clip((values - grid[0]) / (grid[1] - grid[0]), 0.0, len(grid) - 1.0))


@cache
def _table() -> Array:
    shapes = np.exp(_SHAPES)[:, None]
    return np.asarray(gammaincinv(shapes, ndtr(_SCORES)[None, :]) / shapes)
