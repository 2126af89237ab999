"""The definition document from the command line: of a snapshot, or of the newest snapshot of a configuration."""

from pathlib import Path
from shlex import quote

from pipelines.jobs import config_path
from valuekit.config import load_config
from valuekit.errors import InputError
from valuekit.snapshot import Snapshot


def find_snapshot(name: str) -> Snapshot:
    """Return the snapshot that a word of the command line means.

    A folder is a snapshot, or holds some: its newest one. Anything else is a configuration: the newest snapshot of its
    company in its output folder. Raises `InputError` that says how to make one when there is none.
    """
    if Path(name).is_dir():
        return Snapshot.open(name)
    config = load_config(config_path(name))
    found = Snapshot.list(config.output) if config.output.is_dir() else []
    for snapshot in found:
        if snapshot.manifest.company == config.company.name:
            return snapshot
    raise InputError(
        f"holds no snapshot of {config.company.name} yet.",
        where=str(config.output),
        next_step=f"Make one first: valuekit run {quote(name)}",
    )
