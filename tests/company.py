"""Tiny companies for tests: canonical tables in an engine from a few visible rows."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from hashlib import md5
from typing import Any

import pyarrow as pa

from valuekit.engine import Engine
from valuekit.tables import CANONICAL, PUBLISHED, Column, Table, accepted

Row = Mapping[str, Any]

DEFAULTS = {"system": "crm", "to_system": "crm", "currency": "EUR", "term_months": 12, "feature": "app", "events": 1}


def given(engine: Engine, *, alone: bool = False, **tables: Sequence[Row]) -> Engine:
    """Make every canonical table (and empty `cash` and `cash_months`) in the engine, filled with the rows given.

    Dates may be ISO text. Missing columns are NULL, or a harmless default where a value is required; amounts are in the
    reporting currency unless `reporting_<amount>` says otherwise. Published tables may be given too.
    `alone`: each record is a party of its own, as `identity.resolve` finds where no two share a key, in a third of the
    time; makes `parties` and `party_records` too.

    >>> engine = given(Engine(), payments=[{"record": "a", "paid_on": "2026-01-01", "amount": 5}])
    >>> engine.rows("SELECT id, record, kind, reporting_amount FROM payments"), engine.count("orders")
    ([('1', 'a', 'payment', Decimal('5.0000'))], 0)
    """
    declared = {t.name: accepted(t) for t in CANONICAL.values()} | {
        n: PUBLISHED[n] for n in {"cash", "cash_months", *tables} & PUBLISHED.keys()
    }
    filled = {
        name: [_filled(table, number, row) for number, row in enumerate(tables.get(name, ()), start=1)]
        for name, table in declared.items()
    }
    if alone:
        ids = {(r["system"], r["record"]): _id(r["system"], r["record"]) for r in filled["records"]}
        declared = {name: _with_ids(table, filled[name], ids) for name, table in declared.items()}
        parties = [_party(r) for r in filled["records"]]
        declared |= {name: PUBLISHED[name] for name in ("parties", "party_records")}
        filled |= {
            "parties": parties,
            "party_records": [{**r, "party_id": ids[r["system"], r["record"]]} for r in filled["records"]],
        }
    for name, table in declared.items():
        if filled[name]:
            schema = pa.schema([f.with_nullable(True) for f in table.arrow])
            engine.put(name, pa.Table.from_pylist(filled[name], schema))
        else:
            engine.make_empty(table, name)  # a tenth of what an Arrow table takes
    return engine


def _id(system: str, record: str) -> str:
    return f"P{md5(f'{system}{chr(31)}{record}'.encode(), usedforsecurity=False).hexdigest()[:15]}"


def _with_ids(table: Table, rows: list[dict[str, Any]], ids: Mapping[tuple[str, str], str]) -> Table:
    """Put the party beside each column that names a record, and return the table that has these columns too."""
    named = {column: "party_id" if column == "record" else f"{column}_party_id" for column in table.parties}
    for row in rows:
        row |= {name: ids.get((row["system"], row[column])) for column, name in named.items()}
    return table.plus(*(Column(name, "VARCHAR", "Party") for name in named.values() if name not in table.names))


def _party(record: Row) -> dict[str, Any]:
    return {
        **record,
        "party_id": _id(record["system"], record["record"]),
        "label": record["name"] or f"{record['system']} {record['record']}",
        "role": record["role"] or "buyer",
        "is_supplier": record["role"] in ("supplier", "partner"),
        "records": 1,
        "systems": record["system"],
        "in_review": False,
    }


def _filled(table: Table, number: int, row: Row) -> dict[str, Any]:
    unknown = set(row) - set(table.names)
    assert not unknown, f"{table.name} has no column {sorted(unknown)}"
    full = {"id": str(number), **{f"reporting_{c}": row.get(c) for c in table.money}, **row}
    return {c.name: _typed(c, full.get(c.name)) for c in table}


def _typed(column: Column, value: Any) -> Any:
    if value is None and column.required:
        value = DEFAULTS.get(column.name) or (
            column.values[0] if column.values else 0 if "DECIMAL" in column.type else None
        )
    if column.type == "DATE" and isinstance(value, str):
        return date.fromisoformat(value)
    if "DECIMAL" in column.type and isinstance(value, float):
        return Decimal(str(value))
    return value
