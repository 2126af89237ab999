"""Files and databases become raw tables in the engine: their own columns, as they are.

Each raw table has three columns more: `_row` (1 is the first row of data), and for lines of text that could not be
parted into fields `_problem` (why) and `_line` (the text); their other columns are empty.
"""

import codecs
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa

from valuekit.config import Source
from valuekit.engine import DatabaseError, Engine, file_literal, first_line, literal, quote
from valuekit.errors import EngineError, InputError, ValuekitError, did_you_mean
from valuekit.sources.files import find_database, find_files, format_of, label, opened
from valuekit.sources.text import Layout, header_of, layout_of, read_rows, unique_names

OWN_COLUMNS = ("_row", "_problem", "_line")

_SQLITE = b"SQLite format 3\0"
_FAST_ENCODINGS = {"utf-8": "utf-8", "utf-8-sig": "utf-8", "iso8859-1": "latin-1"}
_NO_PROBLEM = "CAST(NULL AS VARCHAR) AS _problem, CAST(NULL AS VARCHAR) AS _line"
_LONGEST_LINE = 16_000_000


@dataclass(frozen=True)
class Raw:
    """One raw table: its name in the engine, the file or query it comes from, its columns with their types."""

    table: str
    place: str
    types: dict[str, str]


def read_raw(engine: Engine, source: Source, base: Path, prefix: str) -> list[Raw]:
    """Make the raw tables of a source, one per file, named `<prefix>_<number>`.

    Raises: `InputError` when a file or database is missing, empty, locked, or not what it should be.
    """
    if source.database:
        _read_database(engine, source, base, f"{prefix}_0")
        return [_described(engine, f"{prefix}_0", label(source))]
    raws = []
    for number, path in enumerate(find_files(source, base)):
        _read_file(engine, source, path, f"{prefix}_{number}")
        raws.append(_described(engine, f"{prefix}_{number}", _place(source, path, base)))
    return raws


def read_text(engine: Engine, path: Path, table: str) -> tuple[Raw, list[str]]:
    """Make the raw table of one text file with a header; returns it, and the names as they stand in the header.

    Raises: `InputError` when the file is empty, or no text.
    """
    layout = layout_of(Source(table="orders", system="file", file=str(path)), path, blanks=False)
    if not _read_sound_csv(engine, layout, table):
        _put(engine, table, read_rows(layout), layout.schema(), str(path))
    return _described(engine, table, path.name), header_of(layout)


def _place(source: Source, path: Path, base: Path) -> str:
    """Name a file as configured, or below the configuration's folder when a pattern found it."""
    if path == base / str(source.file) or str(source.file).startswith("package:"):
        return str(source.file)
    return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)


def _described(engine: Engine, table: str, place: str) -> Raw:
    rows = engine.rows(f"DESCRIBE {quote(table)}")
    return Raw(table, place, {name: kind for name, kind, *_ in rows if name not in OWN_COLUMNS})


def _read_file(engine: Engine, source: Source, path: Path, table: str) -> None:
    form = format_of(source, path)
    if form == "parquet":
        _read_parquet(engine, path, table)
        return
    layout = layout_of(source, path, blanks=form == "whitespace")
    if form == "whitespace" or not _read_sound_csv(engine, layout, table):
        _put(engine, table, read_rows(layout), layout.schema(), str(path))


def _read_sound_csv(engine: Engine, layout: Layout, table: str) -> bool:
    """Read a CSV file with the engine, which refuses it as a whole when a single line is broken: then return False."""
    encoding = _FAST_ENCODINGS.get(codecs.lookup(layout.encoding).name)
    if encoding is None:
        return False
    columns = ", ".join(f"{literal(n)}: 'VARCHAR'" for n in layout.names)
    try:
        engine.execute(
            f"CREATE OR REPLACE TABLE {quote(table + '_text')} AS SELECT * FROM read_csv({file_literal(layout.path)}, "
            f"columns = {{{columns}}}, header = {layout.header}, delim = {literal(layout.delimiter)}, "
            f"quote = '\"', escape = '\"', auto_detect = false, strict_mode = true, nullstr = '\x01', "
            f"encoding = {literal(encoding)}, max_line_size = {_LONGEST_LINE})"
        )
    except DatabaseError:
        return False
    _number(engine, f"SELECT *, rowid + 1 AS _row, {_NO_PROBLEM} FROM {quote(table + '_text')}", table)
    return True


def _number(engine: Engine, select: str, table: str) -> None:
    engine.execute(f"CREATE OR REPLACE VIEW {quote(table)} AS {select}")


