"""What the parts of the page share: the definitions with their names and bits, and the month end that is looked at."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd
import streamlit as st

from valuekit.dashboard import parts, words
from valuekit.dashboard.data import each
from valuekit.dashboard.run import Run
from valuekit.tables.published import TEAMS

MONTHS = "customers/months"
LISTS = "customers/lists"


@dataclass(frozen=True)
class View:
    """A run at a month end."""

    run: Run
    found: pd.DataFrame
    """Definitions, the headline first."""
    complete: dict[date, bool]
    """Month ends, newest first: False for a month that is still running."""
    month: date

    def ask(self, step: str, /, **parameters: Any) -> pd.DataFrame:
        """Ask a step about the months."""
        return self.run.ask(MONTHS, step, **parameters)

    @property
    def months(self) -> list[date]:
        """Month ends, newest first."""
        return list(self.complete)

    @property
    def former(self) -> date | None:
        """The month end before the one that is looked at."""
        return next((m for m in self.months if m < self.month), None)

    @property
    def latest(self) -> bool:
        """True at the as-of date, where every fact is known."""
        return self.month == self.months[0]

    @cached_property
    def countable(self) -> pd.DataFrame:
        """The definitions that can count somebody."""
        return self.found[self.found["not_countable"].isna()].set_index("definition", drop=False)

    def names(self, kind: str = "") -> dict[str, str]:
        """Name the countable definitions of a kind, or all."""
        return {d.definition: named(d) for d in each(self.countable) if kind in ("", d.kind)}

    def bit(self, definition: str) -> int:
        """Return the bit of a definition in every sum of definitions; 0 when it counts nobody."""
        return int(self.countable["bit"].get(definition, 0))

    def explains(self, definition: str) -> int:
        """Return the reasons that can explain why a definition does not count a party."""
        return int(self.countable["reason_bits"][definition])

    def teams(self) -> list[str]:
        """Return the headline and the four teams' definitions, as far as they can be counted."""
        headline = list(self.countable.loc[self.countable["headline"], "definition"])
        return headline + [t for t in TEAMS if t in self.countable.index and t not in headline]


def named(one: Any) -> str:
    """Name a definition with its team; the headline and a whole system need none."""
    return words.definition(one.owner, one.label, headline=bool(one.headline) or one.kind == "system")


def open_view(run: Run) -> View | None:
    """Read the definitions and let the reader choose the month end; says what to do when there is nothing."""
    found = run.ask("customers/months", "definitions")
    if found.empty:
        parts.empty(
            "No definitions were published",
            "Add some under `lifecycle.definitions` in the configuration, and run again.",
        )
        return None
    ends = run.ask(MONTHS, "ends")
    complete = {e.as_of.date(): bool(e.complete) for e in each(ends)} or {run.as_of: True}
    return View(run, found, complete, pick_month("As of", complete, key="as_of"))


def pick_month(label: str, complete: dict[date, bool], *, key: str, default: int = 0) -> date:
    """Let the reader choose one of the month ends; the choice stands in the address."""
    days = {m.isoformat(): m for m in complete}
    chosen = st.selectbox(
        label,
        list(days),
        index=min(default, len(days) - 1),
        format_func=lambda d: month_name(days[d], complete),
        key=key,
        bind="query-params",
        width=260,
    )
    return days[str(chosen)]


def month_name(month: date, complete: dict[date, bool]) -> str:
    """Write a month end; a month that is still running says so."""
    return words.day(month) + ("" if complete[month] else " (still running)")


def pick_definition(label: str, names: dict[str, str], *, key: str, default: str) -> str:
    """Let the reader choose one definition."""
    keys = list(names)
    at = keys.index(default) if default in keys else 0
    return str(st.selectbox(label, keys, index=at, format_func=names.__getitem__, key=key, bind="query-params"))
