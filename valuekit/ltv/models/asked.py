"""What a model is set to and asked for: numbers within limits, one of a few words, days, each checked in one place."""

from collections.abc import Sequence
from datetime import date
from numbers import Integral
from typing import Any

import numpy as np

from valuekit.calendar import as_day
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.ltv.discounting import is_number
from valuekit.ltv.models.observations import Array, as_floats

LONGEST = 1e9
"""Times ahead beyond which nothing is different: 2.7 million years of days."""

MOST = 1_000_000
"""Events of one customer, above which a number is a date or a mistake, and would fill the memory besides."""


def numbers(
    values: Any, name: str, *, least: float = 0.0, most: float = np.inf, whole: bool = False, next_step: str = ""
) -> Array:
    """Return what a question is asked for as floats; raises `ConfigError` where it is outside the limits.

    >>> numbers([3, 0.5], "a time ahead")
    array([3. , 0.5])
    """
    rule = f"{name} is a {'whole' if whole else 'finite'} number{_limits(least, most)}"
    try:
        given = as_floats(values)
    except (TypeError, ValueError):
        what = repr(values) if isinstance(values, str) else f"a {type(values).__name__}"
        raise ConfigError(f"{rule}, not {what}.", next_step=next_step) from None
    wrong = ~(np.isfinite(given) & (given >= least) & (given <= most))
    if whole:
        wrong |= given != np.floor(given)
    if wrong.any():
        many = f"{np.count_nonzero(wrong)} of {wrong.size} are not, such as " if wrong.size > 1 else "not "
        raise ConfigError(f"{rule}: {many}{given[wrong].flat[0]:g}.", next_step=next_step)
    return given


def number(
    value: Any, name: str, *, least: float = 0.0, most: float = np.inf, whole: bool = False, next_step: str = ""
) -> float:
    """Return the one number that a question is asked for; raises as `numbers` does, and for several.

    >>> number([1, 2], "a rate")
    Traceback (most recent call last):
    ...
    valuekit.errors.ConfigError: a rate is one number, not 2. Ask for each.
    """
    given = numbers(value, name, least=least, most=most, whole=whole, next_step=next_step)
    if given.ndim:
        raise ConfigError(f"{name} is one number, not {given.size}.", next_step="Ask for each.")
    return float(given)


def listed(
    values: Any, name: str, *, least: float = 0.0, most: float = np.inf, whole: bool = False, next_step: str = ""
) -> Array:
    """Return one number or a list of them; raises as `numbers` does, and for a table.

    >>> listed([[1, 2]], "a time ahead")
    Traceback (most recent call last):
    ...
    valuekit.errors.ConfigError: a time ahead is one number or a list of them, not a list of 2 dimensions.
    """
    given = numbers(values, name, least=least, most=most, whole=whole, next_step=next_step)
    if given.ndim > 1:
        kind = type(values).__name__
        raise ConfigError(f"{name} is one number or a list of them, not a {kind} of {given.ndim} dimensions.")
    return given


def require_broadcast(**shapes: Any) -> None:
    """Raise `ConfigError` where lists that are asked for together differ in length.

    >>> require_broadcast(frequency=[1, 2], monetary=3.0)
    >>> require_broadcast(frequency=[1, 2], monetary=[3.0, 4.0, 5.0])
    Traceback (most recent call last):
    ...
    valuekit.errors.ConfigError: frequency has 2 values, monetary has 3. Give as many of each.
    """
    given = {name: np.shape(values) for name, values in shapes.items()}
    try:
        np.broadcast_shapes(*given.values())
    except ValueError:
        sizes = ", ".join(f"{name} has {shape[0]}" for name, shape in given.items() if shape)
        raise ConfigError(f"{sizes.replace(',', ' values,', 1)}.", next_step="Give as many of each.") from None


def check_number(value: Any, name: str, *, least: float = 0.0, most: float = np.inf, whole: bool = False) -> None:
    """Raise `ConfigError` where a setting is no number within its limits; a bool and text are none."""
    fits = is_number(value, Integral) if whole else is_number(value)
    if not fits or isinstance(value, bool) or not (np.isfinite(value) and least <= value <= most):
        raise ConfigError(
            f"a {name} of {value!r} is no {'whole ' * whole}number{_limits(least, most)}{' on' * (most == np.inf)}."
        )


def check_word(value: Any, name: str, known: Sequence[str]) -> None:
    """Raise `UnknownNameError` where a setting is none of the words that are known for it."""
    if value not in known:
        raise UnknownNameError(name, value, known)


def read_window(given: Any) -> list[str] | None:
    """Return the first and last day of the training data as ISO text; raises `ConfigError` for what is no such pair.

    >>> read_window((date(2025, 1, 1), "2025-06-30"))
    ['2025-01-01', '2025-06-30']
    """
    if given is None:
        return None
    try:
        first, last = map(as_day, given)
    except (TypeError, ValueError, ConfigError):
        first, last = date.max, date.min
    if first > last:
        raise ConfigError(
            f"a window is a pair of days, the earlier one first, not {given!r}.",
            next_step="Give two dates, or leave it out.",
        )
    return [first.isoformat(), last.isoformat()]


def _limits(least: float, most: float) -> str:
    return "".join(f" {word} {n:,.10g}" for word, n in (("from", least), ("to", most)) if np.isfinite(n))