def _read_parquet(engine: Engine, path: Path, table: str) -> None:
    with opened(path) as file:
        if not file.read(1):
            raise InputError("is empty.", where=str(path), next_step="Export it again, or leave the source out.")
    rows = f"read_parquet({file_literal(path)}, file_row_number = true)"
    try:
        _number(
            engine, f"SELECT * EXCLUDE (file_row_number), file_row_number + 1 AS _row, {_NO_PROBLEM} FROM {rows}", table
        )
    except DatabaseError as error:
        raise InputError(
            f"is no readable Parquet file: {first_line(error)}.",
            where=str(path),
            next_step="Write it again, or set `format` to what it is.",
        ) from None


def _read_database(engine: Engine, source: Source, base: Path, table: str) -> None:
    path = find_database(source, base)
    with opened(path) as file:
        is_sqlite = file.read(16) == _SQLITE
    batches = _sqlite_batches(path, source) if is_sqlite else _duckdb_batches(path, source)
    first = next(batches)  # always there: it carries the schema
    schema = pa.schema(
        [pa.field(n, t) for n, t in zip(unique_names(first.schema.names), first.schema.types, strict=True)]
    )
    renamed = (pa.RecordBatch.from_arrays(b.columns, schema=schema) for b in chain([first], batches))
    _put(engine, f"{table}_text", renamed, schema, label(source))
    _number(engine, f"SELECT *, rowid + 1 AS _row, {_NO_PROBLEM} FROM {quote(table + '_text')}", table)


def _put(engine: Engine, table: str, batches: Iterator[pa.RecordBatch], schema: pa.Schema, where: str) -> None:
    """Stream rows into a table. What stops the stream is raised behind it: the engine would blur it."""
    failures: list[ValuekitError] = []

    def until_failure() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except ValuekitError as failure:
            failures.append(failure)

    try:
        engine.put_batches(table, until_failure(), schema)
    except DatabaseError as error:
        raise InputError(f"cannot be read: {first_line(error)}.", where=where) from None
    if failures:
        raise failures[0]


def _duckdb_batches(path: Path, source: Source) -> Iterator[pa.RecordBatch]:
    try:
        with Engine(path, read_only=True) as database:
            names = [
                n for (n,) in database.rows("SELECT table_name FROM information_schema.tables ORDER BY table_name")
            ]
            select = _select(source, names, path)
            yield _no_rows(database.query(f"{select} LIMIT 0").schema)
            yield from database.batches(select)
    except EngineError as error:
        advice = "Close the program that writes to it, or read a copy; it must be a DuckDB or SQLite file."
        raise InputError(f"cannot be opened: {error.what}", where=str(path), next_step=advice) from None
    except DatabaseError as error:
        raise _wrong_query(error, path, source) from None


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], f.type) for f in schema], schema=schema)


def _select(source: Source, names: list[str], path: Path) -> str:
    """Return the SELECT of a source: its query, or all of the table that it names."""
    query = str(source.query).strip().rstrip(";")
    if len(query.split()) > 1:
        return f"SELECT * FROM ({query}\n)"
    table = query.rpartition(".")[2].strip('"')
    if table not in names:
        raise InputError(f"there is no table '{table}'.", where=str(path), next_step=did_you_mean(table, names))
    return "SELECT * FROM " + ".".join(quote(part.strip('"')) for part in query.split("."))


def _wrong_query(error: Exception, path: Path, source: Source) -> InputError:
    advice = "`query` is one SELECT, or the name of a table, of that database."
    return InputError(f"the query '{source.query}' fails: {first_line(error)}.", where=str(path), next_step=advice)


def _sqlite_batches(path: Path, source: Source) -> Iterator[pa.RecordBatch]:
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2, check_same_thread=False
        )
        connection.text_factory = lambda b: b.decode("utf-8", "replace")
        try:
            names = [n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
            cursor = connection.execute(_select(source, names, path))
            schema = pa.schema([pa.field(column[0], pa.string()) for column in cursor.description])
            yield _no_rows(schema)
            while rows := list(islice(cursor, 50_000)):
                columns = ([_as_text(v, source.decimal) for v in column] for column in zip(*rows, strict=True))
                yield pa.record_batch([pa.array(c, pa.string()) for c in columns], schema=schema)
        finally:
            connection.close()
    except sqlite3.Error as error:
        if "locked" in str(error) or "malformed" in str(error):
            advice = "Close the program that writes to it, or read a copy."
            raise InputError(f"cannot be read: {error}.", where=str(path), next_step=advice) from None
        raise _wrong_query(error, path, source) from None


def _as_text(value: object, decimal: str) -> str | None:
    """Write a value of SQLite, which has a type of its own in every row, as it would stand in a text file.

    >>> _as_text(17850.0, "."), _as_text(2.5, ","), _as_text(None, ".")
    ('17850', '2,5', None)
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value).replace(".", decimal)
    return value.hex() if isinstance(value, bytes) else str(value)
