"""Memberships and contract terms at month ends, written down by hand: what movements are made from.

The tables are filled here as their declarations say, without the code that makes them in a run.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

import pyarrow as pa

from tests.company import Row, given
from tests.engines import fresh_engine
from valuekit.calendar import month_end
from valuekit.cashflow import settle
from valuekit.engine import Engine
from valuekit.lifecycle import Policies
from valuekit.lifecycle.mrr import move_mrr
from valuekit.tables import PUBLISHED

FAR = date(9999, 12, 31)
_AS_USUAL = Policies()


def ends(first: str, months: int, *, as_of: str | None = None) -> list[date]:
    """So many month ends from the first on; and the as-of date, where it is no month end."""
    year, month = int(first[:4]), int(first[5:7]) - 1
    found = [month_end(date(year + (month + i) // 12, (month + i) % 12 + 1, 1)) for i in range(months)]
    return found + ([date.fromisoformat(as_of)] if as_of else [])


def grid(
    month_ends: Sequence[date],
    members: Mapping[str, Mapping[str, str]] | None = None,
    terms: Sequence[Row] = (),
    *,
    rules: Mapping[str, Row] | None = None,
    internal: Sequence[str] = (),
    **tables: Sequence[Row],
) -> Engine:
    """Fill an engine.

    `members` says for each definition and party at which month ends it is counted: `{"paying": {"ann": "1101"}}`; a
    space is a month end at which the party is not known yet. `terms` are contract terms with party, monthly, starts_on
    and, where needed, runs_until, signed_on, currency, reporting and kind. `rules` may give a definition its
    `predicate` and `event_on`. Where `invoices` are given, they are settled.
    """
    members = members or {}
    parties = sorted({p for who in members.values() for p in who} | {t["party"] for t in terms} | set(internal))
    facts = {f["party_id"]: f for f in tables.pop("facts", ())}
    engine = given(
        fresh_engine(),
        parties=[{"party_id": p, "label": p.title()} for p in parties],
        facts=[{"party_id": p, "as_of": month_ends[-1], **facts.get(p, {})} for p in parties],
        stages=[{"party_id": p, "stage": "internal" if p in internal else "active"} for p in parties],
        definitions=[_definition(d, place, (rules or {}).get(d, {})) for place, d in enumerate(members)],
        **tables,
    )
    for table in ("payments", "invoices"):
        engine.execute(f"ALTER TABLE {table} ADD COLUMN party_id VARCHAR")
        engine.execute(f"UPDATE {table} SET party_id = record")
    engine.put("month_ends", pa.table({
        "number": pa.array(range(len(month_ends)), pa.int32()),
        "as_of": month_ends,
        "complete": [day == month_end(day) for day in month_ends],
    }))  # fmt: skip
    _put_memberships(engine, month_ends, {p: _sums(members, p, len(month_ends)) for p in parties})
    _put_terms(engine, month_ends, terms)
    if "invoices" in tables:
        settle(engine, as_of=month_ends[-1])
    return engine


def move_revenue(engine: Engine, policies: Policies = _AS_USUAL) -> None:
    """What `move` does for recurring revenue, and nothing for the lists: in half the time."""
    engine.run("valuekit.lifecycle", "brief.sql", policies.parameters)
    move_mrr(engine, policies)


def _definition(key: str, place: int, rule: Row) -> Row:
    return {"definition": key, "label": key, "bit": 1 << place, "predicate": "paid > 0", **rule}


def _sums(members: Mapping[str, Mapping[str, str]], party: str, months: int) -> list[int | None]:
    """At each month end, the sum of the bits of the definitions that count the party; None before it is known."""
    marks = [who.get(party, "0" * months).ljust(months, "0") for who in members.values()]
    known = [not any(m[n] == " " for m in marks) for n in range(months)]
    return [sum((m[n] == "1") << place for place, m in enumerate(marks)) if known[n] else None for n in range(months)]


def _put_memberships(engine: Engine, month_ends: Sequence[date], sums: Mapping[str, list[int | None]]) -> None:
    months = [
        {"party_id": p, "as_of": day, "stage": "active", "definitions": bits}
        for p, row in sums.items() for day, bits in zip(month_ends, row, strict=True) if bits is not None
    ]  # fmt: skip
    fields = {"party_id": pa.string(), "as_of": pa.date32(), "stage": pa.string(), "definitions": pa.int64()}
    engine.put("party_months", pa.Table.from_pylist(months, pa.schema(fields)))
    history = [row for p, bits in sums.items() for row in _runs(p, month_ends, bits)]
    schema = pa.schema([f.with_nullable(True) for f in PUBLISHED["history"].arrow])
    engine.put("history", pa.Table.from_pylist(history, schema))


def _runs(party: str, month_ends: Sequence[date], sums: list[int | None]) -> list[Row]:
    rows, former, ever = [], 0, 0
    known = [(day, bits) for day, bits in zip(month_ends, sums, strict=True) if bits is not None]
    for bits, run in groupby(known, key=lambda pair: pair[1]):
        days = [day for day, _ in run]
        rows.append({"party_id": party, "from_end": days[0], "until_end": days[-1], "stage": "active",
                     "definitions": bits, "former_definitions": former, "first_definitions": bits & ~ever})  # fmt: skip
        former, ever = bits, ever | bits
    return rows


def _put_terms(engine: Engine, month_ends: Sequence[date], terms: Sequence[Row]) -> None:
    full = [_term(number, term) for number, term in enumerate(terms, start=1)]
    for term in full:
        current = [
            n for n, day in enumerate(month_ends)
            if max(term["starts_on"], term["signed_on"]) <= day <= (term["runs_until"] or FAR)
        ]  # fmt: skip
        term["from_number"], term["until_number"] = (current[0], current[-1]) if current else (None, None)
    engine.put("all_terms", pa.Table.from_pylist(full, _TERM))
    engine.execute("""CREATE TABLE running_terms AS
        SELECT party_id, system, id, kind, currency, signed_on, starts_on, monthly, reporting_monthly, from_number,
        until_number FROM all_terms WHERE from_number IS NOT NULL""")
    engine.execute("""CREATE TABLE contract_terms AS
        SELECT party_id, system, id, kind, signed_on, starts_on, runs_until, 12 AS term_months,
        reporting_monthly AS monthly FROM all_terms""")
    engine.execute("""CREATE OR REPLACE TABLE contracts AS
        SELECT system, id, currency, CAST(monthly * 12 AS DECIMAL(18, 4)) AS amount FROM all_terms""")


_TERM = pa.schema(
    [(n, pa.string()) for n in ("party_id", "system", "id", "kind", "currency")]
    + [(n, pa.date32()) for n in ("signed_on", "starts_on", "runs_until")]
    + [(n, pa.decimal128(18, 4)) for n in ("monthly", "reporting_monthly")]
    + [(n, pa.int32()) for n in ("from_number", "until_number")]
)


def _term(number: int, term: Row) -> dict[str, Any]:
    starts_on, monthly = _day(term["starts_on"]), Decimal(str(term["monthly"]))
    return {
        "party_id": term["party"], "system": "crm", "id": term.get("id", f"c{number}"), "kind": term.get("kind"),
        "currency": term.get("currency", "EUR"), "starts_on": starts_on,
        "signed_on": _day(term.get("signed_on", starts_on)), "runs_until": _day(term.get("runs_until")),
        "monthly": monthly, "reporting_monthly": Decimal(str(term.get("reporting", monthly))),
    }  # fmt: skip


def _day(day: date | str | None) -> Any:
    return date.fromisoformat(day) if isinstance(day, str) else day


def rows(engine: Engine, table: str, *columns: str, order: str = "as_of") -> list[tuple[Any, ...]]:
    """Columns of a table, in order; quoted, because `begin` and `end` are words of SQL."""
    names = ", ".join(f'"{c}"' for c in columns)
    return engine.rows(f'SELECT {names} FROM {table} ORDER BY "{order}"')
