"""Companies in a few lines: canonical tables as the domain reads them, from rows that state only what matters."""

from decimal import Decimal

import pyarrow as pa

from valuekit.engine import Engine
from valuekit.tables import CANONICAL, PUBLISHED, Column, Table, accepted

DEFAULTS = {"system": "s", "currency": "EUR", "channel": "agent", "feature": "f", "events": 1, "activity": "work",
            "status": "open", "term_months": 12}  # fmt: skip
KINDS = {"engagements": "campaign", "payments": "payment", "ideas": "idea"}


def given(engine: Engine, **tables: list[dict]) -> Engine:
    """Make every canonical table and `parties`; rows name their party by `party` and amounts in the currency."""
    parties: set[str] = {row["party_id"] for row in tables.get("parties", [])}
    for name, table in CANONICAL.items():
        rows = [complete(table, number, row) for number, row in enumerate(tables.get(name, []))]
        parties |= {row[c] for row in rows for c in party_columns(table) if row.get(c)}
        put(engine, accepted(table).plus(*(Column(c, "VARCHAR", c) for c in party_columns(table))), rows)
    rows = tables.get("parties", []) or [{"party_id": p} for p in sorted(parties)]
    put(engine, PUBLISHED["parties"], rows)
    return engine


def published(engine: Engine, **tables: list[dict]) -> Engine:
    """Make published tables; columns that a row does not state are zero, false or missing."""
    for name, rows in tables.items():
        put(engine, PUBLISHED[name], [{**zeros(PUBLISHED[name]), **row} for row in rows])
    return engine


def zeros(table: Table) -> dict:
    return {c.name: {"BOOLEAN": False, "VARCHAR": None, "DATE": None}.get(c.type, 0) for c in table if c.required}


def party_columns(table: Table) -> list[str]:
    return ["party_id" if c == "record" else f"{c}_party_id" for c in table.parties]


def complete(table: Table, number: int, row: dict) -> dict:
    if "party" in row:
        row = {"party_id": row["party"], "record": row["party"], **row}
    full = {**DEFAULTS, "kind": KINDS.get(table.name), "id": f"{table.name}{number}", **row}
    return {f"reporting_{c}": full[c] for c in table.money if c in full} | full


def put(engine: Engine, table: Table, rows: list[dict]) -> None:
    if not rows:
        engine.make_empty(table)  # a fifth of what it takes to put no rows
        return
    columns = {c.name: [plain(row.get(c.name), c.type) for row in rows] for c in table}
    schema = pa.schema([f.with_nullable(True) for f in table.arrow])
    engine.put(table.name, pa.table(columns, schema=schema))


def plain(value: object, kind: str) -> object:
    if value is None or not kind.startswith("DECIMAL"):
        return value
    places = Decimal("0.01") if kind.endswith(",2)") else Decimal("0.0001")
    return Decimal(str(value)).quantize(places)
