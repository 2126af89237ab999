"""Publishing is a transaction: everything is written beside, the manifest last, and one rename makes it visible."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from valuekit.engine import Engine, write_table
from valuekit.errors import EngineError, InputError
from valuekit.snapshot.fingerprint import file_sha256, run_id
from valuekit.snapshot.manifest import FILE, Manifest, TableFile, read_manifest
from valuekit.snapshot.scratch import scratch_folder
from valuekit.tables import PUBLISHED

CONFIG_FILE = "config.json"
MODELS = "models"


def publish(
    engine: Engine,
    folder: Path,
    *,
    manifest: Manifest,
    models: Mapping[str, str],
    config_text: str,
    progress: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write every published table of the engine as a snapshot into `folder` and return the snapshot's path.

    Reads: the tables declared in `valuekit.tables.PUBLISHED`. `models` are fitted models as JSON by name. `progress`
    hears the name of each table as it is written.

    The snapshot is named `<as_of>-<hash>` by configuration, sources and version. When that name is taken by the same
    content, the former snapshot stays and its path is returned; when by other or damaged content, `.2`, `.3` ... is
    appended.
    A published snapshot never changes. Raises `EngineError` when a table is missing or does not fit its declaration.
    """
    with scratch_folder(folder) as scratch:
        draft = scratch / "snapshot"
        draft.mkdir()
        tables = _write_tables(engine, draft, progress)
        _write_texts(draft, models, config_text)
        name = run_id(manifest.as_of, config_text, manifest.sources)
        return _place(draft, folder, name, manifest.model_copy(update={"tables": tables}))


def _write_tables(engine: Engine, draft: Path, progress: Callable[[str], None]) -> dict[str, TableFile]:
    made = engine.catalogue()
    missing = [name for name in PUBLISHED if name not in made]
    if missing:
        raise EngineError(f"the run made no table {', '.join(missing)}.", where="publish")
    written = {}
    for name, table in PUBLISHED.items():
        progress(name)
        path = draft / f"{name}.parquet"
        rows = write_table(engine, table, path)
        _sync(path)
        written[name] = TableFile(rows=rows, sha256=file_sha256(path))
    return written


def _write_texts(draft: Path, models: Mapping[str, str], config_text: str) -> None:
    (draft / MODELS).mkdir()
    for name, text in models.items():
        _write(draft / MODELS / f"{name}.json", text)
    _sync(draft / MODELS)
    _write(draft / CONFIG_FILE, config_text + "\n")


def _place(draft: Path, folder: Path, name: str, manifest: Manifest) -> Path:
    """Rename the draft to the first free name, unless a taken name already holds the same content."""
    number = 1
    while True:
        chosen = name if number == 1 else f"{name}.{number}"
        target = folder / chosen
        if not target.exists():
            _write(draft / FILE, manifest.model_copy(update={"run_id": chosen}).to_json())
            _sync(draft)
            if _rename(draft, target):
                _sync(folder)
                return target
        if _holds(target, manifest):
            return target
        number += 1


def _holds(target: Path, manifest: Manifest) -> bool:
    """Say whether a folder holds this content, all of it: a snapshot that was damaged since is none."""
    try:
        if read_manifest(target).digests != manifest.digests:
            return False
        return all(file_sha256(target / f"{name}.parquet") == sha256 for name, sha256 in manifest.digests.items())
    except (InputError, OSError):
        return False


def _rename(draft: Path, target: Path) -> bool:
    """Publish; False when another run took the name in this moment."""
    try:
        os.rename(draft, target)
    except OSError:
        if target.exists():
            return False
        raise
    return True


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    _sync(path)


def _sync(path: Path) -> None:
    """Force a file or folder to the disk, so that the rename cannot overtake its content."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
