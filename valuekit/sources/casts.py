"""From what was read to the declared type, as SQL that gives NULL for what is not of that type."""

from valuekit.config import Source
from valuekit.engine import literal
from valuekit.tables import Column

_WHOLE = ("BIGINT", "INTEGER")
_ISO = r"^\d{4}-\d{2}-\d{2}([T ].*)?$"
_OFFSET = r"[T ].*(Z|[+-]\d{2}(:?\d{2})?)$"
_GROUP = "[ \u00a0\u202f'\u2019]"


def cast(column: Column, read: str, kind: str, source: Source, date_format: str) -> str:
    """Return SQL of the column's type from the SQL that was read and its type there."""
    if column.type == "VARCHAR":
        return _text(column, _as_text(read, kind))
    if column.type == "DATE":
        return _date(read, kind, date_format)
    if column.type == "BOOLEAN":
        return read if kind == "BOOLEAN" else _yes_or_no(_as_text(read, kind))
    return _number_from_text(read, column, source.decimal) if kind == "VARCHAR" else _number(read, column)


def expected(column: Column, date_format: str) -> str:
    """Say what a column's values should be, for the reason of a row that breaks it."""
    if column.values:
        return f"one of {', '.join(column.values)}"
    if column.type == "DATE":
        return f"a date in the format {date_format}"
    if column.type == "BOOLEAN":
        return "true or false"
    return f"a whole number ({column.type})" if column.type in _WHOLE else f"a number within {column.type}"


def _as_text(read: str, kind: str) -> str:
    """Whole numbers that were read as floats lose their `.0`: ids often come that way."""
    if kind == "VARCHAR":
        return read
    text = f"CAST({read} AS VARCHAR)"
    if kind in ("DOUBLE", "FLOAT"):
        whole = f"{read} = FLOOR({read}) AND ABS({read}) < 1e15"
        return f"CASE WHEN {whole} THEN CAST(CAST({read} AS BIGINT) AS VARCHAR) ELSE {text} END"
    return text


def _text(column: Column, text: str) -> str:
    if column.name == "currency":
        return f"UPPER({text})"
    if column.values:
        values = ", ".join(literal(v) for v in column.values)
        return f"CASE WHEN LOWER({text}) IN ({values}) THEN LOWER({text}) END"
    return text


def _date(read: str, kind: str, date_format: str) -> str:
    if kind in ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"):
        return f"TRY_CAST({read} AS DATE)"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"TRY_CAST({read} AT TIME ZONE 'UTC' AS DATE)"
    text = _as_text(read, kind)
    iso = (
        f"CASE WHEN REGEXP_MATCHES({text}, {literal(_ISO)}) THEN CASE WHEN REGEXP_MATCHES({text}, {literal(_OFFSET)}) "
        f"THEN CAST(TRY_CAST({text} AS TIMESTAMP WITH TIME ZONE) AT TIME ZONE 'UTC' AS DATE) "
        f"ELSE CAST(TRY_CAST({text} AS TIMESTAMP) AS DATE) END END"
    )
    return f"COALESCE(CAST(TRY_STRPTIME({text}, {literal(date_format)}) AS DATE), {iso})"


def _yes_or_no(text: str) -> str:
    word = f"LOWER({text})"
    yes, no = "('true', 't', 'yes', 'y', '1')", "('false', 'f', 'no', 'n', '0')"
    return f"CASE WHEN {word} IN {yes} THEN TRUE WHEN {word} IN {no} THEN FALSE END"


def _number(read: str, column: Column) -> str:
    if column.type in _WHOLE:
        exact = f"TRY_CAST({read} AS DECIMAL(28,8))"
        return f"CASE WHEN {exact} = FLOOR({exact}) THEN TRY_CAST({exact} AS {column.type}) END"
    return f"TRY_CAST({read} AS {column.type})"


def _number_from_text(text: str, column: Column, decimal: str) -> str:
    """Separators between thousands count only where they part groups of three digits: 1,5 is never 15."""
    other = "," if decimal == "." else "."
    grouped = rf"^[+-]?\d{{1,3}}(([{other}]\d{{3}})+|({_GROUP}\d{{3}})+)([{decimal}]\d*)?$"
    plain = f"REGEXP_REPLACE({text}, {literal(f'[{other}]|{_GROUP}')}, '', 'g')"
    as_point = "{}" if decimal == "." else "REPLACE({}, ',', '.')"
    separated = (
        f"CASE WHEN REGEXP_MATCHES({text}, {literal(grouped)}) THEN {_number(as_point.format(plain), column)} END"
    )
    if decimal == ".":
        return f"COALESCE({_number(text, column)}, {separated})"
    with_comma = f"COALESCE({_number(as_point.format(text), column)}, {separated})"
    return f"CASE WHEN CONTAINS({text}, '.') THEN {separated} ELSE {with_comma} END"
