"""Smooth curves read at many points: a few exact values, and a polynomial between them that is as good."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.fft import dct

from valuekit.ltv.models.observations import Array

Whole = npt.NDArray[np.int64]

_NODES = (16, 32, 64, 128)
"""Chebyshev nodes that are tried in turn, each where it saves at least half of the exact values."""
_NEGLIGIBLE = 1e-11
"""Size of the last quarter of a curve's coefficients from which it is taken as found."""
_BLOCK = 4096
"""Points whose coefficients stay in the processor's cache."""


def interpolate(exact: Callable[[Whole, Array], Array], curve: Whole, x: Array) -> Array:
    """Return `exact(curve, x)` for points x from 0, each on one of several curves, that are positive and smooth.

    The logarithm of a curve is a Chebyshev series in ln x between its lowest and its highest point; its coefficients
    fall geometrically where it is smooth (Trefethen 2013, Approximation Theory and Approximation Practice, ch. 8), and
    the size of the last of them is the relative error. Curves with few points, or too many bends, are computed exactly.

    >>> curve, x = np.arange(200) % 2, np.linspace(0.1, 9, 200)
    >>> exact = lambda curve, x: np.where(curve == 0, x**2, np.exp(-x))
    >>> bool(np.allclose(interpolate(exact, curve, x), exact(curve, x), rtol=1e-10, atol=0))
    True
    """
    result, left = np.empty(len(x)), np.ones(len(x), dtype=bool)
    size = np.bincount(curve)
    positive = x > 0
    with np.errstate(divide="ignore"):
        log_x = np.log(x)
    low, high = np.full(len(size), np.inf), np.full(len(size), -np.inf)
    np.minimum.at(low, curve[positive], log_x[positive])
    np.maximum.at(high, curve[positive], log_x[positive])
    curves = np.flatnonzero(high > low)
    for nodes in _NODES:
        curves = curves[size[curves] >= 2 * nodes]
        if not len(curves):
            break
        series = _series(exact, curves, low, high, nodes)
        found = np.all(np.abs(series[:, -(nodes // 4) :]) < _NEGLIGIBLE, axis=1)
        place = np.full(len(size), -1)
        place[curves[found]] = np.arange(np.count_nonzero(found))
        here = np.flatnonzero((place[curve] >= 0) & positive)
        at = curve[here]
        scaled = (2 * log_x[here] - low[at] - high[at]) / (high[at] - low[at])
        result[here] = np.exp(_sum(series[found], place[at], scaled))
        left[here] = False
        curves = curves[~found]
    result[left] = exact(curve[left], x[left])
    return result


def _series(exact: Callable[[Whole, Array], Array], curves: Whole, low: Array, high: Array, nodes: int) -> Array:
    """Return the coefficients of ln of each curve; NaN where it is 0 somewhere."""
    cosines = np.cos(np.pi * (np.arange(nodes) + 0.5) / nodes)
    middle, half = (high[curves] + low[curves]) / 2, (high[curves] - low[curves]) / 2
    at = np.exp(middle[:, None] + half[:, None] * cosines)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(exact(np.repeat(curves, nodes), at.ravel())).reshape(at.shape)
        series = dct(values, axis=1) / nodes
    series[:, 0] /= 2
    return np.asarray(series)


def _sum(series: Array, which: Whole, x: Array) -> Array:
    """Sum Chebyshev series at points by Clenshaw's recurrence, block by block."""
    result, by_term = np.empty(len(x)), np.ascontiguousarray(series.T)
    for start in range(0, len(x), _BLOCK):
        part = slice(start, start + _BLOCK)
        terms, twice = by_term[:, which[part]], 2 * x[part]
        now, before = np.zeros(len(twice)), np.zeros(len(twice))
        for term in terms[:0:-1]:
            now, before = term + twice * now - before, now
        result[part] = terms[0] + x[part] * now - before
    return result
