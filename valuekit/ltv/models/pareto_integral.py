"""The one integral behind Pareto/NBD: when did a customer leave who has been silent since its last purchase?

With R = r + x, the chance to have left at y, between the last purchase t_x and today T, is proportional to

    (1 + y / alpha)^-R (1 + y / beta)^-(s + 1)

Its integral is a difference of two hypergeometric functions (Fader and Hardie 2005, "A Note on Deriving the Pareto/NBD
Model", eqs. 19 and 20), which overflows for frequent buyers and cancels for those who bought of late. Here it is
integrated: all terms are positive, and the same nodes give its slopes by the parameters. On the scale
w = ln((c + y) / (c + t_x)) with c = min(alpha, beta), the integrand is log-concave and analytic for |Im w| < pi, so
that few Gauss-Legendre nodes are exact, however long the silence; it is cut where it has fallen by exp(-40).
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from valuekit.ltv.models.observations import Array

_NEGLIGIBLE = 40.0
"""Fall of the log-integrand below its start after which nothing is left to add: exp(-40) is 4e-18."""
_NODES = ((8, 1.0, 5.0), (12, 2.0, 15.0), (20, 3.0, np.inf), (32, 7.0, np.inf), (64, np.inf, np.inf))
"""Number of nodes that gives 11 digits up to a length in w and a fall of the log-integrand, found by trying."""
_CELLS = 1 << 15
"""Rows times nodes worked on at once: what stays in the cache of a processor."""


@dataclass(frozen=True)
class Departure:
    """Log of the integral per row, and means over the time y of leaving, given that the customer left unseen.

    `log_alpha`, `log_beta`: of ln(1 + y / alpha) and ln(1 + y / beta); `by_alpha`, `by_beta`: of 1 / (alpha + y) and
    1 / (beta + y).
    """

    log_integral: Array
    log_alpha: Array
    log_beta: Array
    by_alpha: Array
    by_beta: Array


def departure(shape: Array, alpha: Any, s: float, beta: Any, start: Array, end: Array) -> Departure:
    """Integrate (1 + y / alpha)^-shape (1 + y / beta)^-(s + 1) from `start` to `end`, one row each.

    Rows with `end` = `start` have a log-integral of minus infinity, and the means at that point.

    >>> one = np.array([1.0])
    >>> np.exp(departure(one, 2.0, 1.0, 2.0, 0 * one, 2 * one).log_integral).round(4)  # of (1 + y / 2)^-3
    array([0.75])
    """
    shape, alpha, beta, start, end = np.broadcast_arrays(shape, alpha, beta, start, end)
    swapped = alpha > beta
    small, large = np.minimum(alpha, beta), np.maximum(alpha, beta)
    by_small, by_large = np.where(swapped, s + 1, shape), np.where(swapped, shape, s + 1)
    length, fall = _cut(by_small, by_large, small, large, start, np.log((small + end) / (small + start)))
    result = np.empty((5, len(shape)))
    columns = (by_small, by_large, small, large, start, length)
    chosen = _choose(length, fall)
    for nodes in np.unique(chosen).tolist():
        rows = np.flatnonzero(chosen == nodes)
        for part in np.split(rows, range(_CELLS // nodes, len(rows), _CELLS // nodes)):
            result[:, part] = _integrate(nodes, *(v[part, None] for v in columns))
    log_integral, log_small, log_large, near_small, near_large = result
    return Departure(
        log_integral,
        np.where(swapped, log_large, log_small),
        np.where(swapped, log_small, log_large),
        np.where(swapped, near_large, near_small),
        np.where(swapped, near_small, near_large),
    )


def _cut(
    by_small: Array, by_large: Array, small: Array, large: Array, start: Array, whole: Array
) -> tuple[Array, Array]:
    """Return how far to integrate in w, and how far the powers have fallen there.

    Newton's steps on a concave function end beyond its zero: never too short.
    """
    length, near = whole.copy(), small + start
    for _ in range(6):
        step = near * np.expm1(length)
        fall = by_small * length + by_large * np.log1p(step / (large + start))
        over = np.flatnonzero(length - fall < -_NEGLIGIBLE)
        if not len(over):
            break
        slope = 1 - by_small[over] - by_large[over] * (near + step)[over] / (large + start + step)[over]
        length[over] -= (length[over] - fall[over] + _NEGLIGIBLE) / slope
    return length, fall


def _choose(length: Array, fall: Array) -> Array:
    """Return the fewest nodes that are enough for each row."""
    enough = [(length < longest) & (fall < deepest) for _, longest, deepest in _NODES]
    return np.select(enough, [nodes for nodes, _, _ in _NODES])


@cache
def unit_legendre(nodes: int) -> tuple[Array, Array]:
    """Return nodes and weights of Gauss-Legendre quadrature from 0 to 1."""
    x, weight = np.polynomial.legendre.leggauss(nodes)
    return (x + 1) / 2, weight / 2


def _integrate(
    nodes: int, by_small: Array, by_large: Array, small: Array, large: Array, start: Array, length: Array
) -> Array:
    """Log-integral and means for rows of one number of nodes, by the smaller scale and by the larger one.

    Each array is a column. On the smaller scale y is a power: ln(1 + y / small) = ln(1 + start / small) + w.
    """
    share, weight = unit_legendre(nodes)
    w = length * share
    growth = np.exp(w)
    near_large = growth * (small + start)
    near_large += large - small
    log_large = np.log(near_large / large)
    first = np.log1p(start / small)
    exponent = w * (1 - by_small)
    exponent -= by_large * log_large
    highest = exponent.max(axis=1, keepdims=True)
    exponent -= highest
    density = np.exp(exponent)
    density *= weight
    total = density.sum(axis=1)
    with np.errstate(divide="ignore"):
        log_integral = (highest - by_small * first)[:, 0] + np.log(((small + start) * length)[:, 0] * total)
    means = [np.einsum("ij,ij->i", density, v) / total for v in (w, log_large, 1 / growth, 1 / near_large)]
    means[0] += first[:, 0]
    means[2] /= (small + start)[:, 0]
    return np.array([log_integral, *means])
