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
    c = np.minimum(alpha, beta)
    length = _cut(shape, alpha, s, beta, start, np.log((c + end) / (c + start)))
    fall = shape * np.log1p((c + start) * np.expm1(length) / (alpha + start))
    fall += (s + 1) * np.log1p((c + start) * np.expm1(length) / (beta + start))
    result = np.empty((5, len(shape)))
    columns = (shape, alpha, beta, start, length)
    chosen = _choose(length, fall)
    for nodes in np.unique(chosen).tolist():
        rows = np.flatnonzero(chosen == nodes)
        for part in np.split(rows, range(_CELLS // nodes, len(rows), _CELLS // nodes)):
            result[:, part] = _integrate(*(v[part, None] for v in columns), s, nodes)
    return Departure(*result)


def _cut(shape: Array, alpha: Array, s: float, beta: Array, start: Array, whole: Array) -> Array:
    """Return how far to integrate in w. Newton's steps on a concave function end beyond its zero: never too short."""
    length = whole.copy()
    c = np.minimum(alpha, beta)
    for _ in range(5):
        step = (c + start) * np.expm1(length)
        left = length - shape * np.log1p(step / (alpha + start)) - (s + 1) * np.log1p(step / (beta + start))
        over = np.flatnonzero(left < -_NEGLIGIBLE)
        if not len(over):
            break
        grown = (c + start + step)[over]
        slope = 1 - shape[over] * grown / (alpha + start + step)[over] - (s + 1) * grown / (beta + start + step)[over]
        length[over] -= (left[over] + _NEGLIGIBLE) / slope
    return length


def _choose(length: Array, fall: Array) -> Array:
    """Return the fewest nodes that are enough for each row."""
    enough = [(length < longest) & (fall < deepest) for _, longest, deepest in _NODES]
    return np.select(enough, [nodes for nodes, _, _ in _NODES])


@cache
def _legendre(nodes: int) -> tuple[Array, Array]:
    x, weight = np.polynomial.legendre.leggauss(nodes)
    return (x + 1) / 2, weight / 2


def _integrate(shape: Array, alpha: Array, beta: Array, start: Array, length: Array, s: float, nodes: int) -> Array:
    """The five columns of `Departure` for rows of one number of nodes; arguments are columns."""
    share, weight = _legendre(nodes)
    c = np.minimum(alpha, beta)
    w = length * share
    y = np.exp(w)
    y *= c + start
    y -= c
    near_alpha, near_beta = alpha + y, beta + y
    log_alpha, log_beta = np.log(near_alpha / alpha), np.log(near_beta / beta)
    w -= shape * log_alpha
    w -= (s + 1) * log_beta
    highest = w.max(axis=1, keepdims=True)
    w -= highest
    density = np.exp(w)
    density *= weight
    total = density.sum(axis=1)
    with np.errstate(divide="ignore"):
        log_integral = highest[:, 0] + np.log((c + start)[:, 0] * length[:, 0] * total)
    means = [np.einsum("ij,ij->i", density, v) / total for v in (log_alpha, log_beta)]
    means += [np.einsum("ij,ij->i", density, 1 / v) / total for v in (near_alpha, near_beta)]
    return np.array([log_integral, *means])
