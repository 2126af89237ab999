"""Six Parties with further rows, published: what the read side is tested on."""

from pathlib import Path
from typing import Any

from tests.six_parties import check, fill, manifest, put
from valuekit.engine import Engine
from valuekit.snapshot import Snapshot, publish


def published(folder: Path, **tables: list[dict[str, Any]]) -> Snapshot:
    """Publish the company with these rows beside its own."""
    with Engine() as engine:
        fill(engine)
        for name, rows in tables.items():
            for row in rows:
                put(engine, name, row)
        check(engine)
        return Snapshot.open(publish(engine, folder, manifest=manifest(engine), models={}, config_text="{}"))
