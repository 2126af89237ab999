"""What a run depends on, as hashes: the same input, configuration and version give the same run id."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from valuekit import __version__
from valuekit.config import Source
from valuekit.errors import InputError
from valuekit.snapshot.manifest import SourceFile

_CHUNK = 1 << 20


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def text_sha256(text: str) -> str:
    """Return the SHA-256 of a text.

    >>> text_sha256("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def config_text(config: Mapping[str, Any]) -> str:
    """Return a configuration as one canonical text: what decides a result, and nothing else.

    Left out: where results are written, on what machine, who keeps the record, and where the files lie (their content
    is hashed apart).

    >>> config_text({"sources": [{"file": "a.csv", "table": "orders"}], "as_of": None, "output": "runs"})
    '{"as_of":null,"sources":[{"table":"orders"}]}'
    """
    kept = {k: v for k, v in config.items() if k not in ("output", "engine", "tracking", "paths")}
    if "identity" in kept:
        kept["identity"] = {k: v for k, v in kept["identity"].items() if k != "decisions"}
    if "sources" in kept:
        kept["sources"] = [{k: v for k, v in s.items() if k not in ("file", "database")} for s in kept["sources"]]
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def run_id(as_of: date, text: str, sources: Sequence[SourceFile], *, version: str = __version__) -> str:
    """Name a run by what decides its result: date, configuration, content of the sources, version of valuekit.

    >>> run_id(date(2026, 6, 30), "{}", [], version="1")
    '2026-06-30-d8f3229a'
    """
    inputs = sorted((s.table, s.system, s.sha256) for s in sources)
    return f"{as_of.isoformat()}-{text_sha256(json.dumps([text, inputs, version]))[:8]}"


def fingerprint_files(files: Iterable[tuple[Source, Path]]) -> list[SourceFile]:
    """Hash the content of the files behind the sources; a file that several sources read is read once."""
    digests: dict[Path, str] = {}
    found = []
    for source, path in files:
        file = fingerprint_file(path, table=source.table, system=source.system, sha256=digests.get(path))
        digests[path] = file.sha256
        found.append(file)
    return found


def fingerprint_file(path: Path, *, table: str, system: str, sha256: str | None = None) -> SourceFile:
    """Hash the content of one file, unless its hash is known. Raises `InputError` when there is no such file."""
    if not path.is_file():
        raise InputError("there is no such file.", where=str(path), next_step="Check the path.")
    return SourceFile(
        file=path.name, table=table, system=system, size=path.stat().st_size, sha256=sha256 or file_sha256(path)
    )
