"""The checklist of a run and its signatures, for people and programs."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from pipelines.report import grid
from valuekit.snapshot import Snapshot
from valuekit.snapshot.checklist import Line, checklist

CHECKLIST_SCHEMA = "valuekit.checklist/1"
_COLOURS = {"clear": "green", "open": "yellow", "nothing to check": "dim"}


def checklist_object(snapshot: Snapshot) -> dict[str, Any]:
    """Return the checklist as one JSON object."""
    manifest = snapshot.manifest
    return {
        "schema": CHECKLIST_SCHEMA,
        "run_id": manifest.run_id,
        "company": manifest.company,
        "as_of": manifest.as_of,
        "items": checklist(snapshot),
    }


def print_checklist(snapshot: Snapshot, console: Console) -> None:
    """Print each item with its owner, its state, and who has signed it."""
    manifest, lines = snapshot.manifest, checklist(snapshot)
    signed = sum(line.signed is not None for line in lines)
    console.print(Text(f"Reconciliation of {manifest.company}, as of {manifest.as_of}", style="bold"))
    console.print(f"Run {manifest.run_id}: {signed} of {len(lines)} items are signed off\n")
    table = grid("item", "owner", "state", "found", "signed off")
    for line in lines:
        state = f"[{_COLOURS[line.state]}]{line.state}[/]"
        table.add_row(line.item, escape(line.owner), state, escape(line.finding), escape(_signature(line)))
    console.print(table)


def _signature(line: Line) -> str:
    if line.signed is None:
        return "not signed off"
    note = f": {line.signed.note}" if line.signed.note else ""
    return f"{line.signed.by}, {line.signed.at[:10]}{note}"
