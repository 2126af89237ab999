"""The one expectation behind every beta-geometric answer: how far a customer gets before dropping out.

A customer buys at rate lambda ~ Gamma(s, scale 1/alpha) and drops out after a purchase with probability p ~ Beta(a, b).
With p fixed, the customer is alive after `t` with probability exp(-lambda p t). Expected purchases and expected time
alive are then both this mean over p, with tau = t / alpha:

    g(s, tau) = E[(1 - (1 + p tau)^-s) / (s p)]          expected purchases  = s g(s, tau)
                                                         expected time alive = alpha g(s - 1, tau)

Its closed form is equation 9 of Fader, Hardie and Lee (2005, Marketing Science 24(2)). It overflows for frequent buyers
and cancels near a = 1 and for short times; there the mean itself is integrated, whose terms are all positive.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, expit, hyp2f1, log_expit

Array = npt.NDArray[np.float64]

_LARGE = 200.0
"""Sum of s and b beyond which powers in the closed form may overflow."""
_SMALL = 1e-8
"""Size of the closed form's difference from 1 below which it has lost half of its digits."""
_NODES = 257
"""Quadrature nodes: doubling them changes no result by more than 1e-10 of itself for a > 0.01."""
_NARROW, _NARROW_NODES = 50.0, 49
"""With a and b above 50, p is nearly normal on the logit scale, and 49 nodes over ten deviations do."""
_CHUNK = 4096


def gain(s: Array, tau: Array, a: float, b: Array) -> Array:
    """Return g(s, tau): by the closed form where it is exact, by quadrature where it would cancel or overflow.

    >>> gain(np.array([2.0, 2.0]), np.array([0.0, 3.0]), 0.8, np.array([2.0, 2.0])).round(6)
    array([0.      , 1.547971])
    """
    shape = np.broadcast_shapes(np.shape(s), np.shape(tau), np.shape(b))
    s, tau, b = (np.broadcast_to(np.asarray(v, float), shape).ravel() for v in (s, tau, b))
    hard = (s + b > _LARGE) | (abs(a - 1) * np.abs(s) * tau < _SMALL * (a + b))
    result = np.empty(s.shape)
    easy = ~hard
    result[easy] = gain_closed(s[easy], tau[easy], a, b[easy])
    hard[easy] = ~(np.isfinite(result[easy]) & (result[easy] >= 0))
    result[hard] = gain_quadrature(s[hard], tau[hard], a, b[hard])
    return result.reshape(shape)


def gain_closed(s: Array, tau: Array, a: float, b: Array) -> Array:
    """Return g(s, tau) by Gauss's hypergeometric function; may overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        decay = np.exp(-s * np.log1p(tau)) * hyp2f1(s, b, a + b - 1, tau / (1 + tau))
        return np.asarray((a + b - 1) / ((a - 1) * s) * (1 - decay))


def gain_quadrature(s: Array, tau: Array, a: float, b: Array) -> Array:
    """Return g(s, tau) by the trapezoid rule on the logit of p, nodes spread by sinh: every term is positive."""
    result = np.empty(s.shape)
    narrow = np.minimum(a, b) > _NARROW
    for rows, nodes in ((np.flatnonzero(narrow), _NARROW_NODES), (np.flatnonzero(~narrow), _NODES)):
        for part in np.split(rows, range(_CHUNK, len(rows), _CHUNK)):
            result[part] = _quadrature(s[part, None], tau[part, None], a, b[part, None], nodes)
    return result


def _quadrature(s: Array, tau: Array, a: float, b: Array, nodes: int) -> Array:
    centre = np.log(a) - np.log(b)
    width = np.minimum(1.0, np.sqrt(1 / a + 1 / b))
    reach = _reach(s, tau, np.minimum(a, b)) / width
    v = np.linspace(-1, 1, nodes) * np.arcsinh(reach)
    u = centre + width * np.sinh(v)
    density = np.exp(a * log_expit(u) + b * log_expit(-u) - betaln(a, b))
    step = 2 * np.arcsinh(reach) / (nodes - 1)
    return np.asarray((density * _saved(s, tau, expit(u)) * width * np.cosh(v) * step).sum(axis=1))


def _reach(s: Array, tau: Array, smaller: Array) -> Array:
    """How far from the centre, in logits, p matters: ten deviations of a normal, or the long tail of an exponential."""
    wide = 50 / np.minimum(smaller, 1) + np.log1p(np.abs(s) * tau)
    return np.asarray(np.where(smaller > _NARROW, 10 * np.sqrt(2 / smaller), wide))


def _saved(s: Array, tau: Array, p: Array) -> Array:
    """(1 - (1 + p tau)^-s) / (s p), whose limits at s = 0 and p = 0 are finite."""
    p = np.maximum(p, np.finfo(float).tiny)
    log_growth = np.log1p(p * tau)
    safe = np.where(s == 0, 1.0, s)
    return np.asarray(np.where(s == 0, log_growth, -np.expm1(-safe * log_growth) / safe) / p)
