"""Intervals of an amount that may be nothing at all: an atom, and beyond it what comes until it stops."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from valuekit.ltv.models.observations import Array
from valuekit.ltv.stopping import (
    Rows,
    lasting_probability,
    lasting_quantiles,
    mean_time,
    rate_of_unevenness,
    time_unevenness,
)

LEVELS = (0.50, 0.80, 0.95)
"""Levels of published intervals."""


@dataclass(frozen=True)
class Amounts:
    """Amounts of chance, a row each: nothing comes with probability `waiting` + `gone`, else something until it stops.

    What comes has a gamma-distributed pace while it lasts.
    """

    mean: Array
    variance: Array
    waiting: Array
    """Probability that it is alive and yet nothing comes; the amount is then `least`."""
    gone: Array
    """Probability that it is gone already; the amount is then 0."""
    least: Array
    """The lowest amount: what waiting costs all the time, 0 or below."""
    stops: Array
    """The rate, a horizon, at which something stops to come; 0 where it lasts."""

    def interval(self, level: float) -> tuple[Array, Array]:
        """Return both ends: as much in each tail, or from nothing on.

        From nothing on where nothing at all comes in a case of `FROM_NOTHING`, or in more cases than a tail has. The
        low end is then 0; or the quantile of the tail where that is less, as of who stays and buys too little for what
        that costs. From there to the upper end lies the level; or a little more, so that a higher level never has a
        narrower interval.

        >>> zero, one = np.zeros(2), np.ones(2)
        >>> low, high = Amounts(one, one, zero, np.array([0.0, 0.4]), zero, zero).interval(0.80)
        >>> low.round(2), high.round(2)
        (array([0.1, 0. ]), array([2.3 , 1.89]))
        """
        tail, nothing = (1 - level) / 2, self.waiting + self.gone
        often = nothing >= FROM_NOTHING
        from_nothing = often | (nothing >= tail)
        ahead = np.maximum(level + self._before(tail), np.where(often, 0.0, 1 - nothing))
        high = self._quantile(np.where(from_nothing, ahead, 1 - tail), np.arange(len(nothing)))
        low, sought = np.zeros(len(nothing)), np.flatnonzero(~from_nothing | (self._below > tail))
        low[sought] = self._quantile(np.full(len(sought), tail), sought)
        return np.where(from_nothing, np.minimum(low, 0.0), low), high

    def _before(self, tail: float) -> Array:
        """Return the probability of less than the low end, where an interval begins at nothing or below.

        Once the low end is `least`, none is less. But just before it was a tail, and the upper end shall not fall back.
        """
        waits = np.where(self.least < 0, self.waiting, 0.0)
        return np.minimum(np.minimum(self._below, tail), np.maximum(2 * tail - waits, 0.0))

    def some(self, chosen: Rows) -> "Amounts":
        """Return those of some rows."""
        return Amounts(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def _quantile(self, probability: Array, rows: Rows) -> Array:
        """Invert the whole distribution of some rows: a step at `least`, a step at 0, and what runs through both."""
        nothing, something = (self.waiting + self.gone)[rows], self._something[rows]
        found = self._body.quantile((probability - nothing) / something, rows)
        # Where the body beyond both steps is not above 0, the quantile lies on the step at 0 or before it.
        share = (probability - self.waiting[rows]) / something
        low = (found <= 0) | (probability <= nothing)
        found[low], ahead = self.least[rows[low]], np.flatnonzero(low & (share > 0))
        within = share[ahead] < 1  # beyond all of the body lies the step at 0
        found[ahead] = np.where(within, np.minimum(self._body.quantile(share[ahead], rows[ahead]), 0.0), 0.0)
        return found

    @cached_property
    def _below(self) -> Array:
        """Probability of less than 0: it waits, or what comes is less than what staying costs."""
        below, some = np.zeros(len(self.least)), np.flatnonzero(self.least < 0)
        below[some] = self.waiting[some] + self._something[some] * self._body.below_zero(some)
        return below

    @cached_property
    def _something(self) -> Array:
        return np.maximum(1 - self.waiting - self.gone, 1e-9)

    @cached_property
    def _body(self) -> "_Body":
        return _Body.of(self, self._something)


FROM_NOTHING = 0.10
"""Where nothing at all comes so often, an interval of any level runs from nothing on, or from below it."""


@dataclass(frozen=True)
class _Body:
    """What comes where something does: from a floor on, at a gamma-distributed pace until it stops."""

    floor: Array
    mean: Array
    """Above the floor."""
    shape: Array
    rate: Array

    @classmethod
    def of(cls, amounts: Amounts, something: Array) -> "_Body":
        """Match both moments, given that something comes.

        What stops soon is next to nothing, if it gains in the mean; where the cost of waiting is most of it, or more,
        it lies above that cost, for then the longer it lasts the more may be lost. Between both, `loses` weighs.
        """
        least, stops = amounts.least, np.maximum(amounts.stops, 1e-3)
        mean = (amounts.mean - amounts.waiting * least) / something
        square = (amounts.variance + amounts.mean**2 - amounts.waiting * least**2) / something
        throughout = np.maximum(mean, 0.0) / mean_time(stops)
        loses = (-least / np.maximum(throughout - least, 1e-9)) ** 2
        floor = least * np.where(mean > 0, loses, 1.0)
        above = np.maximum(mean - floor, 1e-9)
        uneven = (square - 2 * floor * mean + floor**2) / above**2
        rate = np.minimum(stops * np.where(mean > 0, 1 - loses, 0.0), rate_of_unevenness(uneven))
        rate = np.maximum(rate, 1e-3)
        return cls(floor, above, 1 / np.maximum(uneven / time_unevenness(rate) - 1, 1e-8), rate)

    def quantile(self, share: Array, rows: Rows) -> Array:
        """Return quantiles of the bodies of some rows."""
        rate, share = self.rate[rows], np.clip(share, 1e-9, 1 - 1e-9)
        amount = lasting_quantiles(self.shape[rows], rate, share)
        return np.asarray(self.floor[rows] + self.mean[rows] / mean_time(rate) * amount)

    def below_zero(self, rows: Rows) -> Array:
        """Return the probability that the bodies of some rows are below 0."""
        rate = self.rate[rows]
        return lasting_probability(self.shape[rows], rate, -self.floor[rows] * mean_time(rate) / self.mean[rows])


@dataclass(frozen=True)
class Part:
    """A part of values: amounts of those rows that have any."""

    amounts: Amounts
    there: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, amounts: Amounts, there: npt.NDArray[np.bool_]) -> Self:
        """Leave out the amounts of the other rows."""
        return cls(amounts.some(np.flatnonzero(there)), there)

    @property
    def mean(self) -> Array:
        """The mean of every row; 0 where no amounts are."""
        return self._everywhere(self.amounts.mean)

    def distances(self, level: float) -> tuple[Array, Array]:
        """Return how far both ends lie from the mean; 0 where no amounts are."""
        low, high = self.amounts.interval(level)
        return self._everywhere(self.amounts.mean - low), self._everywhere(high - self.amounts.mean)

    def _everywhere(self, values: Array) -> Array:
        found = np.zeros(len(self.there))
        found[self.there] = values
        return found


def mixture_quantile(weights: Array, means: Array, deviations: Array, probability: Array | float) -> Array:
    """Return a quantile of mixtures of normal distributions: a row per component, a column per mixture.

    It lies between the quantiles of the components. From their middle, Newton's method; halving instead where a step
    leaves the bracket or is not half of the one before (Press et al. 2007, Numerical Recipes, section 9.4); until it is
    below a millionth of the bracket. A quantile that is found at a step, a component without deviation, is that step.

    >>> columns = np.array([[0.5], [0.5]]), np.array([[0.0], [10.0]]), np.array([[1.0], [1.0]])
    >>> mixture_quantile(*columns, 0.25).round(3), mixture_quantile(*columns, 0.9).round(3)
    (array([0.]), array([10.842]))
    """
    spread, at = np.maximum(deviations, _STEP), np.broadcast_to(probability, weights.shape[1:])
    ends = means + spread * ndtri(at)
    low, high = np.where(weights > 0, ends, np.inf).min(axis=0), np.where(weights > 0, ends, -np.inf).max(axis=0)
    found, rows, near = (low + high) / 2, np.flatnonzero(high > low), 2 * _CLOSE * (high - low)
    mixtures = [values[..., rows] for values in (weights, means, spread, at)]
    state = [values[rows] for values in (found, low, high, high - low, _CLOSE * (high - low))]
    while len(rows):
        state = _nearer(mixtures, state)
        found[rows] = state[0]
        far = np.abs(state[3]) > state[4]
        if not far.all():
            rows, mixtures, state = rows[far], [v[..., far] for v in mixtures], [v[far] for v in state]
    for weight, mean, deviation in zip(weights, means, deviations, strict=True):
        found = np.where((deviation <= _STEP) & (weight > 0) & (np.abs(found - mean) <= near), mean, found)
    return np.asarray(found)


_STEP = 1e-6
"""A component of no larger deviation is one amount."""

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
