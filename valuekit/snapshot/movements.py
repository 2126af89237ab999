"""Who stands behind a number of `customer_movements`: the members of every cell of the bridge."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pyarrow as pa

from valuekit.engine import Engine
from valuekit.errors import InputError, UnknownNameError
from valuekit.snapshot.read import Snapshot

MOVEMENTS = ("new", "reactivated", "churned")


def movement_members(snapshot: Snapshot, definition: str, as_of: date, movement: str) -> pa.Table:
    """Return the parties that a definition counts as new, reactivated or churned in a month.

    Reads `history`, `joined_and_left`, `definitions`, `parties` and `stages` of the snapshot, by the policies of its
    run: as many parties as `customer_movements` says.

    Returns: `party_id`, `label`, `stage` and `reason` at the date of the snapshot, and `is_using`: whether it used the
    product at that month end; ordered by id.

    Raises:
        UnknownNameError: there is no such definition, month or movement; it names those that there are.
        InputError: an earlier valuekit published the snapshot, without a history.

    Example:
        movement_members(Snapshot.open("runs"), "paid_current", date(2026, 5, 31), "churned")
    """
    if movement not in MOVEMENTS:
        raise UnknownNameError("movement", movement, MOVEMENTS)
    need_tables(snapshot, ("history", "joined_and_left", "customer_movements"))
    with snapshot.engine() as engine:
        bit_of(engine, definition)
        month = known_month(engine, as_of, opening=False)
        settings = snapshot.manifest.config.get("lifecycle", {})
        policies = settings.get("movements", {})
        parameters = {
            "asked": [definition],
            "using_bit": _using_bit(engine, settings),
            "as_of": month,
            "movement": movement,
            "same_month": policies.get("same_month", "net"),
            "reactivation_days": policies.get("reactivation_days"),
        }
        return engine.ask("valuekit.lifecycle", "members.sql", "members", parameters)


def need_tables(snapshot: Snapshot, tables: Iterable[str]) -> None:
    """Raise `InputError` when the snapshot lacks one of the tables."""
    for table in tables:
        if table not in snapshot.manifest.tables:
            raise InputError(f"has no table {table}.", where=str(snapshot.path), next_step="Run it again.")


def bit_of(engine: Engine, definition: str) -> int:
    """Return the bit of a definition in every sum of definitions; raises `UnknownNameError`."""
    bits = dict(engine.rows("SELECT definition, bit FROM definitions"))
    if definition not in bits:
        raise UnknownNameError("definition", definition, bits)
    return int(bits[definition])


def known_month(engine: Engine, as_of: date, *, opening: bool) -> date:
    """Return the month end, when the snapshot has it; raises `UnknownNameError`. `opening` lets the first one in."""
    table = "stage_months" if opening else "customer_movements"
    known = [row[0] for row in engine.rows(f"SELECT DISTINCT as_of FROM {table} ORDER BY as_of")]
    if as_of not in known:
        raise UnknownNameError("month end", as_of.isoformat(), [day.isoformat() for day in known])
    return as_of


def _using_bit(engine: Engine, settings: dict[str, Any]) -> int:
    sql = "SELECT COALESCE(SUM(bit), 0) FROM definitions WHERE definition = $using"
    return int(engine.scalar(sql, {"using": settings.get("using", "using")}))
