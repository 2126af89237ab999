"""A tiny company with its registers, described at 30 June 2026."""

from collections.abc import Mapping
from typing import Any

from tests.company import Row
from tests.lifecycle.described import AS_OF, described, resolved, staged
from valuekit.engine import Engine
from valuekit.lifecycle import Windows
from valuekit.lifecycle.months import Period, fact_steps, make_month_ends
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


def drawn_from_terms(**tables: Any) -> Engine:
    """Draw up the registers of a company whose parties have no facts and stages: those that look at terms are whole.

    In half the time: terms are a small part of what leads to facts.
    """
    engine = resolved(**tables)
    period = Period(make_month_ends(engine, AS_OF, 0), Windows().churn_date)
    ((first, last),) = engine.rows("SELECT COALESCE(MIN(party_id), ''), COALESCE(MAX(party_id), '') FROM parties")
    steps = [step for step in fact_steps("described.sql", ["_contracts"]) if step.name != "facts_part"]
    engine.run_steps(steps, period.last | {"first_party": first, "last_party": last})
    engine.execute("ALTER TABLE contract_terms_part RENAME TO contract_terms")
    for name in {"facts", "stages", "quarantine"} - tables.keys():
        engine.make_empty(PUBLISHED[name])
    return drawn_again(engine)


_RECORDS = "SELECT party_id, record FROM party_records"


def by_record(engine: Engine, register: str, columns: str = "*") -> dict[str, Any]:
    """The register by the record of its party: one value, or a tuple of several."""
    rows = engine.rows(f"SELECT record, {columns} FROM {register} JOIN ({_RECORDS}) USING (party_id)")
    return {row[0]: row[1] if len(row) == 2 else row[1:] for row in rows}


def drawn_again(engine: Engine, **settings: Any) -> Engine:
    """Draw up the registers once more, after a change of the tables or with other settings."""
    draw_up(engine, as_of=AS_OF, **settings)
    return engine
