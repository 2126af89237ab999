"""The logarithm of the beta function, without the noise that differences of large log-gammas have."""

from typing import Any

import numpy as np
from scipy.special import betaln, gammaln

from valuekit.ltv.models.observations import Array

_LARGE = 10.0
"""From here on six terms of Stirling's series give all digits."""
SMOOTH = 100.0
"""Parameters above which differences of log-gammas are noise to a climb."""
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)


def log_beta(a: Any, b: Any) -> Array:
    """Return ln B(a, b); smooth in both, which a maximiser needs, also at 1e7.

    Stirling's formula for ln Gamma, term by term (Didonato and Morris 1992, ACM Algorithm 708, BCORR and ALGDIV).

    >>> log_beta(2.0, np.array([3.0, 1e7])).round(6)
    array([ -2.484907, -32.236191])
    """
    small, large = np.minimum(a, b), np.maximum(a, b)
    if np.all(large < _LARGE):
        return np.asarray(betaln(small, large))
    big = np.maximum(large, _LARGE)
    ratio = -(big - 0.5) * np.log1p(small / big) - small * (np.log(big + small) - 1)
    ratio += _remainder(big) - _remainder(big + small)
    own = np.where(small < _LARGE, gammaln(np.minimum(small, _LARGE)), 0.0)
    first = np.maximum(small, _LARGE)
    both = -first * np.log1p(big / first) - (big - 0.5) * np.log1p(first / big)
    both += 0.5 * np.log(2 * np.pi / first) + _remainder(first) + _remainder(big) - _remainder(first + big)
    return np.asarray(np.select([large < _LARGE, small < _LARGE], [betaln(small, large), own + ratio], both))


def log_beta_step(a: Any, b: Any, t: Any) -> Array:
    """Return ln B(a, b + t) - ln B(a, b), t not negative: its error is that of t steps, however large a and b are.

    >>> log_beta_step(np.array([1.0, 1e7]), np.array([1.0, 3e7]), 1.0).round(6)
    array([-0.693147, -0.287682])
    """
    if np.max(a, initial=0) < SMOOTH and np.max(b, initial=0) < SMOOTH:
        return np.asarray(betaln(a, b + t) - betaln(a, b))
    if np.all(b < _LARGE):
        return np.asarray(log_beta(a, b + t) - log_beta(a, b))
    big = np.maximum(b, _LARGE)
    steps = (big - 0.5) * np.log1p(t / big) - (a + big - 0.5) * np.log1p(t / (a + big)) - t * np.log1p(a / (big + t))
    steps += _remainder(big + t) - _remainder(big) - _remainder(a + big + t) + _remainder(a + big)
    if np.all(b >= _LARGE):
        return np.asarray(steps)
    return np.asarray(np.where(b < _LARGE, log_beta(a, b + t) - log_beta(a, b), steps))


def _remainder(z: Array) -> Array:
    """Stirling's series: ln Gamma(z) less (z - 1/2) ln z - z + ln(2 pi) / 2."""
    square = 1 / np.square(z)
    series = np.zeros(np.shape(z))
    for coefficient in reversed(_STIRLING):
        series = series * square + coefficient
    return np.asarray(series / z)
