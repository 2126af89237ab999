"""Two lists of a snapshot against each other: the gap, the reasons that sum to it, and who is in each cell."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pyarrow as pa

from valuekit.engine import Engine
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.snapshot.read import Snapshot

Side = Literal["only_first", "only_second", "both"]
SIDES: tuple[Side, ...] = ("only_first", "only_second", "both")
UNEXPLAINED = "unexplained"
_PACKAGE, _FILE = "valuekit.snapshot", "reconciliation.sql"


@dataclass(frozen=True)
class Reconciliation:
    """Two lists at one date. `first_size - second_size` = `gap` = parties only on the first - only on the second.

    `cells` has one row per side and reason, in order of priority: side, reason, label, sentence, parties, and of the
    period before `former` and `change`, missing when there is none. `unexplained` is among them, even with 0.
    """

    first: str
    second: str
    as_of: date
    former_as_of: date | None
    first_size: int
    second_size: int
    on_both: int
    cells: pa.Table

    @property
    def gap(self) -> int:
        """How many more the first list counts than the second."""
        return self.first_size - self.second_size

    @property
    def unexplained(self) -> int:
        """Parties on one list alone, on either side, that no reason explains."""
        return sum(c["parties"] for c in self.cells.to_pylist() if c["reason"] == UNEXPLAINED)

    def side(self, side: Side) -> list[dict[str, Any]]:
        """Return the cells of a side, in order of priority."""
        return [c for c in self.cells.to_pylist() if c["side"] == side]


def reconcile(snapshot: Snapshot, first: str, second: str, as_of: date | None = None) -> Reconciliation:
    """Compare two definitions of one kind, at a month end or (default) at the date of the run, with the period before.

    Reads `reconciliation`, `definitions` and `reasons`.
    Raises `UnknownNameError` for a definition or a date that is not there; `ConfigError` when both are one, or one is
    a team's definition and the other the list of a system.

    Example:
        told = reconcile(Snapshot.open("runs"), "finance", "product")
        told.gap, [(c["label"], c["parties"]) for c in told.side("only_first")]
    """
    with snapshot.engine() as engine:
        _check_pair(engine, first, second)
        dates = [row[0] for row in engine.rows("SELECT DISTINCT as_of FROM reconciliation ORDER BY as_of")]
        as_of = as_of or snapshot.manifest.as_of
        if as_of not in dates:
            raise UnknownNameError("reconciliation at", as_of.isoformat(), [d.isoformat() for d in dates])
        pair = {"first": first, "second": second, "as_of": as_of}
        sizes = next(row for row in _ask(engine, "periods", pair).to_pylist() if row["as_of"] == as_of)
        return Reconciliation(
            first=first,
            second=second,
            as_of=as_of,
            former_as_of=max((d for d in dates if d < as_of), default=None),
            first_size=sizes["first_size"],
            second_size=sizes["second_size"],
            on_both=sizes["on_both"],
            cells=_ask(engine, "cells", pair),
        )


def periods(snapshot: Snapshot, first: str, second: str) -> pa.Table:
    """Return sizes, overlap and unexplained of two definitions at every period, the oldest first.

    Columns: as_of, first_size, second_size, on_both, only_first, only_second, unexplained. Raises as `reconcile`.
    """
    with snapshot.engine() as engine:
        _check_pair(engine, first, second)
        return _ask(engine, "periods", {"first": first, "second": second})


def members(
    snapshot: Snapshot, first: str, second: str, side: Side, reason: str | None = None, *, top: int | None = None
) -> pa.Table:
    """Return the parties of a side, or of one of its reasons, at the date of the run: by lifetime value, or the top N.

    Columns: party_id, customer, side, reason, stage, stage_reason, since, systems, ltv and net_cash_12m (money in the
    reporting currency). Raises as `reconcile`, and `UnknownNameError` for a side or reason that does not exist.
    """
    if side not in SIDES:
        raise UnknownNameError("side", side, SIDES)
    with snapshot.engine() as engine:
        _check_pair(engine, first, second)
        known = [row[0] for row in engine.rows("SELECT reason FROM reasons ORDER BY priority")]
        if reason is not None and reason not in (*known, UNEXPLAINED, ""):
            raise UnknownNameError("reason", reason, [*known, UNEXPLAINED])
        cell = {"first": first, "second": second, "side": side, "reason": reason, "top": top}
        return _ask(engine, "members" if top is None else "top_members", cell)


def _ask(engine: Engine, step: str, parameters: Mapping[str, Any]) -> pa.Table:
    return engine.ask(_PACKAGE, _FILE, step, parameters)


def _check_pair(engine: Engine, first: str, second: str) -> None:
    kinds = dict(engine.rows("SELECT definition, kind FROM definitions"))
    for name in (first, second):
        if name not in kinds:
            raise UnknownNameError("definition", name, kinds)
    if first == second:
        raise ConfigError(f"'{first}' is compared with itself.", next_step="Name two definitions.")
    if kinds[first] != kinds[second]:
        raise ConfigError(
            f"'{first}' is a {kinds[first]}'s list and '{second}' a {kinds[second]}'s.",
            next_step="Compare two teams, or two systems.",
        )
