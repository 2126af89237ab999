"""Is this machine ready? Looks, says what to do, writes nothing."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

GIB = 1 << 30
LEAST_MEMORY, LEAST_SPACE = 4 * GIB, 5 * GIB


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    subject: str
    verdict: Literal["ok", "warn", "fail"]
    found: str
    advice: str = ""


def examine() -> list[Finding]:
    """Look at Python, packages, memory, processors, temporary space and the optional programs."""
    return [_python(), *_packages(), _memory(), _processors(), _space(), *_programs()]


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    return Finding("Python", "ok" if good else "fail", found, "" if good else "Install Python 3.11 or newer.")


def _packages() -> Iterator[Finding]:
    try:
        wanted = [Requirement(r) for r in requires("valuekit") or []]
    except PackageNotFoundError:
        yield Finding("valuekit", "warn", "not installed", "Run `make env`, or `pip install valuekit`.")
        return
    for requirement in wanted:
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield _package(requirement)


def _package(requirement: Requirement) -> Finding:
    advice = f"Install it: pip install '{requirement}'."
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return Finding(requirement.name, "fail", "missing", advice)
    good = requirement.specifier.contains(found, prereleases=True)
    return Finding(requirement.name, "ok" if good else "fail", found, "" if good else advice)


def _memory() -> Finding:
    total = memory_bytes()
    if total is None:
        return Finding("Memory", "warn", "unknown", "A million customers need about 8 GiB.")
    good = total >= LEAST_MEMORY
    advice = "" if good else "Set engine.memory_limit to about half of it; a million customers need about 8 GiB."
    return Finding("Memory", "ok" if good else "warn", _gib(total), advice)


def memory_bytes() -> int | None:
    """Return the memory that this process may use: the machine's, or its container's limit."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text(encoding="ascii").strip() if limit.is_file() else ""
    return min(total, int(text)) if text.isdigit() else total


def _processors() -> Finding:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Finding("Processors", "ok" if count > 1 else "warn", str(count), "" if count > 1 else "Runs will be slow.")


def _space() -> Finding:
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    good = free >= LEAST_SPACE
    advice = "" if good else "Set engine.temp_folder to a disk with more space."
    return Finding("Temporary space", "ok" if good else "warn", f"{_gib(free)} free in {folder}", advice)


def _programs() -> Iterator[Finding]:
    optional = {
        "Chromium": (("chromium", "chromium-browser", "google-chrome"), "Only the browser tests need it."),
        "Java": (("java",), "Only the Spark engine needs it (Java 17 or newer)."),
    }
    for subject, (names, advice) in optional.items():
        found = next((path for name in names if (path := shutil.which(name))), None)
        yield Finding(subject, "ok", found) if found else Finding(subject, "warn", "not found (optional)", advice)


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
