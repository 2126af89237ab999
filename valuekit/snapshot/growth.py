"""Two growth figures from one company, explained: both definitions, both windows, and the parties between them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from valuekit.engine import Engine
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.snapshot.movements import bit_of, known_month, need_tables
from valuekit.snapshot.read import Snapshot
from valuekit.snapshot.summary import named_rows

FILE = "growth.sql"

MOVES = ("stayed", "joined", "left", "outside")
"""What a party does in a window: counted at its begin and its end, at the end, at the begin, at neither."""

_AT_BEGIN, _AT_END = ("stayed", "left"), ("stayed", "joined")


@dataclass(frozen=True)
class Window:
    """A definition, and the two month ends between which its growth is measured."""

    definition: str
    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first >= self.last:
            raise ConfigError(f"the window of '{self.definition}' ends on {self.last}, not after {self.first}.")


@dataclass(frozen=True)
class Growth:
    """One growth figure: begin + joined - left = end."""

    window: Window
    label: str
    owner: str
    system: str
    begin: int
    joined: int
    left: int

    @property
    def end(self) -> int:
        """Members at the last month end of the window."""
        return self.begin + self.joined - self.left

    @property
    def rate(self) -> float | None:
        """Growth over the window; None from nothing."""
        return self.end / self.begin - 1 if self.begin else None

    @property
    def sentence(self) -> str:
        """The figure with its definition and its window, as it should never be quoted without."""
        rate = "from nothing" if self.rate is None else f"{self.rate:+.1%}"
        return (
            f"{rate}: '{self.label}' ({self.owner}, according to {self.system}) from {self.begin:,} on "
            f"{_long(self.window.first)} to {self.end:,} on {_long(self.window.last)}, "
            f"{self.joined:,} joined and {self.left:,} left"
        )


@dataclass(frozen=True)
class Comparison:
    """Two growth figures over the same parties.

    `cells` says how many parties do what under each: `cells["joined", "outside"]` joined under the first and are not
    counted by the second, neither at its begin nor at its end. Together the cells make both figures.
    """

    a: Growth
    b: Growth
    cells: Mapping[tuple[str, str], int]

    def counted(self, moves_a: Collection[str] = MOVES, moves_b: Collection[str] = MOVES) -> int:
        """Count the parties with one of these moves under each figure."""
        return sum(n for (a, b), n in self.cells.items() if a in moves_a and b in moves_b)

    @property
    def only_a(self) -> tuple[int, int]:
        """Parties that the first counts and the second does not: at the begins, and at the ends."""
        return (
            self.counted(_AT_BEGIN, _not(_AT_BEGIN)),
            self.counted(_AT_END, _not(_AT_END)),
        )

    @property
    def only_b(self) -> tuple[int, int]:
        """Parties that the second counts and the first does not: at the begins, and at the ends."""
        return (
            self.counted(_not(_AT_BEGIN), _AT_BEGIN),
            self.counted(_not(_AT_END), _AT_END),
        )

    @property
    def both(self) -> tuple[int, int]:
        """Parties that both count: at the begins, and at the ends."""
        return self.counted(_AT_BEGIN, _AT_BEGIN), self.counted(_AT_END, _AT_END)


def compare_growth(snapshot: Snapshot, a: Window, b: Window) -> Comparison:
    """Explain why two growth figures of one company differ.

    Reads `history` and `definitions` of the snapshot. The windows may differ as well as the definitions.

    Raises:
        UnknownNameError: there is no such definition or month end; it names those that there are.
        InputError: an earlier valuekit published the snapshot, without a history.

    Example:
        june, march, may = date(2026, 6, 30), date(2026, 3, 31), date(2026, 5, 31)
        found = compare_growth(snapshot, Window("sales", march, june), Window("paying", may, june))
        found.a.sentence, found.b.sentence, found.cells["joined", "outside"]
    """
    need_tables(snapshot, ("history", "stage_months"))
    with snapshot.engine() as engine:
        rows = named_rows(engine, FILE, "cells", _parameters(engine, a, b))
        cells = {(row["move_a"], row["move_b"]): row["parties"] for row in rows}
        return Comparison(
            a=_growth(engine, a, {move: _sum(cells, 0, move) for move in MOVES}),
            b=_growth(engine, b, {move: _sum(cells, 1, move) for move in MOVES}),
            cells=cells,
        )


def growth_members(snapshot: Snapshot, a: Window, b: Window, *, move_a: str, move_b: str) -> pa.Table:
    """Return the parties of one cell of the comparison: `party_id`, `label`, and `stage` and `reason` of today.

    Raises what `compare_growth` raises, and `UnknownNameError` for a move that is none of `MOVES`.
    """
    for move in (move_a, move_b):
        if move not in MOVES:
            raise UnknownNameError("move", move, MOVES)
    need_tables(snapshot, ("history", "stage_months"))
    with snapshot.engine() as engine:
        parameters = {**_parameters(engine, a, b), "move_a": move_a, "move_b": move_b}
        return engine.ask("valuekit.snapshot", FILE, "members", parameters)


def _parameters(engine: Engine, a: Window, b: Window) -> dict[str, Any]:
    return {
        f"{name}_{side}": value
        for side, window in (("a", a), ("b", b))
        for name, value in (
            ("bit", bit_of(engine, window.definition)),
            ("first", known_month(engine, window.first, opening=True)),
            ("last", known_month(engine, window.last, opening=True)),
        )
    }


def _sum(cells: Mapping[tuple[str, str], int], side: int, move: str) -> int:
    return sum(n for moves, n in cells.items() if moves[side] == move)


def _growth(engine: Engine, window: Window, moves: Mapping[str, int]) -> Growth:
    row = named_rows(engine, FILE, "definition", {"definition": window.definition})[0]
    return Growth(
        window=window,
        label=row["label"],
        owner=row["owner"],
        system=row["system"],
        begin=moves["stayed"] + moves["left"],
        joined=moves["joined"],
        left=moves["left"],
    )


def _not(moves: Collection[str]) -> list[str]:
    return [move for move in MOVES if move not in moves]


def _long(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"
