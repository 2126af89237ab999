"""The embedded engine: DuckDB behind a narrow door."""

import glob
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from valuekit.engine.steps import Slot, Step, compose, load_steps, parameters_in, quote, render
from valuekit.errors import EngineError, MemoryLimitError, UnknownNameError
from valuekit.tables import Table

Parameters = Mapping[str, Any]

DatabaseError = duckdb.Error
"""What statements and queries raise: for layers that know what to say about it, and may not know DuckDB."""


class Engine:
    """One DuckDB database and the few things that valuekit does with it.

    Not shared by threads: each thread takes its own `cursor()`.

    >>> with Engine() as engine:
    ...     engine.execute("CREATE TABLE t AS SELECT $x::INTEGER AS x", {"x": 2})
    ...     engine.scalar("SELECT x + 1 FROM t")
    3
    """

    def __init__(
        self,
        database: str | Path = ":memory:",
        *,
        memory_limit: str | None = None,
        threads: int | None = None,
        temp_folder: str | Path | None = None,
        keep_scratch: bool = False,
        read_only: bool = False,
    ) -> None:
        """Open the database.

        `memory_limit` such as "4GB" bounds the engine's memory; beyond it, work spills to `temp_folder`.
        `keep_scratch` keeps every scratch step as a table, to look at.
        """
        settings: dict[str, Any] = dict(_SETTINGS)
        if memory_limit:
            settings["memory_limit"] = memory_limit
        if threads:
            settings["threads"] = threads
        if temp_folder:
            Path(temp_folder).mkdir(parents=True, exist_ok=True)
            settings["temp_directory"] = str(temp_folder)
        try:
            self._connection = duckdb.connect(str(database), read_only=read_only, config=settings)
        except duckdb.Error as error:
            advice = _START_ADVICE if str(database) == ":memory:" else _OPEN_ADVICE
            raise EngineError(first_line(error), where=str(database), next_step=advice) from None
        self._connection.execute(_QUIET)
        self.keep_scratch = keep_scratch
        self.seconds: dict[str, float] = {}

    def cursor(self) -> "Engine":
        """Return a second door to the same database, for another thread."""
        twin = object.__new__(Engine)
        twin._connection, twin.keep_scratch, twin.seconds = self._connection.cursor(), self.keep_scratch, {}
        twin._connection.execute(_QUIET)
        return twin

    @contextmanager
    def lend(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a connection of its own to a library that writes its own SQL, such as splink."""
        connection = self._connection.cursor()
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def uncompressed(self) -> Iterator[None]:
        """Store the tables that are made within as they are: to compress what is read once costs more than it saves."""
        self.execute("SET force_compression = 'uncompressed'")
        try:
            yield
        finally:
            self.execute("RESET force_compression")

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- steps

    def run(self, package: str, file: str, parameters: Parameters | None = None, **slots: Slot) -> list[str]:
        """Run the steps of a `.sql` file and return the names of the tables that they made."""
        return self.run_steps(load_steps(package, file), parameters, **slots)

    def add(self, package: str, file: str, parameters: Parameters | None = None, **slots: Slot) -> list[str]:
        """Run the steps of a `.sql` file for one group of many: rows are added to those that are there."""
        return self._take(load_steps(package, file), parameters, slots, add=True)

    def run_steps(self, steps: Sequence[Step], parameters: Parameters | None = None, **slots: Slot) -> list[str]:
        """Run steps in order and return the names of the tables that they made."""
        return self._take(steps, parameters, slots)

    def _take(
        self, steps: Sequence[Step], parameters: Parameters | None, slots: Mapping[str, Slot], *, add: bool = False
    ) -> list[str]:
        if self.keep_scratch:
            for step in steps:
                self._make(step, render(step, slots), parameters, add=add and not step.scratch)
            return [s.name for s in steps]
        scratch: dict[str, Step] = {}
        made = []
        for step in steps:
            if step.scratch:
                scratch[step.name] = step
            else:
                self._make(step, compose(step, scratch, slots), parameters, add=add)
                made.append(step.name)
        return made

    def ask(
        self,
        package: str,
        file: str,
        step: str,
        parameters: Parameters | None = None,
        order_by: Sequence[str] = (),
        /,
        **slots: Slot,
    ) -> pa.Table:
        """Run one step of a `.sql` file as a query, with the scratch steps that it reads, and make no table."""
        return self.query(_ordered(_one_step(package, file, step, slots), order_by), parameters)

    def ask_batches(
        self, package: str, file: str, step: str, parameters: Parameters | None = None, **slots: Slot
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of one step as `ask` does, in Arrow batches, without holding them all."""
        return self.batches(_one_step(package, file, step, slots), parameters)

    def view(self, package: str, file: str, step: str, **slots: Slot) -> None:
        """Make a view of one step of a `.sql` file: nothing is stored, and each reader computes it."""
        self.execute(f"CREATE OR REPLACE VIEW {quote(step)} AS\n{_one_step(package, file, step, slots)}")

    def _make(self, step: Step, sql: str, parameters: Parameters | None, *, add: bool = False) -> None:
        start, name = time.perf_counter(), quote(step.name)
        head = f"INSERT INTO {name} BY NAME" if add and self.has(step.name) else f"CREATE OR REPLACE TABLE {name} AS"
        try:
            self._run(f"{head}\n{sql}", parameters)
        except duckdb.Error as error:
            raise EngineError(first_line(error), where=f"{step.file} step {step.name}") from error
        self.seconds[step.name] = time.perf_counter() - start

    # --- statements and queries

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement for its effect."""
        self._run(sql, parameters)

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        """Run a SELECT and return an Arrow table."""
        with _memory_told():
            return self._relation(sql, parameters).to_arrow_table()

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[tuple[Any, ...]]:
        """Run a SELECT and return its rows; for small results."""
        with _memory_told():
            return self._run(sql, parameters).fetchall()

    def scalar(self, sql: str, parameters: Parameters | None = None) -> Any:
        """Run a SELECT and return its first value."""
        rows = self.rows(sql, parameters)  # to the end: a result left open blocks the connection
        return rows[0][0] if rows else None

    def batches(
        self, sql: str, parameters: Parameters | None = None, *, rows: int = 131_072
    ) -> Iterator[pa.RecordBatch]:
        """Run a SELECT and yield its rows in Arrow batches, without holding them all."""
        with _memory_told():
            yield from self._relation(sql, parameters).to_arrow_reader(rows) or ()

    def _run(self, sql: str, parameters: Parameters | None = None, *, once: bool = False) -> duckdb.DuckDBPyConnection:
        """Run a statement; `once`: it names a file, so it will not come again and is not kept."""
        with _memory_told():
            return self._connection.execute(sql if once else self._parsed(sql), _used(sql, parameters))

    def _relation(self, sql: str, parameters: Parameters | None) -> duckdb.DuckDBPyRelation:
        # A relation hands over Arrow without a copy; the result of execute() copies, and warns that it does.
        return self._connection.sql(self._parsed(sql), params=_used(sql, parameters))

    def _parsed(self, sql: str) -> str | duckdb.Statement:
        """Return a statement as it was parsed before: to parse it takes longer than to run it on few rows.

        It holds no names of tables or types of parameters: those are looked up whenever it runs.
        """
        found = _PARSED.get(sql)
        if found is None:
            statements = self._connection.extract_statements(sql)
            found = statements[0] if len(statements) == 1 else sql
            if len(_PARSED) >= _MOST_PARSED:
                _PARSED.clear()
            _PARSED[sql] = found
        return found

    # --- tables

    def has(self, table: str) -> bool:
        """Say whether a table or view exists."""
        try:
            self.rows(f"SELECT 1 FROM {quote(table)} LIMIT 0")  # a tenth of what a look into the catalogue takes
        except duckdb.CatalogException:
            return False
        return True

    def count(self, table: str) -> int:
        """Count the rows of a table."""
        return int(self.scalar(f"SELECT COUNT(*) FROM {quote(table)}"))

    def columns(self, table: str) -> list[str]:
        """Return a table's column names, in order."""
        return [row[0] for row in self.rows(f"DESCRIBE {quote(table)}")]

    def catalogue(self) -> dict[str, list[str]]:
        """Return the column names of every table and view, in order: one look where many tables are asked for."""
        sql = """
            SELECT table_name, LIST(column_name ORDER BY column_index) FROM duckdb_columns()
            WHERE database_name = CURRENT_DATABASE() AND schema_name = CURRENT_SCHEMA()
            GROUP BY table_name ORDER BY table_name
        """
        return dict(self.rows(sql))

    def put(self, name: str, table: pa.Table) -> None:
        """Make a table from an Arrow table."""
        with self._registered(table) as source:
            self.execute(f"CREATE OR REPLACE TABLE {quote(name)} AS SELECT * FROM {source}")

    def put_batches(
        self, name: str, batches: Iterator[pa.RecordBatch], schema: pa.Schema, *, columns: str = "*"
    ) -> None:
        """Make a table from a stream of Arrow batches; `columns` is what SQL selects of them."""
        reader = pa.RecordBatchReader.from_batches(schema, batches)
        with self._registered(reader) as source:
            self.execute(f"CREATE OR REPLACE TABLE {quote(name)} AS SELECT {columns} FROM {source}")

    @contextmanager
    def _registered(self, source: pa.Table | pa.RecordBatchReader) -> Iterator[str]:
        with _memory_told():
            self._connection.register("_arrow_source", source)
            try:
                yield "_arrow_source"
            finally:
                self._connection.unregister("_arrow_source")

    def make_empty(self, table: Table, name: str | None = None) -> None:
        """Make the table of a declaration, with no rows."""
        columns = ", ".join(f"{quote(c.name)} {c.type}" for c in table)
        self.execute(f"CREATE OR REPLACE TABLE {quote(name or table.name)} ({columns})")

    def drop(self, *tables: str) -> None:
        """Drop tables that may exist."""
        for table in tables:
            self.execute(f"DROP TABLE IF EXISTS {quote(table)}")

    def drop_any(self, name: str) -> None:
        """Drop what bears a name, be it a table or a view."""
        for kind in ("VIEW", "TABLE"):
            with suppress(duckdb.CatalogException):  # it is the other kind
                self.execute(f"DROP {kind} IF EXISTS {quote(name)}")

    def forget(self, *tables: str) -> None:
        """Drop tables that only led to others, unless scratch is kept to be looked at."""
        if not self.keep_scratch:
            self.drop(*tables)

    # --- files

    def write_parquet(self, query: str, path: Path, *, order_by: Sequence[str] = ()) -> int:
        """Write a SELECT to a Parquet file, ordered so that the same rows give the same bytes; return the row count."""
        sql = f"COPY ({_ordered(query, order_by)}) TO {literal(path)} (FORMAT parquet, COMPRESSION zstd)"
        return int(self._run(sql, once=True).fetchall()[0][0])

    def view_parquet(self, name: str, path: Path) -> None:
        """Make a view over a Parquet file."""
        self._run(
            f"CREATE OR REPLACE VIEW {quote(name)} AS SELECT * FROM read_parquet({file_literal(path)})", once=True
        )


def write_table(engine: Engine, table: Table, path: Path) -> int:
    """Write a declared table to Parquet, in the declared columns and types, ordered by its key (or all columns)."""
    columns = ", ".join(f"CAST({quote(c.name)} AS {c.type}) AS {quote(c.name)}" for c in table)
    sql = f"SELECT {columns} FROM {quote(table.name)}"
    try:
        return engine.write_parquet(sql, path, order_by=table.key or table.names)
    except duckdb.BinderException:
        present = engine.columns(table.name)
        missing = [c for c in table.names if c not in present]
        if not missing:
            raise
        raise UnknownNameError(f"column of {table.name}", missing[0], present) from None


def _one_step(package: str, file: str, name: str, slots: Mapping[str, Slot]) -> str:
    """Return the SELECT of one step of a `.sql` file, with the scratch steps that it reads."""
    steps = {s.name: s for s in load_steps(package, file)}
    if name not in steps:
        raise UnknownNameError("step", name, steps, where=f"{package}/{file}")
    return compose(steps[name], {n: s for n, s in steps.items() if s.scratch and n != name}, slots)


def _ordered(query: str, order_by: Sequence[str]) -> str:
    if not order_by:
        return query
    return f"SELECT * FROM ({query}\n) ORDER BY {', '.join(quote(c) for c in order_by)}"


def _used(sql: str, parameters: Parameters | None) -> dict[str, Any] | None:
    """Keep the parameters that the SQL names: the engine refuses any others."""
    names = parameters_in(sql) if parameters else set()
    return {k: v for k, v in (parameters or {}).items() if k in names} or None


def literal(value: object) -> str:
    """Quote a value as a SQL string literal, for the few places that take no parameter.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + str(value).replace("'", "''") + "'"


def file_literal(path: object) -> str:
    """Quote the path of a file to be read as a SQL string literal: what stands in it is never a pattern.

    >>> file_literal("orders[1].csv")
    "'orders[[]1].csv'"
    """
    return literal(glob.escape(str(path)))


def first_line(error: Exception) -> str:
    """Return the first line of an engine error, which says what is wrong, without the engine's name for its kind.

    >>> first_line(ValueError("Invalid Input Error: CSV Error on Line: 3"))
    'CSV Error on Line: 3'
    """
    return _KIND.sub("", str(error).strip().splitlines()[0])


_KIND = re.compile(r"^(?:[A-Z]\w*(?: [A-Z]\w*)* (?:Error|Exception): )+")


def default_threads() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_PARSED: dict[str, str | duckdb.Statement] = {}
"""Statements of this process by their text, for all engines."""
_MOST_PARSED = 2000
"""Statements that are kept, in some 50 MB; a run has half of that."""


@contextmanager
def _memory_told() -> Iterator[None]:
    """Say which setting it is that memory runs out of, wherever it does: in a statement, its rows, or what goes in."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise MemoryLimitError(f"{first_line(error)}.", where="the engine", next_step=_MEMORY_ADVICE) from error


_SETTINGS = {
    "preserve_insertion_order": True,  # the same rows in the same order give the same bytes
    "parquet_metadata_cache": True,  # a file that is asked about again is opened once; one that changed, anew
    "autoinstall_known_extensions": False,  # nothing is fetched at run time
}
_QUIET = "SET enable_progress_bar = false"  # standard output is for data
_MEMORY_ADVICE = "Raise `engine.memory_limit`, or give `engine.temp_folder` a disk with more room."
_START_ADVICE = "Give memory as 4GB, and at least one thread."
_OPEN_ADVICE = "Close the program that holds the database, or name another file."
