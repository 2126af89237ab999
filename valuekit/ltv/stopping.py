"""What comes until it stops: at a steady rate, or else with the horizon."""

from functools import cache

import numpy as np
from scipy.special import gammainc, gammaincinv, ndtr, ndtri

from valuekit.ltv.models.observations import Array


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
    table = _table()
    axes = (np.log(np.maximum(shape, 1e-12)), _SHAPES), (np.log(np.maximum(rate, 1e-12)), _RATES)
    places = [_place(values, grid) for values, grid in (*axes, (ndtri(probability), _SCORES))]
    corners = [np.minimum(place.astype(np.int64), size - 2) for place, size in zip(places, table.shape, strict=True)]
    parts = [place - corner for place, corner in zip(places, corners, strict=True)]
    found = np.zeros(len(probability))
    for sides in np.ndindex(2, 2, 2):
        i, j, k = (corner + side for corner, side in zip(corners, sides, strict=True))
        u, v, w = (part if side else 1 - part for side, part in zip(sides, parts, strict=True))
        found += u * v * w * table[i, j, k]
    return np.exp(found)


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
