"""Who reads what: data goes to standard output, progress and messages to standard error."""

import json
import sys
import time
from dataclasses import asdict, is_dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.status import Status


def out() -> Console:
    """Return the console for what was asked for."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 120)


def err() -> Console:
    """Return the console for everything else."""
    return Console(stderr=True, soft_wrap=True, highlight=False)


def print_json(value: Any) -> None:
    """Write one JSON object: money and other decimals as numbers, days as ISO text."""
    sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=False, indent=1) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


class Steps:
    """Progress through the steps of a run: a live line on a terminal, a plain line per step elsewhere.

    Use as a context manager; each call tells that the next step begins.
    """

    def __init__(self, *, silent: bool = False) -> None:
        self._console, self._silent = err(), silent
        self._status: Status | None = None
        self._name, self._start = "", 0.0

    def __enter__(self) -> "Steps":
        if self._console.is_terminal and not self._silent:
            self._status = self._console.status("starting")
            self._status.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._finish()
        if self._status:
            self._status.stop()

    def __call__(self, name: str, words: str, number: int, steps: int) -> None:
        """Say that a step begins."""
        self._finish()
        self._name, self._start = name, time.perf_counter()
        if self._status:
            self._status.update(f"{number}/{steps} {words}")

    def _finish(self) -> None:
        if self._name and not self._silent:
            self._console.print(f"  {self._name:<12} {time.perf_counter() - self._start:7.1f} s", style="dim")
        self._name = ""
