"""Sentences with placeholders: the date described, the calendar month so far, the windows."""

import re
from collections.abc import Mapping
from datetime import date

from valuekit.calendar import month_start
from valuekit.engine.expressions import Constant
from valuekit.errors import ConfigError, UnknownNameError

_BRACES = r"\{([^{}]*)\}"


def words(as_of: date, constants: Mapping[str, Constant]) -> dict[str, str]:
    """Return what a sentence may name.

    >>> words(date(2026, 6, 15), {"active_days": 30})
    {'as_of': '15 June 2026', 'month_to_date': '1 to 15 June 2026', 'active_days': '30'}
    """
    so_far = f"{month_start(as_of).day} to {_long(as_of)}"
    return {"as_of": _long(as_of), "month_to_date": so_far} | {k: str(v) for k, v in constants.items()}


def fill(text: str, known: Mapping[str, str], where: str) -> str:
    """Put words in the place of `{names}`; raises `UnknownNameError` for a name that is none.

    Whatever stands between braces is a name; `ConfigError` for a brace without the other one.

    >>> fill("as of {as_of}", {"as_of": "15 June 2026"}, "definition sales")
    'as of 15 June 2026'
    """

    def word(match: re.Match[str]) -> str:
        if match[1] not in known:
            raise UnknownNameError("placeholder", match[1], known, where=where)
        return known[match[1]]

    if re.search("[{}]", re.sub(_BRACES, "", text)):
        raise ConfigError(f"a brace is open in '{text}'.", where=where, next_step="Placeholders look like {as_of}.")
    return re.sub(_BRACES, word, text)


def _long(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"
