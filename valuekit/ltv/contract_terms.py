"""Contract terms of any table or file as `all_terms`: who signed what for how long; what cannot be read is refused."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypedDict, Unpack

from valuekit.calendar import ran_on
from valuekit.engine import Engine, Expression, quote
from valuekit.errors import ContractError
from valuekit.ltv.given_table import (
    ColumnName,
    Names,
    column_types,
    columns_of,
    day_sql,
    id_sql,
    optional_name,
    refuse_unknown,
    require_values,
    required_name,
    source_of,
)

INPUT = "term_input"
REQUIRED = ("customer", "starts_on", "term_months")
OPTIONAL = ("ends_on", "cancelled_on", "signed_on", "price", "kind")


class TermReading(TypedDict, total=False):
    """How contract terms are read: names of their columns (default: the name of the role), and limits of the work.

    `customer`, `starts_on`, `term_months` (whole months from renewal to renewal) must be there. `ends_on` is the last
    day of a term, or of several that follow each other unsigned; missing while nothing ends it. `cancelled_on` is the
    day of notice, `signed_on` of signature (default: `starts_on`), `price` of one whole term, `kind` new, renewal or
    change. `memory_limit` (default "4GB") and `threads` are of the engine.
    """

    customer: ColumnName
    starts_on: ColumnName
    term_months: ColumnName
    ends_on: ColumnName | None
    cancelled_on: ColumnName | None
    signed_on: ColumnName | None
    price: ColumnName | None
    kind: ColumnName | None
    memory_limit: str
    threads: int | None


@contextmanager
def contract_terms(contracts: Any, **reading: Unpack[TermReading]) -> Iterator[Engine]:
    """Yield an engine with the table `all_terms`, one row per contract term.

    Reads a pandas, Polars or Arrow table, a mapping of columns, or the path of a Parquet or CSV file. A term without
    end that was cancelled ends with the term under way on the day of notice.
    Raises `UnknownNameError` for a missing column or an unknown setting, `InputError` for a file that cannot
    be read, and `ContractError` for rows without customer, first day or length, for other days and prices that are
    given and cannot be read, and for terms that end before they begin: how many, and an example.
    """
    refuse_unknown(reading, TermReading)
    with tempfile.TemporaryDirectory(prefix="valuekit-") as folder:
        engine = Engine(
            memory_limit=reading.get("memory_limit", "4GB"), threads=reading.get("threads"), temp_folder=folder
        )
        try:
            _read(engine, contracts, reading)
            yield engine
        finally:
            engine.close()


def _read(engine: Engine, contracts: Any, reading: TermReading) -> None:
    what = "contracts"
    in_file = isinstance(contracts, str | Path)
    names = _names(reading, None if in_file else columns_of(contracts, what))
    source, where = source_of(engine, contracts, names, what=what, scratch=INPUT)
    types = column_types(engine, source, where)
    names = _names(reading, list(types))
    require_values(names, types, where)
    columns = {role: _column(role, names[role], types) for role in (*REQUIRED, *OPTIONAL)}
    chosen = ", ".join(f"{sql} AS {role}" for role, sql in columns.items())
    engine.execute(f"CREATE OR REPLACE TABLE read_terms AS SELECT {chosen} FROM {source}")
    for role in OPTIONAL:
        if (name := names[role]) is not None:
            _check_read(engine, source, where, role, name, columns[role])
    engine.drop(INPUT)
    _check(engine, where)
    engine.run("valuekit.ltv", "contract_terms.sql", ran_on=Expression("ran_on", ran_on(), frozenset()))
    engine.drop("read_terms")


def _names(reading: TermReading, known: list[str] | None) -> Names:
    """Name the column of each role; one that may be missing, and is not named, has none."""
    asked: dict[str, Any] = dict(reading)
    names: dict[str, str | None] = {role: required_name(role, asked.get(role, role)) for role in REQUIRED}
    there = {role: role if known is None or role in known else None for role in OPTIONAL}
    return names | {role: optional_name(asked.get(role, there[role])) for role in OPTIONAL}


def _column(role: str, name: str | None, types: dict[str, str]) -> str:
    if role.endswith("_on"):
        return day_sql(name, types[name]) if name is not None else "CAST(NULL AS DATE)"
    if role == "customer" and name is not None:
        return id_sql(name, types[name])  # no number is nobody, and 2.0 is 2
    kind = {"term_months": "DECIMAL(18,4)", "price": "DECIMAL(18,4)"}.get(role, "VARCHAR")
    value = f"TRY_CAST({quote(name)} AS {kind})" if name is not None else f"CAST(NULL AS {kind})"
    if role == "term_months":
        return f"CASE WHEN {value} = FLOOR({value}) THEN TRY_CAST({value} AS INTEGER) END"
    return f"NULLIF(TRIM({value}), '')" if kind == "VARCHAR" else value


def _check_read(engine: Engine, source: str, where: str, role: str, name: str, read: str) -> None:
    """Refuse what may be missing, is there, and cannot be read: without it, a contract that has ended would run on."""
    text = f"NULLIF(TRIM(CAST({quote(name)} AS VARCHAR)), '')"
    count, example = engine.rows(
        f"SELECT COUNT(*), MIN({text}) FROM {source} WHERE {text} IS NOT NULL AND ({read}) IS NULL"
    )[0]
    if count:
        advice = "Write amounts as 1234.56, below 1e14." if role == "price" else "Write days as 2026-06-30."
        raise ContractError(
            f"{count:,} rows have in column {name} what cannot be read, such as '{example}'.",
            where=where,
            next_step=advice,
        )


_RULES = {
    "customer IS NULL": ("have no customer", "Leave out contracts of unknown customers, or name them."),
    "starts_on IS NULL": ("have no day in starts_on", "Write days as 2026-06-30."),
    "term_months IS NULL OR term_months < 1": ("have no whole number of months", "A term has at least one month."),
    "ends_on < starts_on": ("end before they begin", "Correct the days, or leave these contracts out."),
}


def _check(engine: Engine, where: str) -> None:
    for condition, (what, advice) in _RULES.items():
        wrong, rows, example = engine.rows(
            f"SELECT COUNT(*) FILTER (WHERE {condition}), COUNT(*), "
            f"MIN(COALESCE(customer, 'unknown') || ' from ' || COALESCE(CAST(starts_on AS VARCHAR), 'an unknown day')) "
            f"FILTER (WHERE {condition}) FROM read_terms"
        )[0]
        if wrong:
            raise ContractError(
                f"{wrong:,} of {rows:,} contracts {what}, such as that of {example}.", where=where, next_step=advice
            )
