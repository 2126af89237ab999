"""Every error that valuekit raises on purpose, in one tree.

A message says what is wrong, where, how many, an example, and what to do next. The facts behind it stay on the
error as attributes, and `exit_code` is what the command line returns.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class ValuekitError(Exception):
    """Anything that the user can mend. Subclasses are also the built-in error that code would expect."""

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        self.what, self.where, self.next_step = what, where, next_step
        place = f"{where}: " if where else ""
        advice = f" {next_step}" if next_step else ""
        super().__init__(f"{place}{what}{advice}")

    def __str__(self) -> str:  # KeyError would print the repr of its message
        return str(self.args[0])


class ConfigError(ValuekitError, ValueError):
    """The configuration is wrong; `where` is `file:line`."""


class ExpressionError(ConfigError):
    """An expression from config does not parse, or uses what is not allowed."""


class UnknownNameError(ConfigError, KeyError):
    """A name that does not exist where it was looked up; carries `name` and `known`.

    The advice is the name that is most like it, or else those that are known, unless `next_step` says something better.
    """

    def __init__(self, kind: str, name: object, known: Iterable[str], *, where: str = "", next_step: str = "") -> None:
        self.kind, self.name, self.known = kind, str(name), sorted(known)
        advice = next_step or did_you_mean(self.name, self.known)
        super().__init__(f"there is no {kind} '{self.name}'.", where=where, next_step=advice)


class ContractError(ValuekitError, ValueError):
    """The data break a contract so badly that the run stops."""

    exit_code = 3


class InputError(ValuekitError, ValueError):
    """A file or database cannot be read."""

    exit_code = 4


class EngineError(ValuekitError, RuntimeError):
    """The engine is missing, or a step failed in it."""

    exit_code = 5


class MemoryLimitError(EngineError):
    """The work does not fit into the memory that the engine may use."""


class CheckError(ValuekitError, ValueError):
    """A result fails one of valuekit's own checks, such as the tie-out to the books."""

    exit_code = 6


class NotFittedError(ValuekitError, ValueError, AttributeError):
    """A model is asked for an answer before `fit`."""

    exit_code = 1


class FitError(ValuekitError, ValueError):
    """A model cannot be estimated from these data."""

    exit_code = 6


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the advice that follows an unknown name.

    >>> did_you_mean("amuont", ["amount", "currency"])
    "Did you mean 'amount'?"
    >>> did_you_mean("zzz", ["amount", "currency"])
    'Known: amount, currency.'
    """
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6) or [n for n in names if n.lower() == name.lower()]
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"Known: {', '.join(names)}." if names else "Nothing is known here."
