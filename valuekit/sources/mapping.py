"""Which source column, constant or expression becomes which canonical column."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from valuekit.config import ColumnMap, Source
from valuekit.engine import literal, parse_expression, quote
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.sources.raw import OWN_COLUMNS, Raw
from valuekit.tables import CANONICAL, Column

_ALTERNATIVES = re.compile(r"\{([^{}]+)\}")
_BLANKS = " \t\r\n\u00a0"
_OUTER_BLANK = literal(f"^[{_BLANKS}]|[{_BLANKS}]$")


@dataclass(frozen=True)
class MappedSource:
    """A source over one raw table, as SQL: what each canonical column is read from, and which rows count."""

    raw: Raw
    reads: dict[str, str]
    """SQL by canonical column, over the cleaned source columns."""
    formats: dict[str, str]
    where: str

    @property
    def select(self) -> str:
        """The rows that count: `_row`, `_problem` and `<column>__read` for every canonical column that is mapped."""
        reads = "".join(f", {sql} AS {quote(column + '__read')}" for column, sql in self.reads.items())
        rows = f"_problem IS NOT NULL OR {self.where}" if self.where else "TRUE"
        return f"SELECT _row, _problem{reads} FROM ({self._cleaned}) WHERE {rows}"

    @property
    def condition(self) -> str:
        """What `where` gives for each row, as `condition`."""
        return f"SELECT {self.where} AS condition FROM ({self._cleaned})"

    @property
    def _cleaned(self) -> str:
        return f"SELECT {', '.join([*self._clean, *OWN_COLUMNS])} FROM {quote(self.raw.table)}"

    _clean: tuple[str, ...] = ()


def map_source(source: Source, raw: Raw) -> MappedSource:
    """Map a source to its canonical table.

    Every source column of a canonical column's name is mapped without being named. Text loses the blanks around it,
    and `null_values` become missing, before anything else looks at it.

    Raises: `UnknownNameError` for a source column that is not there; `ConfigError` for an expression that is not
    allowed, or when a column that the table needs has no origin.
    """
    table = CANONICAL[source.table]
    named = {**_same_names(table.names, raw), **{c: _as_map(m) for c, m in source.columns.items()}}
    reads = {column: _origin(column, mapping, source, raw) for column, mapping in named.items()}
    if "system" in table.names:
        reads["system"] = _system(reads.get("system"), source)
    for column in table:
        if column.required and column.name not in reads:
            raise _unmapped(column, source, raw)
    formats = {c: m.format for c, m in named.items() if m.format}
    where = _expression(source.where, raw, "where") if source.where else ""
    return MappedSource(raw, reads, formats, where, tuple(_clean_columns(raw, source.null_values)))


def _unmapped(column: Column, source: Source, raw: Raw) -> ConfigError:
    meaning = column.meaning[0].lower() + column.meaning[1:]
    return ConfigError(
        f"{source.table} needs the column '{column.name}' ({meaning}), and nothing is mapped to it.",
        where=raw.place,
        next_step=f"Add `{column.name}: <source column>` or a constant under `columns`. "
        f"The source has: {', '.join(raw.types)}.",
    )


def _same_names(names: Collection[str], raw: Raw) -> dict[str, ColumnMap]:
    return {c.lower(): ColumnMap(column=c) for c in raw.types if c.lower() in names}


def _as_map(mapping: str | ColumnMap) -> ColumnMap:
    return ColumnMap(column=mapping) if isinstance(mapping, str) else mapping


def _origin(column: str, mapping: ColumnMap, source: Source, raw: Raw) -> str:
    if mapping.column is not None:
        return quote(_source_column(mapping.column, raw))
    if mapping.any_of is not None:
        return _first_of(mapping.any_of, raw)
    if mapping.expression is not None:
        return _expression(mapping.expression, raw, column)
    return _constant(mapping.constant)


def _source_column(name: str, raw: Raw) -> str:
    known = {c.lower(): c for c in (*raw.types, "_row")}
    if name.lower() not in known:
        raise UnknownNameError("source column", name, raw.types, where=raw.place)
    return name if name in raw.types else known[name.lower()]


def _first_of(names: Sequence[str], raw: Raw) -> str:
    """Name the first of the columns that the source has; NULL when it has none."""
    known = {c.lower(): c for c in raw.types}
    return next((quote(known[name.lower()]) for name in names if name.lower() in known), "NULL")


def _expression(text: str, raw: Raw, place: str) -> str:
    """Check an expression; where it fails for a row, it gives nothing instead of stopping the run."""
    text = _ALTERNATIVES.sub(lambda match: _first_of(match[1].split("|"), raw), text)
    expression = parse_expression(text, [*raw.types, "_row"], where=f"{raw.place} {place}")
    return f"TRY({expression.sql})"


def _constant(value: str | float | bool | date | None) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, date):
        return f"DATE {literal(value)}"
    if isinstance(value, str):
        return literal(value)
    if value is None:
        return "CAST(NULL AS VARCHAR)"
    return f"CAST({literal(value)} AS {'BIGINT' if isinstance(value, int) else 'DOUBLE'})"


def _system(own: str | None, source: Source) -> str:
    return f"COALESCE(CAST({own} AS VARCHAR), {literal(source.system)})" if own else literal(source.system)


def _clean_columns(raw: Raw, null_values: Collection[str]) -> Iterator[str]:
    nulls = ", ".join(literal(v.strip()) for v in null_values)
    for name, kind in raw.types.items():
        column = quote(name)
        if kind != "VARCHAR":
            yield column
        else:
            trimmed = _trimmed(column)
            yield f"{f'CASE WHEN {trimmed} NOT IN ({nulls}) THEN {trimmed} END' if nulls else trimmed} AS {column}"


def _trimmed(column: str) -> str:
    # Looking for blanks first is twice as fast as trimming every text.
    return (
        f"CASE WHEN REGEXP_MATCHES({column}, {_OUTER_BLANK}) THEN TRIM({column}, {literal(_BLANKS)}) ELSE {column} END"
    )


def types_of(described: Mapping[str, str]) -> dict[str, str]:
    """Return the SQL type of each mapped column, from the description of `MappedSource.select`."""
    return {name.removesuffix("__read"): kind for name, kind in described.items() if name.endswith("__read")}
