"""Two lists against each other, for people and programs: the bridge from one number to the other."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipelines.report import grid
from valuekit.errors import ConfigError
from valuekit.exports.files import atomic_file, write_csv
from valuekit.snapshot import Snapshot
from valuekit.snapshot.reconciliation import SIDES, Reconciliation, Side, members

_OTHER_FORMATS = (".xlsx", ".xls", ".ods", ".parquet", ".json")
RECONCILIATION_SCHEMA = "valuekit.reconciliation/1"


def reconciliation_object(snapshot: Snapshot, told: Reconciliation) -> dict[str, Any]:
    """Return the comparison as one JSON object."""
    plain = {k: v for k, v in asdict(told).items() if k != "cells"}
    facts = {"schema": RECONCILIATION_SCHEMA, "run_id": snapshot.manifest.run_id, **plain}
    return {**facts, "gap": told.gap, "unexplained": told.unexplained, "cells": told.cells.to_pylist()}


def print_reconciliation(snapshot: Snapshot, told: Reconciliation, console: Console) -> None:
    """Print the bridge: the first number, who is not on the second and why, who is only there and why, the second."""
    names = _names(snapshot, told)
    title = f"{names[0]} against {names[1]}, as of {told.as_of}"
    console.print(Text(title, style="bold"))
    former = f", compared with {told.former_as_of}" if told.former_as_of else ""
    console.print(Text(f"{snapshot.manifest.company}, run {snapshot.manifest.run_id}, in parties{former}\n"))
    console.print(_bridge(told, names))
    console.print(Text(f"\nunexplained {told.unexplained:,}", style="bold" if told.unexplained else "green"))


def _names(snapshot: Snapshot, told: Reconciliation) -> tuple[str, str]:
    rows = snapshot.query("SELECT definition, label FROM definitions").to_pylist()
    labels = {row["definition"]: row["label"] for row in rows}
    return labels[told.first], labels[told.second]


def _bridge(told: Reconciliation, names: tuple[str, str]) -> Table:
    known = told.former_as_of is not None
    table = grid("", "parties>", "month before>" if known else ">", "change>" if known else ">", "")
    both, gone, come = (told.side(s) for s in ("both", "only_first", "only_second"))

    def former(*sides: list[dict[str, Any]]) -> int | None:
        return sum(c["former"] for side in sides for c in side) if known else None

    _total(table, names[0], told.first_size, former(both, gone))
    _cells(table, f"not on {names[1]}", gone, "-")
    _total(table, "on both", told.on_both, former(both))
    _cells(table, f"not on {names[0]}", come, "+")
    _total(table, names[1], told.second_size, former(both, come))
    return table


def _total(table: Table, label: str, now: int, former: int | None) -> None:
    table.add_row(escape(label), f"{now:,}", *_since(now, former), "", style="bold")


def _cells(table: Table, title: str, cells: list[dict[str, Any]], sign: str) -> None:
    table.add_row(f"[dim]{escape(title)}[/]", "", "", "", "")
    for cell in cells:
        label, sentence = escape(f"  {cell['label']}"), f"[dim]{escape(cell['sentence'] or '')}[/]"
        count = f"{sign}{cell['parties']:,}" if cell["parties"] else "0"
        table.add_row(label, count, *_since(cell["parties"], cell["former"]), sentence)


def _since(now: int, former: int | None) -> tuple[str, str]:
    return ("", "") if former is None else (f"{former:,}", f"{now - former:+,}")


def write_members(
    snapshot: Snapshot,
    told: Reconciliation,
    target: Path | None,
    *,
    side: str | None,
    reason: str | None,
    overwrite: bool,
) -> int:
    """Write the parties behind a comparison as CSV, safe to open in a spreadsheet; return their number.

    Without `side`, those of both sides that differ; without `target`, to standard output. The members are those at the
    date of the run. Raises `ConfigError` when the target exists and not `overwrite`, or its ending is not that of CSV.
    """
    if target and target.suffix.lower() in _OTHER_FORMATS:
        raise ConfigError("members are written as CSV.", where=str(target), next_step="Name a .csv file.")
    chosen: tuple[Side, ...] = tuple(s for s in SIDES if s == side) if side else ("only_first", "only_second")
    tables = [members(snapshot, told.first, told.second, s, reason) for s in chosen]
    batches, names = (batch for table in tables for batch in table.to_batches()), tables[0].column_names
    if target is None:
        return write_csv(batches, names, sys.stdout)
    with atomic_file(target, overwrite=overwrite) as draft, draft.open("w", encoding="utf-8-sig", newline="") as file:
        return write_csv(batches, names, file)
