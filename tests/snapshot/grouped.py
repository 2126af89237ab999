"""Snapshots of companies made of groups of parties (`tests.lifecycle.five_lists`), as a run would publish them."""

from pathlib import Path

from tests.lifecycle.five_lists import Group, company
from tests.six_parties import manifest
from valuekit.lifecycle import Policies
from valuekit.snapshot import Snapshot, publish
from valuekit.tables import PUBLISHED


def published(folder: Path, *groups: Group, policies: Policies | None = None) -> Snapshot:
    """Publish what identity and lifecycle make of the groups; the other tables are empty."""
    policies = policies or Policies()
    with company(groups, policies) as engine:
        for table in PUBLISHED.values():
            if not engine.has(table.name):
                engine.make_empty(table)
        config = {"lifecycle": {"using": "using", "movements": policies.parameters}}
        path = publish(engine, folder, manifest=manifest(engine, config=config), models={}, config_text=str(groups))
    return Snapshot.open(path)
