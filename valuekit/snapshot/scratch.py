"""Folders for work in progress: hidden, locked by the process that owns them, swept when that process is dead."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import IO, Any

fcntl: Any = None
with suppress(ImportError):  # Windows has no flock: there, leftovers go by age alone
    import fcntl

PREFIX = ".partial-"
_LOCK = "lock"
_UNLOCKED_IS_DEAD_AFTER = 3600.0


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Give a hidden folder beside the snapshots that no reader looks at, and remove it afterwards.

    Leftovers of runs that were killed are removed first. The lock dies with its process, however it ends.
    """
    parent.mkdir(parents=True, exist_ok=True)
    sweep(parent)
    folder = Path(mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=parent))
    with (folder / _LOCK).open("w") as lock:
        _take(lock)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep(parent: Path) -> list[Path]:
    """Remove the scratch folders whose process is dead; return them."""
    dead = [folder for folder in sorted(parent.glob(f"{PREFIX}*")) if folder.is_dir() and not _alive(folder)]
    for folder in dead:
        shutil.rmtree(folder, ignore_errors=True)
    return dead


def _alive(folder: Path) -> bool:
    try:
        with (folder / _LOCK).open("r+") as lock:
            return not _take(lock)
    except FileNotFoundError:  # between the folder's making and the lock's
        return folder.exists() and time.time() - folder.stat().st_mtime < _UNLOCKED_IS_DEAD_AFTER


def _take(lock: IO[str]) -> bool:
    if fcntl is None:
        return time.time() - os.fstat(lock.fileno()).st_mtime > 24 * _UNLOCKED_IS_DEAD_AFTER
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
