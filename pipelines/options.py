"""Arguments that commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from valuekit.snapshot import Snapshot

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object; errors too.")]
SnapshotPath = Annotated[Path, typer.Argument(metavar="SNAPSHOT", help="A snapshot, or a folder: its newest one.")]


def open_snapshot(path: Path) -> "Snapshot":
    """Open a snapshot, or the newest one of a folder."""
    from valuekit.snapshot import Snapshot  # noqa: PLC0415 - `--help` must not wait for it

    return Snapshot.open(path)
