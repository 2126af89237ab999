"""What the JSON of a model may say: a file that was damaged or changed by hand is refused, not believed."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np

from valuekit.ltv.models.observations import Array


def check_state(state: Mapping[str, Any]) -> None:
    """Raise `ValueError` where something in a model's state is not of its kind; None: it was not learned.

    >>> check_state({"log_likelihood_": -1.5, "observations_": 0})
    Traceback (most recent call last):
    ...
    ValueError: observations_ is no number above 0
    """
    for name, (holds, what) in _KINDS.items():
        value = state.get(name)
        if value is not None and not holds(value):
            raise ValueError(f"{name} is no {what}")
    if (state.get("log_likelihood_") is None) != (state.get("observations_") is None):
        raise ValueError("it has one of log_likelihood_ and observations_, which belong together")


def read_covariance(value: Any, parameters: int) -> Array | None:
    """Return a covariance as an array; raises `ValueError` where it is no square of so many parameters."""
    if value is None:
        return None
    covariance = np.array(value, dtype=np.float64)
    if covariance.shape != (parameters, parameters):
        size = " x ".join(map(str, covariance.shape)) or "a number"
        raise ValueError(f"covariance_ is {size}, not {parameters} x {parameters}")
    if not np.all(np.isfinite(covariance)) or np.any(np.diag(covariance) < 0):
        raise ValueError("covariance_ has a variance below 0, or something that is no number")
    return covariance


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value))


def _is_window(value: Any) -> bool:
    if not (isinstance(value, list) and len(value) == 2 and all(isinstance(day, str) for day in value)):
        return False
    try:
        first, last = map(date.fromisoformat, value)
    except ValueError:
        return False
    return first <= last


_KINDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "settings": (lambda value: isinstance(value, dict), "list of values by name"),
    "parameters_": (lambda value: isinstance(value, dict), "list of values by name"),
    "log_likelihood_": (_is_finite, "number"),
    "observations_": (lambda value: _is_finite(value) and value > 0, "number above 0"),
    "window_": (_is_window, "pair of days, the earlier one first"),
    "fingerprint_": (lambda value: isinstance(value, str), "text"),
    "convergence_": (lambda value: isinstance(value, dict), "report by name"),
    "k_": (lambda value: isinstance(value, int) and value >= 1, "whole number from 1 on"),
    "mean_spend_": (_is_finite, "number"),
    "independence_": (lambda value: isinstance(value, dict), "report by name"),
}
"""What each part of the state must be, and its words."""
