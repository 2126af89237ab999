"""What comes until it stops: at a steady rate, or else with the horizon."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc, gammaincinv, ndtr, ndtri

from valuekit.ltv.models.observations import Array

Rows = npt.NDArray[np.int64]


def stopping_rate(share: Array) -> Array:
    """Return the steady rate at which a time ends, a horizon, if the horizon cuts it to a mean `share` of it.

    The share is (1 - exp(-rate)) / rate.

    >>> stopping_rate(np.array([1 - np.exp(-1), 1.0])).round(3)
    array([1.   , 0.001])
    """
    rate = _rates()
    return np.interp(-share, -mean_time(rate), rate)  # the share falls with the rate


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


def mean_time(rate: Array) -> Array:
    """Return the mean of a time that ends at a steady rate, or else with the horizon: what `stopping_rate` inverts."""
    return np.asarray(-np.expm1(-rate) / rate)


def rate_of_unevenness(unevenness: Array) -> Array:
    """Return the rate at which a time is as uneven: what `time_unevenness` inverts.

    >>> rate_of_unevenness(time_unevenness(np.array([0.5, 2.0]))).round(2)
    array([0.5, 2. ])
    """
    return np.interp(unevenness, time_unevenness(_rates()), _rates())


def lasting_quantiles(shape: Array, rate: Array, probability: Array) -> Array:
    """Return quantiles of what comes at a gamma-distributed pace until it stops.

    The pace has mean 1 and a `shape`, the time stops at a steady rate or else with the horizon (1), independently. They
    are read from a table over shape, rate and normal score of the probability.

    >>> lasting_quantiles(np.array([4.0, 4.0]), np.array([1e-3, 1.0]), np.array([0.1, 0.1])).round(2)
    array([0.43, 0.08])
    """
    score, corners = _place(ndtri(probability), _SCORES), _corners(shape, rate)
    before = np.minimum(score.astype(np.int64), len(_SCORES) - 2)
    part = score - before
    return np.exp((1 - part) * _logarithms(corners, before) + part * _logarithms(corners, before + 1))


def lasting_probability(shape: Array, rate: Array, amount: Array) -> Array:
    """Return the probability that less than an amount comes: what `lasting_quantiles` inverts.

    >>> lasting_probability(np.array([4.0, 4.0]), np.array([1e-3, 1.0]), np.array([0.43, 0.08])).round(2)
    array([0.1, 0.1])
    """
    sought, corners = np.log(np.maximum(amount, _LEAST / 2)), _corners(shape, rate)  # 0 lies before all
    before, last = np.zeros(len(amount), np.int64), len(_SCORES) - 1
    for step in (64, 32, 16, 8, 4, 2, 1):  # to the last score of the table that lies before the amount
        ahead = np.minimum(before + step, last)
        before = np.where(_logarithms(corners, ahead) <= sought, ahead, before)
    least, most = _logarithms(corners, before), _logarithms(corners, np.minimum(before + 1, last))
    part = np.clip((sought - least) / np.maximum(most - least, _LEAST), 0.0, 1.0)
    found = ndtr(_SCORES[0] + (_SCORES[1] - _SCORES[0]) * (before + part))
    return np.select([sought < least, before == last], [0.0, 1.0], found)


def _corners(shape: Array, rate: Array) -> list[tuple[Array, Rows, Rows]]:
    """Return the four points of the table around each shape and rate, and how much each counts."""
    axes = []
    for values, grid in ((shape, _SHAPES), (rate, _RATES)):
        place = _place(np.log(np.maximum(values, 1e-12)), grid)
        corner = np.minimum(place.astype(np.int64), len(grid) - 2)
        axes.append([(1 - (place - corner), corner), (place - corner, corner + 1)])
    return [(u * v, i, j) for u, i in axes[0] for v, j in axes[1]]


def _logarithms(corners: Sequence[tuple[Array, Rows, Rows]], score: Rows) -> Array:
    """Read the table at some of its scores."""
    table, found = _table(), np.zeros(len(score))
    for weight, i, j in corners:
        found += weight * table[i, j, score]
    return found


_SHAPES = np.linspace(np.log(0.02), np.log(1e4), 41)
_RATES = np.linspace(np.log(1e-3), np.log(50.0), 25)
_SCORES = np.linspace(-4.0, 4.0, 81)
_PARTS = 16
"""Parts of equal probability of the time that stops within the horizon."""


def _place(values: Array, grid: Array) -> Array:
    """Return where values lie in an even grid, counted from its first point."""
    return np.asarray(np.clip((values - grid[0]) / (grid[1] - grid[0]), 0.0, len(grid) - 1.0))


@cache
def _table() -> Array:
    """Logarithms of quantiles by shape, rate and score."""
    return np.stack([_at_rate(rate) for rate in np.exp(_RATES)], axis=1)


def _at_rate(rate: float) -> Array:
    """Invert the mixture over the time of gamma distributions; each part of the time adds to their unevenness."""
    within, deviations = times_until(np.array([rate]), _PARTS)
    stops = -np.expm1(-rate)
    time = np.append(within[:, 0], 1.0)
    weight = np.append(np.full(_PARTS, stops / _PARTS), np.exp(-rate))
    uneven = np.append(deviations[:, 0] / within[:, 0], 0.0)
    shape = np.exp(_SHAPES)[:, None]
    own = 1 / ((1 + 1 / shape) * (1 + uneven**2) - 1)  # shapes by part, in columns
    points = _points(shape, time[0])
    below = sum(
        w * gammainc(own[:, k, None], own[:, k, None] * np.exp(points) / t)
        for k, (w, t) in enumerate(zip(weight, time, strict=True))
    )
    return np.array([np.interp(ndtr(_SCORES), *pair) for pair in zip(below, points, strict=True)])


def _points(shape: Array, shortest: float) -> Array:
    """Return logarithms of amounts that are close where a gamma distribution lies, whole or cut, in rising order."""
    body = np.log(np.maximum(gammaincinv(shape, ndtr(np.linspace(-5, 5, 121))[None, :]) / shape, _LEAST))
    ramp = np.linspace(0.0, 1.0, 120)
    first = np.maximum(body[:, :1] + np.log(shortest), np.log(_LEAST))
    return np.sort(np.hstack([body, first + (body[:, -1:] - first) * ramp]), axis=1)


_LEAST = 1e-30
