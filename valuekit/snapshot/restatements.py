"""Two clocks: what a month was said to be when it was published, and what a later run says of the same month."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from valuekit.engine import Engine, load_steps
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.snapshot.fingerprint import config_text
from valuekit.snapshot.manifest import Manifest
from valuekit.snapshot.read import Snapshot
from valuekit.snapshot.summary import Row, named_rows
from valuekit.tables import PUBLISHED

CAUSES = {
    "merged_or_split": "Records of the party are grouped into parties differently",
    "rule_changed": "The definition, or the rule of a stage, is another one",
    "late_records": "Rows of that time were recorded after the older run",
    "source_changed": "Rows of the source files changed",
    "settings_changed": "Other settings of the run changed",
    "version_changed": "Another version of valuekit computed it",
    "unexplained": "Same files, settings and version",
}
"""Why a party is told differently, in order of priority: the first that holds is the cause."""

_READ = ("parties", "party_records", "history", "definitions", "late_records", "stage_months")
_MATERIALISED = ("restated_told", "restated_rules")
_NO_DEFINITION = {"definition": ""}


@dataclass(frozen=True)
class Change:
    """Parties that a definition gained and lost, by one cause."""

    cause: str
    joined: int
    went: int


@dataclass(frozen=True)
class Restated:
    """One definition at the day compared: `then` + joined - went = `now`; None where the run had no such definition."""

    definition: str
    label: str
    headline: bool
    then: int | None
    now: int | None
    changes: list[Change]


@dataclass(frozen=True)
class Restatements:
    """What a newer run says differently of a day that an older run had described."""

    as_of: date
    older: str
    newer: str
    definitions: list[Restated]
    stages: list[Row]
    """Parties by stage_then, stage_now and cause, where the two differ; None: not in that run at that day."""
    sources: list[Row]
    """Input files that are not the same: table, system, file and change (changed, added, removed)."""
    settings: list[str]
    """Settings that are not the same."""

    @property
    def changed(self) -> bool:
        """True when any count or any party's stage is told differently."""
        return bool(self.stages) or any(r.changes for r in self.definitions)


def restatements(older: Snapshot, newer: Snapshot, as_of: date | None = None) -> Restatements:
    """Compare how two runs of one company tell the same day.

    Reads `history`, `definitions`, `party_records` and `late_records` of both, and both manifests. Parties are the
    same when they share records, under whatever id. `as_of` is a month end that both histories hold, by default the
    last one.

    Each party that a definition counts in one run alone has one cause, the first that holds of `CAUSES`; so
    then + joined - went = now for every definition.

    Raises `ConfigError` when the two have no day in common, or describe different companies.
    """
    with _both(older, newer, as_of) as (engine, parameters):
        return Restatements(
            as_of=parameters["as_of"],
            older=older.manifest.run_id,
            newer=newer.manifest.run_id,
            definitions=_definitions(engine, parameters),
            stages=_ask(engine, "stages", parameters),
            sources=_changed_sources(older.manifest, newer.manifest),
            settings=_changed_settings(older.manifest.config, newer.manifest.config),
        )


def restated_members(older: Snapshot, newer: Snapshot, definition: str, as_of: date | None = None) -> list[Row]:
    """Return the parties that a definition gained or lost: ids in both runs, label, joined, stages and cause.

    Raises `UnknownNameError` for a definition that the two runs do not share.
    """
    with _both(older, newer, as_of) as (engine, parameters):
        known = [r["definition"] for r in _ask(engine, "definitions", parameters) if r["in_then"] and r["in_now"]]
        if definition not in known:
            raise UnknownNameError("definition in both runs", definition, known)
        return _ask(engine, "members", {**parameters, "definition": definition})


