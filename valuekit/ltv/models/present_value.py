"""The value today of purchases that come at any time in all the future."""

from collections.abc import Callable

import numpy as np

from valuekit.errors import ConfigError
from valuekit.ltv.models import asked
from valuekit.ltv.models.observations import Array
from valuekit.ltv.units import TimeUnit

_EARLIEST, _LATEST, _STEP = -17.0, 3.75, 0.25
"""Logarithms of times, in multiples of the time in which value falls by e: what lies outside is below 1e-14."""


def force_of_interest(annual_rate: float, per_year: float) -> float:
    """Return the continuous rate of discount per period, of which a year has `per_year`.

    Raises `ConfigError` for a rate that is not above 0: then all the future of some customers has no limit.

    >>> round(force_of_interest(0.10, 12), 5)
    0.00794
    """
    rate = asked.number(annual_rate, "a yearly discount rate", least=-np.inf, next_step="Write 10% as 0.10.")
    if not rate > 0:
        raise ConfigError(
            f"all the future needs a yearly discount rate above 0, not {rate:g}.",
            next_step="Give a rate, or ask for a limited time.",
        )
    return float(np.log1p(rate) / per_year)


def present_value(expected: Callable[[float], Array], annual_rate: float, unit: TimeUnit) -> Array:
    """Return the discounted sum of purchases, given how many are expected in the next `t` (in `unit`), for any `t`.

    With M(t) expected by t and d = ln(1 + rate) per unit, the integral of e^(-d t) dM(t) is, by parts, that of
    d e^(-d t) M(t) dt: a sum of positive terms, by the trapezoid rule on ln t. Raises as `force_of_interest` does.

    >>> present_value(lambda t: np.array([2.0 * t]), 0.10, TimeUnit("week")).round(4)  # 2 a week, for ever
    array([1094.9213])
    """
    force = force_of_interest(annual_rate, unit.per_year)
    at = np.exp(np.arange(_EARLIEST, _LATEST, _STEP))
    return np.asarray(sum(_STEP * u * np.exp(-u) * expected(u / force) for u in at))
