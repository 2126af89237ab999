"""The contract of a table as one SELECT: every value cast, every rule tried, the reasons of bad rows beside them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from valuekit.config import Source
from valuekit.engine import literal, quote
from valuekit.sources.casts import cast, expected
from valuekit.tables import CANONICAL, Column, Table

EARLIEST, LATEST = "1900-01-01", "2200-12-31"


@dataclass(frozen=True)
class Rule:
    """A condition that is true for bad rows, and the reason in words (SQL that gives text)."""

    broken: str
    reason: str


def checked_select(source: Source, mapped: str, types: Mapping[str, str], formats: Mapping[str, str]) -> str:
    """Compile the contract of a source's table.

    Args:
        source: Says table, decimal separator and date format.
        mapped: SELECT of `_row`, `_problem` and `<column>__read` (see `MappedSource.select`).
        types: SQL type of each column that is read.
        formats: Date formats of columns that differ from the source's.

    Returns:
        A SELECT of `_row`, the table's columns in their types, `_reasons` and `_warnings` (NULL for good rows).
    """
    table = CANONICAL[source.table]
    formatted = {c.name: formats.get(c.name, source.date_format) for c in table}
    typed = ", ".join(f"{_typed(c, types, source, formatted[c.name])} AS {quote(c.name)}" for c in table)
    reads = "".join(f", {quote(c + '__read')}" for c in types)
    broken = [Rule("_problem IS NOT NULL", "_problem"), *_rules(table, types, formatted)]
    warned = list(_warnings(table))
    return (
        f"SELECT _row, {', '.join(quote(n) for n in table.names)}, {_joined(broken)} AS _reasons, "
        f"{_joined(warned)} AS _warnings\nFROM (SELECT _row, _problem, {typed}{reads} FROM ({mapped}))"
    )


def _typed(column: Column, types: Mapping[str, str], source: Source, date_format: str) -> str:
    if column.name not in types:
        return f"CAST(NULL AS {column.type})"
    return cast(column, quote(column.name + "__read"), types[column.name], source, date_format)


def _joined(rules: list[Rule]) -> str:
    """Return SQL of the reasons of all broken rules; the words are only put together for rows that break one."""
    if not rules:
        return "CAST(NULL AS VARCHAR)"
    broken = " OR ".join(f"COALESCE({r.broken}, FALSE)" for r in rules)
    reasons = ", ".join(f"CASE WHEN {r.broken} THEN {r.reason} END" for r in rules)
    return f"CASE WHEN {broken} THEN CONCAT_WS('; ', {reasons}) END"


def _rules(table: Table, types: Mapping[str, str], formats: Mapping[str, str]) -> Iterator[Rule]:
    for column in table:
        if column.name in types:
            yield from _rules_of(column, formats[column.name])
    for check in table.checks:
        if check.severity == "quarantine":
            yield Rule(f"_problem IS NULL AND NOT ({check.predicate})", literal(f"broken rule: {check.message}"))


def _rules_of(column: Column, date_format: str) -> Iterator[Rule]:
    name, read = quote(column.name), quote(f"{column.name}__read")
    if column.required:
        yield Rule(f"_problem IS NULL AND {read} IS NULL", literal(f"{column.name} is missing"))
    if column.type != "VARCHAR" or column.values:
        words = f"{column.name} is not {expected(column, date_format)}"
        yield Rule(f"{name} IS NULL AND {read} IS NOT NULL", literal(words))
    if column.type == "DATE":
        words = f"{column.name} is before {EARLIEST} or after {LATEST}"
        yield Rule(f"{name} < DATE '{EARLIEST}' OR {name} > DATE '{LATEST}'", literal(words))


def _warnings(table: Table) -> Iterator[Rule]:
    for check in table.checks:
        if check.severity == "warn":
            yield Rule(f"NOT ({check.predicate})", literal(f"broken rule: {check.message}"))
    if table.money and not table["currency"].required:
        amounts = " OR ".join(f"{quote(c)} IS NOT NULL" for c in table.money)
        words = "no currency: taken for the reporting currency"
        yield Rule(f"currency IS NULL AND ({amounts})", literal(words))
