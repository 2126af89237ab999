"""The days of the past that a backtest foretells from, and the names of what it judges, as somebody types them."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from numbers import Integral
from typing import Any

from valuekit.calendar import as_day
from valuekit.errors import ConfigError
from valuekit.ltv.discounting import is_number

_WHERE = "backtest"


def origin_days(origins: Any, ahead: Any, unit: str, back: Callable[[int], date]) -> list[date]:
    """Return the origins in order, each once: the days given, or so many of them as `back` counts from the last one.

    `ahead` is how many of a `unit` are foretold. Raises `ConfigError` for what is no day and no number from 1 on.

    >>> origin_days(2, 30, "day", lambda n: date(2026, 6, 30 - n))
    [datetime.date(2026, 6, 28), datetime.date(2026, 6, 29)]
    """
    counted = is_number(origins, Integral)
    if not counted and (isinstance(origins, str) or not hasattr(origins, "__iter__")):
        raise ConfigError(
            f"origins are days, or how many of them, not {origins!r}.",
            where=_WHERE,
            next_step="Write origins=3, or origins=['2026-06-30'].",
        )
    given = range(origins, 0, -1) if counted else list(origins)
    if not (is_number(ahead, Integral) and ahead >= 1 and len(given)):
        raise ConfigError(f"a backtest needs an origin and a {unit} to foretell, at least.", where=_WHERE)
    if isinstance(given, range):
        return _counted(given, ahead, unit, back)
    _counted(range(1, 2), ahead, unit, back)  # refuses what is longer than the calendar
    return sorted(set(map(as_day, given)))


def another_day(day: date | None, ahead: int, unit: str) -> str:
    """Return what to do where too few are there at an origin: `day` has enough of them, if any has.

    >>> another_day(date(2025, 1, 31), 12, "month")
    "Foretell from a day with more of them, the first at a month end: origins=['2025-01-31']."
    >>> another_day(None, 12, "month")
    'There is no day with so many, and 12 months after it.'
    """
    if day is None:
        return f"There is no day with so many, and {ahead} {unit}s after it."
    return f"Foretell from a day with more of them, the first at a month end: origins=['{day}']."


def in_command(advice: str) -> str:
    """Return what Python is told of origins as somebody types it in the command.

    >>> in_command(another_day(date(2025, 1, 31), 12, "month"))
    'Foretell from a day with more of them, the first at a month end: --at 2025-01-31.'
    """
    return re.sub(r"origins=\['([0-9-]+)'\]", r"--at \1", advice)


def ask_less(origins: Sequence[Any], unit: str) -> str:
    """Return what to do where the data do not hold so many `unit`s after each origin.

    >>> ask_less(["2025-01-31"], "month")
    'Ask for fewer months (--days in the command).'
    """
    fewer = f"for fewer {unit}s{' (--days in the command)' if unit == 'month' else ''}."
    return f"Ask for fewer origins, or {fewer}" if len(origins) > 1 else f"Ask {fewer}"


def other_days(origins: Any, chosen: Sequence[date], first: date | None, last: date, latest: date, unit: str) -> str:
    """Return what to do where data of `first` to `last` do not bear out the origins `chosen`; `latest` is the last to.

    >>> days = date(2024, 1, 31), date(2025, 6, 30), date(2024, 6, 30)
    >>> other_days(["2030-01-01"], [date(2030, 1, 1)], *days, "day")
    "Name days from 2024-01-31 to 2024-06-30: origins=['2024-06-30']."
    >>> other_days(["2025-01-01"], [date(2025, 1, 1)], *days, "day")
    'Ask for fewer days.'
    """
    if first is None or is_number(origins, Integral) or all(first <= day < last for day in chosen):
        return ask_less(chosen, unit)
    if first <= latest:
        return f"Name days from {first} to {latest}: origins=['{latest}']."
    return f"Name days from {first} on and before {last}. {ask_less(chosen, unit)}"


def _counted(numbers: range, ahead: int, unit: str, back: Callable[[int], date]) -> list[date]:
    try:
        return [back(number) for number in numbers]
    except (OverflowError, ValueError):  # what Python says of days before the year 1
        raise ConfigError(
            f"{len(numbers)} times {ahead} {unit}s reach back beyond the first day of the calendar.",
            where=_WHERE,
            next_step=ask_less(numbers, unit),
        ) from None


def model_names(models: Any) -> Sequence[Any]:
    """Return names of models as a list; a single name is a list of one. Raises `ConfigError` for what is none.

    >>> model_names("bg_nbd")
    ['bg_nbd']
    """
    if not (isinstance(models, str) or hasattr(models, "__iter__")):
        raise ConfigError(f"models are a list of names, not {models!r}.", where=_WHERE)
    return [models] if isinstance(models, str) else list(dict.fromkeys(models))