@contextmanager
def _both(older: Snapshot, newer: Snapshot, as_of: date | None) -> Iterator[tuple[Engine, dict[str, Any]]]:
    """An engine with the tables of both runs, and every party as both tell it."""
    if older.manifest.company != newer.manifest.company:
        raise ConfigError(
            f"one describes {older.manifest.company}, the other {newer.manifest.company}.",
            next_step="Name two snapshots of one company.",
        )
    with Engine() as engine:
        for side, snapshot in (("then", older), ("now", newer)):
            for name in _READ:
                _view(engine, f"{side}_{name}", snapshot, name)
        parameters = {
            "as_of": _common_day(engine, as_of),
            "stages_changed": _stage_rules(older.manifest) != _stage_rules(newer.manifest),
            "otherwise": _otherwise(older.manifest, newer.manifest),
        }
        steps = load_steps("valuekit.snapshot", "restatements.sql")
        engine.run_steps([s for s in steps if s.scratch or s.name in _MATERIALISED], parameters)
        yield engine, parameters


def _stage_rules(manifest: Manifest) -> list[tuple[str, str | None, str]]:
    """The rules themselves: a table that has its first rows since changes what they find, not what they say."""
    return [(rule.stage, rule.reason, rule.predicate) for rule in manifest.stage_rules]


def _view(engine: Engine, view: str, snapshot: Snapshot, table: str) -> None:
    """A table of a snapshot; empty where an older valuekit did not publish it yet."""
    if table in snapshot.manifest.tables:
        engine.view_parquet(view, snapshot.path / f"{table}.parquet")
    else:
        engine.make_empty(PUBLISHED[table], view)


def _common_day(engine: Engine, wanted: date | None) -> date:
    days = "SELECT as_of FROM then_stage_months INTERSECT SELECT as_of FROM now_stage_months ORDER BY as_of"
    common = [row[0] for row in engine.rows(days)]
    if not common:
        raise ConfigError(
            "the histories of the two runs have no month end in common.",
            next_step="Run the newer one with more lifecycle.history_months.",
        )
    if wanted is not None and wanted not in common:
        raise ConfigError(
            f"{wanted} is in the history of one run at most.",
            next_step=f"Both hold the month ends from {common[0]} to {common[-1]}.",
        )
    chosen: date = wanted or common[-1]
    return chosen


def _ask(engine: Engine, step: str, parameters: Mapping[str, Any]) -> list[Row]:
    return named_rows(engine, "restatements.sql", step, {**_NO_DEFINITION, **parameters})


def _definitions(engine: Engine, parameters: Mapping[str, Any]) -> list[Restated]:
    causes = _ask(engine, "causes", parameters)
    order = list(CAUSES)
    causes.sort(key=lambda row: order.index(row["cause"]))
    return [
        Restated(
            definition=row["definition"],
            label=row["label"],
            headline=row["headline"],
            then=row["members_then"] if row["in_then"] else None,
            now=row["members_now"] if row["in_now"] else None,
            changes=[
                Change(c["cause"], c["joined"], c["went"]) for c in causes if c["definition"] == row["definition"]
            ],
        )
        for row in _ask(engine, "definitions", parameters)
    ]


def _otherwise(older: Manifest, newer: Manifest) -> str:
    """The cause of what no record and no rule explains."""
    if older.fingerprint != newer.fingerprint:
        return "source_changed"
    if _changed_settings(older.config, newer.config):
        return "settings_changed"
    return "version_changed" if older.versions != newer.versions else "unexplained"


def _changed_sources(older: Manifest, newer: Manifest) -> list[Row]:
    """Files that are in one run alone, or with another content; a file is known by its table, system and name."""

    def contents(manifest: Manifest) -> dict[tuple[str, str, str], set[str]]:
        found: dict[tuple[str, str, str], set[str]] = {}
        for source in manifest.sources:
            found.setdefault((source.table, source.system, source.file), set()).add(source.sha256)
        return found

    then, now = contents(older), contents(newer)
    return [
        {"table": key[0], "system": key[1], "file": key[2],
         "change": "changed" if key in then and key in now else "added" if key in now else "removed"}
        for key in sorted(then.keys() | now.keys()) if then.get(key) != now.get(key)
    ]  # fmt: skip


def _changed_settings(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Settings that decide a result and differ, by their place; the day described is no such difference."""
    a, b = (_flat(json.loads(config_text(c))) for c in (then, now))
    return sorted(key for key in a.keys() | b.keys() if a.get(key) != b.get(key) and key != "as_of")


def _flat(value: Any, place: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {place: value}
    parts = (_flat(v, f"{place}.{k}" if place else k) for k, v in value.items())
    return {key: v for part in parts for key, v in part.items()}
