"""The expectations behind every beta-geometric answer: how far a customer gets before dropping out.

A customer buys at rate lambda ~ Gamma(s, rate beta) and drops out after a purchase with probability p ~ Beta(a, b).
With p fixed, the customer is alive after `t` with probability exp(-lambda p t). Expected purchases and expected time
alive are then both this mean over p, with tau = t / beta:

    g(s, tau) = E[(1 - (1 + p tau)^-s) / (s p)]          expected purchases  = s g(s, tau)
                                                         expected time alive = beta g(s - 1, tau)

Its closed form is equation 9 of Fader, Hardie and Lee (2005, Marketing Science 24(2)). It overflows for frequent buyers
and cancels near a = 1 and for short times; there the mean itself is integrated, whose terms are all positive. So are
those of the second factorial moment, which has no closed form that does not cancel. With z = lambda p t:

    E[N (N - 1)] = E[2 (1 - p) / p^2 (1 - e^-z (1 + z))]

Every argument may be one number or one per customer.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, hyp2f1

Array = npt.NDArray[np.float64]

_LARGE = 200.0
"""Sum of s and b beyond which powers in the closed form may overflow."""
_SMALL = 1e-4
"""Size of the closed form's difference from 1 below which it has lost a third of its digits."""
_NODES = 193
"""Quadrature nodes: more of them change no result by more than 1e-10 of itself, for a and b from 0.01 to 1,000."""
_FEW_NODES, _ALIKE = 65, 0.2
"""Nodes where customers are nearly alike in p, and the deviation of its logit up to which they are."""
_DEEP, _WIDE = 36.0, 9.0
"""A tail is cut where it has fallen by e^-36, or at nine deviations: below rounding."""
_DRAWN = 4.0
"""With a from here on, the integrand's growth towards p = 0 cannot draw the mass away from the density's centre."""
_CHUNK = 128
"""Customers integrated at once: their nodes stay in the processor's cache."""
TINY = 1e-100
"""Every integrand has reached its limit at p = 0 long before this p, whose square is still a number."""


def gain(s: Array, tau: Array, a: Array | float, b: Array) -> Array:
    """Return g(s, tau): by the closed form where it is exact, by quadrature where it would cancel or overflow.

    >>> gain(np.array([2.0, 2.0]), np.array([0.0, 3.0]), 0.8, np.array([2.0, 2.0])).round(6)
    array([0.      , 1.547971])
    """
    shape, (s, tau, a, b) = _flat(s, tau, a, b)
    hard = (s + a + b > _LARGE) | (abs(a - 1) * np.abs(s) * np.minimum(tau, 1.0) < _SMALL * (a + b))
    result = np.empty(s.shape)
    easy = ~hard
    result[easy] = gain_closed(s[easy], tau[easy], a[easy], b[easy])
    hard[easy] = ~(np.isfinite(result[easy]) & (result[easy] >= 0))
    result[hard] = gain_quadrature(s[hard], tau[hard], a[hard], b[hard])
    return result.reshape(shape)


