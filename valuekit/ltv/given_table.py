"""A table that somebody hands over, as a source for SQL: of pandas, Polars or Arrow, a mapping, a file, an engine's."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from valuekit.engine import DatabaseError, Engine, file_literal, first_line, quote
from valuekit.errors import ConfigError, InputError, UnknownNameError, did_you_mean
from valuekit.sources.raw import read_text

Names = Mapping[str, str | None]
"""Name of the column for each role; None for a role that no column has."""

ColumnName = str | int
"""Name of a column; 0, 1, 2 are those of a pandas table that was read without a header."""


def required_name(role: str, name: object) -> str:
    """Return the name of the column for a role as text; raises `ConfigError` for None."""
    if name is None:
        raise ConfigError(f"no column is named for the {role}.", next_step=f"Say which column it is: {role}=...")
    return str(name)


def optional_name(name: object) -> str | None:
    """Return the name of a column as text, or None for none."""
    return None if name is None else str(name)


def source_of(
    engine: Engine, given: Any, names: Names, *, what: str, scratch: str, own: bool = False
) -> tuple[str, str]:
    """Return what to read a table from in SQL, and what to call it in an error.

    Reads a pandas, Polars or Arrow table, a mapping of columns, or the path of a Parquet or CSV file (packed: .csv.gz);
    with `own` the name of a table of the engine too. A table in memory becomes `scratch`, with the columns of `names`
    alone.
    Raises `InputError` for what is no table and `UnknownNameError` for a missing column.
    """
    if isinstance(given, str | Path):
        path = Path(given)
        if own and isinstance(given, str) and engine.has(given):
            return quote(given), f"table {given}"
        known = path.name.lower().endswith(_ENDINGS)
        if not known or not path.is_file():
            problem = "does not exist." if known else "is no Parquet or CSV file."
            raise InputError(problem, where=str(given), next_step="Name a file that ends in .parquet, .csv or .csv.gz.")
        if path.name.lower().endswith(_PARQUET):
            return f"read_parquet({file_literal(path)})", path.name
        _parse(engine, path, scratch, names)
        return scratch, path.name
    table = _as_arrow(given, names, what)
    try:
        engine.put(scratch, table)
    except DatabaseError as error:  # types that Arrow has and the engine has not
        raise InputError(f"cannot be read: {first_line(error)}.", where=what, next_step=_ONE_TYPE) from None
    return scratch, what


def refuse_unknown(settings: Mapping[str, object], known: type) -> None:
    """Raise `UnknownNameError` for a setting that a `TypedDict` has not: Python itself lets any name pass."""
    for name in settings:
        if name not in known.__annotations__:
            raise UnknownNameError("setting", name, known.__annotations__)


def _parse(engine: Engine, path: Path, scratch: str, names: Names) -> None:
    """Make a table of a text file, read as those of a company are: what is empty is NULL, all else is text."""
    table = f"{scratch}_lines"
    try:
        raw, header = read_text(engine, path, table)
        _refuse_twice(names, header, path.name)
        _refuse_broken(engine, table, path.name)
        columns = ", ".join(f"NULLIF({quote(name)}, '') AS {quote(name)}" for name in raw.types)
        engine.execute(f"CREATE OR REPLACE TABLE {scratch} AS SELECT {columns} FROM {table}")
    finally:
        engine.drop_any(table)
        engine.drop(f"{table}_text")


def _refuse_broken(engine: Engine, table: str, where: str) -> None:
    if broken := engine.scalar(f"SELECT COUNT(_problem) FROM {table}"):
        row, problem, line = engine.rows(
            f"SELECT _row, _problem, _line FROM {table} WHERE _problem IS NOT NULL ORDER BY _row LIMIT 1"
        )[0]
        raise InputError(
            f"{broken:,} of {engine.count(table):,} rows cannot be read; row {row:,}, '{line[:80]}': {problem}.",
            where=where,
            next_step="Mend these lines, or write the file as UTF-8 CSV with a header, or as Parquet.",
        )


def _refuse_twice(names: Names, known: Sequence[str], where: str) -> None:
    if twice := sorted({name for name in names.values() if name is not None and known.count(name) > 1}):
        raise InputError(f"there are several columns '{twice[0]}'.", where=where, next_step="Rename all but one.")


def _unreadable(error: DatabaseError, where: str) -> InputError:
    advice = "Write it as UTF-8 CSV with a header, or as Parquet."
    return InputError(f"cannot be read: {first_line(error)}", where=where, next_step=advice)


_PARQUET = (".parquet", ".pq")
_ENDINGS = (*_PARQUET, ".csv", ".csv.gz")


def column_types(engine: Engine, source: str, where: str) -> dict[str, str]:
    """Return the columns of a source and their types; raises `InputError` for a file that cannot be read."""
    try:
        return {row[0]: row[1] for row in engine.rows(f"DESCRIBE SELECT * FROM {source}")}
    except DatabaseError as error:
        raise _unreadable(error, where) from None


def require(names: Names, known: Collection[str], where: str) -> None:
    """Raise `UnknownNameError` for a role whose column is not there."""
    for role, name in names.items():
        if name is not None and name not in known:
            advice = f"{did_you_mean(name, known)} Say which column it is: {role}=..."
            raise UnknownNameError(f"column for the {role}", name, known, where=where, next_step=advice)


def require_values(names: Names, types: Mapping[str, str], where: str) -> None:
    """Raise as `require` does, and `InputError` for a column that holds lists or structures, which name nothing."""
    require(names, types, where)
    for name in names.values():
        kind = types[name].lower() if name is not None else ""
        if kind.endswith("]") or kind.startswith(("struct", "map", "union")):
            advice = "Make each of them one value: a number, a day or a text."
            raise InputError(f"column {name} holds values of several parts ({kind}).", where=where, next_step=advice)


def day_sql(name: str, kind: str) -> str:
    """Return SQL of the day that a column of a type holds; NULL where it is none, as text of 1900 or before is."""
    column = quote(name)
    # What a file says of a moment is in UTC: to read it in the machine's zone would move days.
    moment = f"({column} AT TIME ZONE 'UTC')" if kind == "TIMESTAMP WITH TIME ZONE" else column
    day = f"TRY_CAST({moment} AS DATE)"
    if kind == "VARCHAR":
        # 24-12-31 would be the year 24; this keeps what is NULL, and makes NULL of what is too early.
        return f"NULLIF(GREATEST({day}, {_TOO_EARLY}), {_TOO_EARLY})"
    return column if kind == "DATE" else day


_TOO_EARLY = "DATE '1900-01-01'"


def early_sql(name: str, kind: str) -> str:
    """Return SQL that says whether a text is a day that `day_sql` takes for none, as it is too early.

    A year of two digits makes a text no day at all.
    """
    day = f"TRY_CAST({quote(name)} AS DATE)"
    return f"{day} BETWEEN DATE '1000-01-01' AND {_TOO_EARLY}" if kind == "VARCHAR" else "FALSE"


LAST_DAY = "DATE '2199-12-31'"
"""What is later is no day of an order: 9999-12-31, say, stands for one that is not known."""


def id_sql(name: str, kind: str) -> str:
    """Return SQL of the text of an id; NULL where there is none. Gaps make 2.0 of 2, which is 2 again.

    >>> id_sql("order", "BIGINT")
    'CAST("order" AS VARCHAR)'
    """
    column = quote(name)
    if kind in ("DOUBLE", "FLOAT"):
        whole = f"CASE WHEN {column} = TRUNC({column}) THEN CAST(TRY_CAST({column} AS HUGEINT) AS VARCHAR) END"
        return f"CASE WHEN ISFINITE({column}) THEN COALESCE({whole}, CAST({column} AS VARCHAR)) END"
    text = f"CAST({column} AS VARCHAR)"
    if kind != "VARCHAR":
        return text
    return f"REGEXP_REPLACE(NULLIF({trim_sql(text)}, ''), '^([0-9]+)[.]0$', '\\1')"


def trim_sql(text: str) -> str:
    """Return SQL of a text without the blanks around it: spaces of any alphabet, tabs, ends of lines."""
    return f"REGEXP_REPLACE({text}, '^[\\s\\pZ]+|[\\s\\pZ]+$', '', 'g')"


def columns_of(given: Any, what: str) -> list[str]:
    """Return the names of the columns of a table in memory; raises `InputError` for what is no table."""
    return [str(key) for key in _keys(_streamed(given), what)]


def _keys(given: Any, what: str) -> list[Any]:
    """Return what a table calls its columns: mostly text, but any value names one of pandas."""
    if hasattr(type(given), "collect"):  # to ask a plan for its columns may take long
        raise _uncollected(given, what)
    columns = given.schema.names if isinstance(given, pa.Table | pa.RecordBatch) else getattr(given, "columns", None)
    columns = given.keys() if isinstance(given, Mapping) else columns
    if columns is None:
        raise InputError(
            f"this {type(given).__name__} is no table of {what}.",
            next_step="Give a pandas, Polars or Arrow table, a mapping of columns, or the path of a file.",
        )
    return list(columns)


def _uncollected(given: Any, what: str) -> InputError:
    advice = "Collect it first: give a pandas, Polars or Arrow table."
    return InputError(f"this {type(given).__name__} does not give its columns by name.", where=what, next_step=advice)


def _streamed(given: Any) -> Any:
    """Return what is known as a stream alone as a table, unless it is a stream of one column."""
    if not hasattr(given, "__arrow_c_stream__") or hasattr(given, "columns"):
        return given
    try:
        return pa.table(given)
    except pa.ArrowInvalid:
        return given


def _as_arrow(given: Any, names: Names, what: str) -> pa.Table:
    """Take the named columns of a table."""
    given = _streamed(given)
    keys = _keys(given, what)
    known = [str(key) for key in keys]
    require(names, known, what)
    _refuse_twice(names, known, what)
    key_of = dict(zip(known, keys, strict=True))
    try:
        columns = {name: given[key_of[name]] for name in dict.fromkeys(names.values()) if name is not None}
    except TypeError:
        raise _uncollected(given, what) from None
    read = {name: _read_column(values, name, what) for name, values in columns.items()}
    try:
        table = pa.table(read)
    except pa.ArrowInvalid as error:  # columns of different lengths
        raise InputError(f"{str(error).splitlines()[0]}.", where=what) from None
    place = table.schema.get_field_index(str(names["customer"]))
    numbered = pa.types.is_integer(table.schema.field(place).type)  # written out once, not each time it is read
    return table.set_column(place, names["customer"], table[place].cast(pa.string())) if numbered else table


def _read_column(values: Any, name: str, what: str) -> Any:
    """Return a column for Arrow; raises `InputError`, with what it holds, where that is of no one type."""
    try:
        return _column(values)
    except UnicodeEncodeError:
        raise _undecoded(values, name, what) from None
    except (pa.ArrowException, TypeError, OverflowError) as error:
        raise _mixed(values, name, what, str(error).splitlines()[0]) from None


def _undecoded(values: Any, name: str, what: str) -> InputError:
    """Say how many texts hold bytes that are no letters, as those of a file that was read in a wrong encoding."""
    broken = [value for value in values if isinstance(value, str) and _BROKEN.search(value)]
    return InputError(
        f"{len(broken):,} values of column {name} are no whole text, such as {ascii(broken[0])[:80]}.",
        where=what,
        next_step="Read the file in its own encoding, such as encoding='cp1252'.",
    )


_BROKEN = re.compile("[\ud800-\udfff]")
"""Half of a pair of UTF-16, by itself no letter: what stands in Python for a byte that does not decode."""


def _mixed(values: Any, name: str, what: str, problem: str) -> InputError:
    """Say which types a column holds, how often, and an example of each; what is missing is of none."""
    listed = not isinstance(values, str) and hasattr(values, "__iter__")
    there = [value for value in values if isinstance(value, str) or str(value) not in _MISSING] if listed else []
    if not there:
        return InputError(f"column {name} cannot be read: {problem}.", where=what)
    examples = {type(value).__name__: value for value in reversed(there)}
    counts = Counter(type(value).__name__ for value in there)
    shown = ", ".join(f"{count:,} {kind} such as {repr(examples[kind])[:80]}" for kind, count in counts.most_common(3))
    return InputError(
        f"column {name} cannot be read as one type: {shown}.",
        where=what,
        next_step=_ONE_TYPE,
    )


_ONE_TYPE = "Make all its values numbers, days, or text, as by .astype(str)."


_MISSING = ("None", "nan", "NaT", "<NA>")
"""What is missing, as Python, NumPy and pandas write it: comparing it with itself is no test that they all bear."""


def _column(values: Any) -> Any:
    """Return a column for Arrow; a moment in a time zone is the local one there, whatever the machine's zone."""
    if str(getattr(values, "dtype", "")) == "Object":  # Polars hands over where in memory these are, not what
        values = pa.array(values.to_list())
    elif hasattr(values, "to_arrow"):
        values = values.to_arrow()
    elif hasattr(values, "sparse"):
        values = pa.array(values.sparse.to_dense())
    elif getattr(getattr(values, "dtype", None), "tz", None) is not None:
        values = pa.array(values.dt.tz_localize(None))
    elif not isinstance(values, pa.Array | pa.ChunkedArray):
        values = pa.array(values)
    if pa.types.is_float16(values.type):  # a type that the engine has not
        return values.cast(pa.float32())
    zoned = pa.types.is_timestamp(values.type) and values.type.tz
    return pc.local_timestamp(values) if zoned else values
