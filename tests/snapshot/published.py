"""Six Parties as published runs: each content is published once, and looked at by every test that asks for it."""

import atexit
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import mkdtemp
from typing import Any

from tests.six_parties import borrowed, check, manifest, put
from valuekit.snapshot import Snapshot, publish

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

_TOLD: dict[str, Snapshot] = {}


def told(*statements: str, rows: Rows | None = None, checked: bool = False, **changes: Any) -> Snapshot:
    """Publish the company with further rows by table, after statements, and with changes of its manifest.

    Whoever asks for the same again gets the same snapshot: to look at. To change one, take a copy of it (`copied`).
    `checked`: with the checks of what became of the company.
    """
    text = repr((statements, rows, checked, changes))
    if text not in _TOLD:
        with borrowed() as engine:
            for table, each in (rows or {}).items():
                for row in each:
                    put(engine, table, row)
            for statement in statements:
                engine.execute(statement)
            if checked:
                check(engine)
            made = manifest(engine, **changes)
            _TOLD[text] = Snapshot.open(publish(engine, _folder(), manifest=made, models={}, config_text=text))
    return _TOLD[text]


def copied(snapshot: Snapshot, folder: Path) -> Snapshot:
    """Copy a snapshot into a folder of one's own."""
    return Snapshot.open(copytree(snapshot.path, folder / snapshot.path.name))


def published(folder: Path, **tables: Sequence[Mapping[str, Any]]) -> Snapshot:
    """Publish the company with these rows beside its own into a folder of one's own."""
    return copied(told(rows=tables, checked=bool(tables)), folder)


@cache
def _folder() -> Path:
    folder = Path(mkdtemp())
    atexit.register(rmtree, folder, ignore_errors=True)
    return folder