def gain_closed(s: Array, tau: Array, a: Array | float, b: Array) -> Array:
    """Return g(s, tau) by Gauss's hypergeometric function; may overflow."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        decay = np.exp(-s * np.log1p(tau)) * hyp2f1(s, b, a + b - 1, tau / (1 + tau))
        return np.asarray((a + b - 1) / ((a - 1) * s) * (1 - decay))


def gain_quadrature(s: Array, tau: Array, a: Array | float, b: Array) -> Array:
    """Return g(s, tau) as the mean over p."""
    return _mean_over_p(_saved, s, tau, a, b)


def pairs(s: Array, tau: Array, a: Array | float, b: Array) -> Array:
    """Return E[N (N - 1)], ordered pairs of purchases within `t`: with it, variance = pairs + mean - mean^2.

    >>> pairs(np.array([2.0]), np.array([3.0]), 0.8, np.array([2.0])).round(4)
    array([16.3751])
    """
    return _mean_over_p(_paired, s, tau, a, b)


def mean_ratio(tau: Array, a: Array | float, b: Array) -> Array:
    """Return E[1 / (1 + p tau)], the chance to be alive after an exponential time.

    >>> mean_ratio(np.array([3.0]), 1.0, np.array([1.0])).round(6)  # ln(4) / 3
    array([0.462098])
    """
    return _mean_over_p(lambda _, tau, p: 1 / (1 + p * tau), np.ones(1), tau, a, b)


def _flat(*arguments: Array | float) -> tuple[tuple[int, ...], list[Array]]:
    shape = np.broadcast_shapes(*(np.shape(v) for v in arguments))
    return shape, [np.broadcast_to(np.asarray(v, float), shape).ravel() for v in arguments]


Integrand = Callable[[Array, Array, Array], Array]


def _mean_over_p(integrand: Integrand, s: Array, tau: Array, a: Array | float, b: Array) -> Array:
    """Integrate by the trapezoid rule on the logit of p, nodes spread by sinh."""
    shape, flat = _flat(s, tau, a, b)
    result = np.empty(flat[0].shape)
    for start in range(0, len(result), _CHUNK):
        part = slice(start, start + _CHUNK)
        result[part] = _quadrature(integrand, *(v[part, None] for v in flat))
    return result.reshape(shape)


def _quadrature(integrand: Integrand, s: Array, tau: Array, a: Array, b: Array) -> Array:
    """Nodes are dense from where the integrand bends, p = 1 / (1 + s tau), to the density's centre."""
    centre = np.log(np.maximum(a, 1)) - np.log(np.maximum(b, 1))
    width = np.minimum(1.0, np.sqrt(1 / a + 1 / b))
    bend = np.where(a < _DRAWN, np.maximum(0, centre + np.log1p(np.maximum(s, 1) * tau)), 0.0)
    middle, scale = centre - bend / 2, width + bend / 5
    below = _WIDE * width + bend / 2 + _DEEP / np.where(a < _DRAWN, a, a - 2)
    above = _WIDE * width + bend / 2 + _DEEP / b
    low, high = -np.arcsinh(below / scale), np.arcsinh(above / scale)
    # A density that is narrow and far from p = 0 is nearly normal, with an integrand that hardly bends across it.
    nodes = _FEW_NODES if np.all((width <= _ALIKE) & (a >= _DRAWN)) else _NODES
    step = (high - low) / (nodes - 1)
    grown = np.exp(low + step * np.arange(nodes))
    u = middle + scale * (grown - 1 / grown) / 2
    small = np.exp(-np.abs(u))
    p = np.where(u > 0, 1.0, small) / (1 + small)
    density = np.exp(a * np.minimum(u, 0) - b * np.maximum(u, 0) - (a + b) * np.log1p(small) - betaln(a, b))
    total = (density * integrand(s, tau, p) * (grown + 1 / grown)).sum(axis=1)
    return np.asarray(total * (scale * step / 2)[:, 0])


def _saved(s: Array, tau: Array, p: Array) -> Array:
    """(1 - (1 + p tau)^-s) / (s p), whose limits at s = 0 and p = 0 are finite."""
    p = np.maximum(p, TINY)
    log_growth = np.log1p(p * tau)
    safe = np.where(s == 0, 1.0, s)
    return np.asarray(np.where(s == 0, log_growth, -np.expm1(-safe * log_growth) / safe) / p)


def _paired(s: Array, tau: Array, p: Array) -> Array:
    """2 (1 - p) / p^2 (1 - E[e^-z (1 + z)]): with l = ln(1 + p tau), a sum of two positive terms at z = s l."""
    p = np.maximum(p, TINY)
    growth = np.log1p(p * tau)
    z = s * growth
    return np.asarray(2 * (1 - p) * (_second_event(z) + s * np.exp(-z) * _curve(growth)) / p**2)


def _second_event(z: Array) -> Array:
    """1 - e^-z (1 + z): the probability of two events or more where z are expected."""
    series = z**2 * (1 / 2 - z * (1 / 3 - z * (1 / 8 - z * (1 / 30 - z * (1 / 144 - z * (1 / 840 - z / 5760))))))
    return np.where(z < 0.03, series, -np.expm1(-z) - z * np.exp(-z))


def _curve(x: Array) -> Array:
    """e^-x - 1 + x, for x from 0."""
    series = x**2 / 2 * (1 - x / 3 * (1 - x / 4 * (1 - x / 5 * (1 - x / 6 * (1 - x / 7 * (1 - x / 8))))))
    return np.where(x < 0.03, series, np.expm1(-x) + x)
