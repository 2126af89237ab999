"""Who has looked at an item of the checklist: kept beside the snapshot, because a published snapshot never changes."""

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from valuekit.errors import ConfigError, InputError
from valuekit.snapshot.read import Snapshot

FOLDER = "sign-offs"
"""Folder beside the snapshots; a run keeps its own file there, also when a later run takes its place."""


@dataclass(frozen=True)
class SignOff:
    """One signature: who answers for an item of a run's checklist, since when (UTC), and what there is to say."""

    item: str
    by: str
    at: str
    note: str = ""


def sign_off(snapshot: Snapshot, item: str, *, by: str, note: str = "", at: datetime | None = None) -> SignOff:
    """Sign an item of the checklist and return the signature that stands.

    Appends one line to `sign-offs/<run_id>.jsonl` beside the snapshot. Whoever signs twice with the same note changes
    nothing: the first signature stands. Another note, or another person, is a further line, and the last one counts.

    `item` is a key of the checklist; the caller knows which there are. Raises `ConfigError` when `by` names nobody,
    `InputError` when the file is damaged.
    """
    by, note = _clean(by), _clean(note)
    if not by:
        raise ConfigError("nobody signs.", where="--by", next_step="Name the person who answers for the item.")
    standing = sign_offs(snapshot).get(item)
    if standing and (standing.by, standing.note) == (by, note):
        return standing
    moment = (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
    signed = SignOff(item, by, moment, note)
    _append(sign_off_file(snapshot), signed)
    return signed


def sign_offs(snapshot: Snapshot) -> dict[str, SignOff]:
    """Return the signature that stands for each signed item of a run; raises `InputError` for a damaged file."""
    path = sign_off_file(snapshot)
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    signed = [_read(line, f"{path}:{number}") for number, line in enumerate(lines, start=1) if line.strip()]
    return {s.item: s for s in signed}


def sign_off_file(snapshot: Snapshot) -> Path:
    """Return the file of a run's signatures, which need not exist."""
    return snapshot.path.parent / FOLDER / f"{snapshot.manifest.run_id}.jsonl"


def _clean(text: str) -> str:
    """One line, without blanks at its ends."""
    return " ".join(text.split())


def _read(line: str, where: str) -> SignOff:
    try:
        return SignOff(**json.loads(line))
    except (ValueError, TypeError):
        raise InputError(
            "is no sign-off.", where=where, next_step="Mend or remove the line; the others stand."
        ) from None


def _append(path: Path, signed: SignOff) -> None:
    """One write in append mode: two people who sign at once do not overwrite each other."""
    path.parent.mkdir(exist_ok=True)
    line = json.dumps(asdict(signed), ensure_ascii=False, sort_keys=True) + "\n"
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(handle, line.encode())
        os.fsync(handle)
    finally:
        os.close(handle)
