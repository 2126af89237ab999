"""A tiny company with its registers, described at 30 June 2026."""

from collections.abc import Mapping
from typing import Any

from tests.company import Row
from tests.lifecycle.described import AS_OF, described, staged
from valuekit.engine import Engine
from valuekit.registers import draw_up
from valuekit.tables import PUBLISHED

REGISTERS = (
    "contract_issues", "renewals", "status_words", "paying_status", "managed_in", "commissions", "relationships",
    "trade", "cash_and_profit",
)  # fmt: skip


def drawn(
    *,
    facts: Mapping[str, Row] | None = None,
    settings: Mapping[str, Any] | None = None,
    counted: bool = False,
    **tables: Any,
) -> Engine:
    """Draw up the registers of a company; `facts` are set by hand, by record. `counted`: by every definition too."""
    engine = described(**tables) if counted else staged(**tables)
    if not engine.has("quarantine"):
        engine.make_empty(PUBLISHED["quarantine"])
    for record, row in (facts or {}).items():
        changes = ", ".join(f"{name} = ${name}" for name in row)
        party = "(SELECT party_id FROM party_records WHERE record = $record)"
        engine.execute(f"UPDATE facts SET {changes} WHERE party_id = {party}", {**row, "record": record})
    draw_up(engine, **{"as_of": AS_OF, **(settings or {})})
    return engine


_RECORDS = "SELECT party_id, record FROM party_records"


def by_record(engine: Engine, register: str, columns: str = "*") -> dict[str, Any]:
    """The register by the record of its party: one value, or a tuple of several."""
    rows = engine.rows(f"SELECT record, {columns} FROM {register} JOIN ({_RECORDS}) USING (party_id)")
    return {row[0]: row[1] if len(row) == 2 else row[1:] for row in rows}


def drawn_again(engine: Engine) -> Engine:
    """Draw up the registers once more, after a change of the tables."""
    draw_up(engine, as_of=AS_OF)
    return engine
