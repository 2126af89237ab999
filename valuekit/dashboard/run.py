"""The run that the pages show: opened once, asked through bounded caches that are keyed by the run."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa
import streamlit as st

from valuekit.calendar import FiscalCalendar
from valuekit.cashflow import Concentration
from valuekit.dashboard import data, words
from valuekit.engine import DatabaseError, Engine
from valuekit.errors import ValuekitError
from valuekit.money import show
from valuekit.segments import grid
from valuekit.snapshot import Manifest, Snapshot
from valuekit.tables.published import CUSTOMER_STAGES

Parameters = tuple[tuple[str, Any], ...]
Answer = TypeVar("Answer")


def folder() -> Path:
    """Return where the snapshots are: VALUEKIT_SNAPSHOT, or the first argument after `--`, or `runs`."""
    argument = next((a for a in sys.argv[1:] if not a.startswith("-")), "")
    return Path(os.environ.get("VALUEKIT_SNAPSHOT") or argument or "runs")


@st.cache_data(ttl=15, max_entries=8, show_spinner=False)
def find(place: Path) -> list[tuple[Path, Manifest]]:
    """List the runs in a folder and the folders in it, newest first; of one snapshot, itself and then its siblings."""
    if (place / "manifest.json").is_file():
        found = [Snapshot.open(place)]
        with suppress(ValuekitError):  # a damaged neighbour does not hide the run that was asked for
            found += [s for s in Snapshot.list(place.parent) if s.path.name != place.name]
    else:
        found = [s for folder in (place, *sorted(place.glob("*/"))) for s in Snapshot.list(folder)]
        found.sort(key=lambda s: (s.manifest.created_at, s.manifest.run_id), reverse=True)
    return [(s.path, s.manifest) for s in found]


@dataclass(frozen=True)
class _Opened:
    """A snapshot with the number of its opening, which tells apart what was made in its engine."""

    snapshot: Snapshot
    number: int

    def engine(self) -> Engine:
        return self.snapshot.engine()

    def close(self) -> None:
        self.snapshot.close()


_numbers: Iterator[int] = count()


@st.cache_resource(max_entries=8, show_spinner=False, on_release=_Opened.close)
def _open(path: Path, run_id: str) -> _Opened:
    return _Opened(Snapshot.open(path), next(_numbers))


@st.cache_data(max_entries=400, ttl="2h", show_spinner=False)
def _ask(path: Path, run_id: str, page: str, step: str, parameters: Parameters, slots: Parameters) -> pd.DataFrame:
    with _open(path, run_id).engine() as engine:
        return data.ask(engine, page, step, _unfreeze(parameters), **dict(slots))


@st.cache_data(max_entries=200, ttl="2h", show_spinner=False)
def _listed(path: Path, run_id: str, step: str, page: str, of: str, parameters: Parameters) -> pd.DataFrame:
    with _open(path, run_id).engine() as engine:
        return data.listed(engine, step, page, of, _unfreeze(parameters))


@st.cache_data(max_entries=100, ttl="2h", show_spinner=False)
def _told(path: Path, run_id: str, name: str, arguments: tuple[Any, ...], _question: Callable[..., Any]) -> Any:
    found = _question(_open(path, run_id).snapshot, *arguments)
    return data.plain(found) if isinstance(found, pa.Table) else found


@st.cache_data(max_entries=200, ttl="2h", show_spinner=False)
def _consensus(path: Path, run_id: str, weights: Parameters, most: int) -> pd.DataFrame:
    with _open(path, run_id).engine() as engine:
        return data.consensus(engine, dict(weights), most=most)


@st.cache_data(max_entries=32, ttl="2h", show_spinner=False)
def _whale(path: Path, run_id: str, since: date, recent: bool) -> tuple[Concentration, pd.DataFrame]:
    with _open(path, run_id).engine() as engine:
        return data.whale(engine, since, recent=recent)


@st.cache_data(max_entries=32, ttl="2h", show_spinner=False)
def _grid(path: Path, run_id: str) -> pd.DataFrame:
    with _open(path, run_id).engine() as engine:
        return data.plain(grid(engine))


@dataclass(frozen=True)
class _Made:
    engine: Engine
    table: str

    def drop(self) -> None:
        with suppress(DatabaseError):  # the snapshot may have been let go of before
            self.engine.drop(self.table)
        self.engine.close()


@st.cache_resource(max_entries=8, show_spinner=False)
def _prepared(opened: int, _snapshot: _Opened) -> int:
    with _snapshot.engine() as engine:
        data.prepare_values(engine, CUSTOMER_STAGES)
    return opened


@st.cache_resource(max_entries=16, ttl="2h", show_spinner=False, on_release=_Made.drop)
def _scenario(prepared: int, scenario: data.Scenario, _snapshot: _Opened) -> _Made:
    """Make the values of a scenario in the engine of an opened snapshot."""
    engine = _snapshot.engine()
    return _Made(engine, data.make_values(engine, scenario))


@dataclass(frozen=True)
class Run:
    """One published run, as the pages see it."""

    path: Path
    manifest: Manifest

    @property
    def settings(self) -> data.Settings:
        """The settings it was made with."""
        return data.settings(self.manifest)

    @property
    def as_of(self) -> date:
        """The date described."""
        return self.manifest.as_of

    @property
    def currency(self) -> str:
        """The reporting currency."""
        return self.manifest.currency

    @property
    def calendar(self) -> FiscalCalendar:
        """The company's fiscal calendar."""
        return FiscalCalendar.of(self.manifest.config.get("company", {}))

    @property
    def last_12_months(self) -> date:
        """First of the twelve months that end with the month of the as-of date."""
        return self.calendar.year_to(self.as_of)

    def made(self, make: Callable[..., Answer], *arguments: Any) -> Answer:
        """Make something from the snapshot and what lies beside it, anew each time."""
        return make(_open(self.path, self.manifest.run_id).snapshot, *arguments)

    def others(self) -> list[tuple[Path, Manifest]]:
        """List the other runs of the same company, newest first."""
        found = find(folder())
        return [(p, m) for p, m in found if m.company == self.manifest.company and m.run_id != self.manifest.run_id]

    def money(self, amount: words.Number, *, exact: bool = False) -> str:
        """Write an amount in the reporting currency: abbreviated for cards, or exact."""
        return show(amount, self.currency, short=not exact)

    def ask(self, page: str, step: str, /, **parameters: Any) -> pd.DataFrame:
        """Ask a step of a page's `.sql` file; a parameter `scenario` names the values that the step reads."""
        scenario = parameters.pop("scenario", None)
        slots = (("scenario", self._values(scenario)),) if scenario else ()
        return _ask(self.path, self.manifest.run_id, page, step, _freeze(parameters), slots)

    def one(self, page: str, step: str, /, **parameters: Any) -> Any:
        """Ask a step that gives one row, and return it with its columns as attributes."""
        return next(self.ask(page, step, **parameters).itertuples(index=False))

    def parties(self, page: str, of: str, /, *, rows: int, **parameters: Any) -> pd.DataFrame:
        """Return the parties that a step of a page's `.sql` file names, with what matters of them."""
        given = _freeze({**parameters, "rows": rows})
        return _listed(self.path, self.manifest.run_id, "parties", page, of, given)

    def party_count(self, page: str, of: str, /, **parameters: Any) -> Any:
        """Count the parties that a step of a page's `.sql` file names, and add up their lifetime value."""
        found = _listed(self.path, self.manifest.run_id, "party_count", page, of, _freeze(parameters))
        return next(found.itertuples(index=False))

    def read(self, question: Callable[..., pa.Table], *arguments: Any) -> pd.DataFrame:
        """Ask a question of the read side whose answer is a table: a function of the snapshot."""
        found: pd.DataFrame = self.told(question, *arguments)
        return found

    def told(self, question: Callable[..., Answer], *arguments: Any) -> Answer:
        """Ask a question of the read side: a function of the snapshot, whose answer is kept."""
        name = f"{question.__module__}.{question.__qualname__}"
        answer: Answer = _told(self.path, self.manifest.run_id, name, arguments, question)
        return answer

    def consensus(self, weights: dict[str, float], most: int) -> pd.DataFrame:
        """Return the best customers under other weights of the measures."""
        return _consensus(self.path, self.manifest.run_id, tuple(sorted(weights.items())), most)

    def whale(self, *, recent: bool) -> tuple[Concentration, pd.DataFrame]:
        """Return where net cash comes from, and the whale curve, of the last 12 months or of all."""
        return _whale(self.path, self.manifest.run_id, self.last_12_months, recent)

    def grid(self) -> pd.DataFrame:
        """Return lifecycle stage by value tier, empty cells included."""
        return _grid(self.path, self.manifest.run_id)

    def years(self) -> pd.DataFrame:
        """Return current customers' expected cash by stream (`key`) and year (columns 1 to 10), not discounted."""
        opened = _open(self.path, self.manifest.run_id)
        _prepared(opened.number, opened)
        return self.ask("value/worth", "years")

    def _values(self, scenario: data.Scenario) -> str:
        opened = _open(self.path, self.manifest.run_id)
        return _scenario(_prepared(opened.number, opened), scenario, opened).table


def _freeze(parameters: dict[str, Any]) -> Parameters:
    return tuple(sorted((k, tuple(v) if isinstance(v, list) else v) for k, v in parameters.items()))


def _unfreeze(parameters: Parameters) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in parameters}
