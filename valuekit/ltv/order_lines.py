"""Orders of any table or file as `order_lines`: who bought when for how much; what cannot be read is refused here."""

import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypedDict, Unpack

import pyarrow as pa
import pyarrow.compute as pc

from valuekit.engine import DatabaseError, Engine, first_line, literal, quote
from valuekit.errors import ContractError, InputError, UnknownNameError, did_you_mean

INPUT = "order_input"


class Reading(TypedDict, total=False):
    """How orders are read: names of their columns, and where the work is done.

    `customer`, `date`, `amount` (default: these names), `order` and `returns` (order id, and the id of the order that a
    row returns; default: none), `currency` (a column that must hold one currency), `engine` (whose table `orders`
    names; default: one of its own, with at most `memory_limit`, default "4GB", and `threads`).
    """

    customer: str
    date: str
    amount: str
    order: str | None
    returns: str | None
    currency: str | None
    engine: Engine | None
    memory_limit: str
    threads: int | None


@contextmanager
def order_lines(orders: Any, **reading: Unpack[Reading]) -> Iterator[Engine]:
    """Yield an engine with the view `order_lines` (party_id, day, amount, order_id, returns_order).

    Reads: a pandas, Polars or Arrow table, a mapping of columns, the path of a Parquet or CSV file, or the name of a
    table of `engine`. One row is an order or a line of one; what came back has an amount below 0.
    Raises `UnknownNameError` for a missing column, `InputError` for a file that cannot be read, and `ContractError` for
    rows without customer, day or amount and for several currencies: how many, and an example.
    """
    given = reading.get("engine")
    with tempfile.TemporaryDirectory(prefix="valuekit-") as folder:
        engine = given or Engine(
            memory_limit=reading.get("memory_limit", "4GB"), threads=reading.get("threads"), temp_folder=folder
        )
        try:
            source, where = _source(engine, orders, reading)
            _make_view(engine, source, where, reading)
            yield engine
        finally:
            engine.execute("DROP VIEW IF EXISTS order_lines")
            engine.drop(INPUT)
            if given is None:
                engine.close()


def _source(engine: Engine, orders: Any, reading: Reading) -> tuple[str, str]:
    """Return what to read from in SQL, and what to call it in an error."""
    if isinstance(orders, str | Path):
        path = Path(orders)
        if reading.get("engine") and isinstance(orders, str) and engine.has(orders):
            return quote(orders), f"table {orders}"
        reader = _READERS.get(path.suffix.lower())
        if reader is None or not path.is_file():
            what = "does not exist." if reader else "is no Parquet or CSV file."
            raise InputError(what, where=str(orders), next_step="Name a file that ends in .parquet or .csv.")
        return _parsed(engine, reader.format(literal(path)), path), path.name
    engine.put(INPUT, _as_arrow(orders, _names(reading)))
    return INPUT, "orders"


_READERS = dict.fromkeys((".parquet", ".pq"), "read_parquet({})") | {".csv": "read_csv({}, all_varchar = true)"}
"""What a CSV file holds is text until a rule here makes a day or an amount of it: nothing is guessed."""


def _parsed(engine: Engine, source: str, path: Path) -> str:
    """Parse text once, all columns of it, and read the table that it becomes; Parquet is read where it is."""
    try:
        if path.suffix.lower() != ".csv":
            engine.execute(f"DESCRIBE SELECT * FROM {source}")
            return source
        engine.execute(f"CREATE OR REPLACE TABLE {INPUT} AS SELECT * FROM {source}")
    except DatabaseError as error:
        advice = "Write it as UTF-8 CSV with a header, or as Parquet."
        raise InputError(f"cannot be read: {first_line(error)}", where=path.name, next_step=advice) from None
    return INPUT


def _names(reading: Reading) -> dict[str, str | None]:
    return {
        "customer": reading.get("customer", "customer"),
        "date": reading.get("date", "date"),
        "amount": reading.get("amount", "amount"),
        "order": reading.get("order"),
        "returns": reading.get("returns"),
        "currency": reading.get("currency"),
    }


def _as_arrow(orders: Any, names: dict[str, str | None]) -> pa.Table:
    """Take the named columns of a table."""
    if hasattr(orders, "__arrow_c_stream__") and not hasattr(orders, "columns"):
        orders = pa.table(orders)
    columns = orders.schema.names if isinstance(orders, pa.Table | pa.RecordBatch) else getattr(orders, "columns", None)
    columns = orders.keys() if isinstance(orders, Mapping) else columns
    if columns is None:
        raise InputError(
            f"this {type(orders).__name__} is no table of orders.",
            next_step="Give a pandas, Polars or Arrow table, a mapping of columns, or the path of a file.",
        )
    known = [str(name) for name in columns]
    _require(names, known, "orders")
    if twice := sorted({name for name in names.values() if name and known.count(name) > 1}):
        raise InputError(f"there are several columns '{twice[0]}'.", where="orders", next_step="Rename all but one.")
    try:
        table = pa.table({name: _column(orders[name]) for name in dict.fromkeys(names.values()) if name})
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InputError(f"{str(error).splitlines()[0]}.", where="orders") from None
    place = table.schema.get_field_index(str(names["customer"]))
    numbered = pa.types.is_integer(table.schema.field(place).type)  # written out once, not each time it is read
    return table.set_column(place, names["customer"], table[place].cast(pa.string())) if numbered else table


def _column(values: Any) -> Any:
    """Return a column for Arrow; a moment in a time zone is the local one there, whatever the machine's zone."""
    if hasattr(values, "to_arrow"):
        values = values.to_arrow()
    elif getattr(getattr(values, "dtype", None), "tz", None) is not None:
        values = pa.array(values.dt.tz_localize(None))
    elif not isinstance(values, pa.Array | pa.ChunkedArray):
        values = pa.array(values)
    zoned = pa.types.is_timestamp(values.type) and values.type.tz
    return pc.local_timestamp(values) if zoned else values


def _require(names: dict[str, str | None], known: Collection[str], where: str) -> None:
    for what, name in names.items():
        if name and name not in known:
            advice = f"{did_you_mean(name, known)} Say which column it is: {what}=..."
            raise UnknownNameError(f"column for the {what}", name, known, where=where, next_step=advice)


def _make_view(engine: Engine, source: str, where: str, reading: Reading) -> None:
    names = _names(reading)
    types = {row[0]: row[1] for row in engine.rows(f"DESCRIBE SELECT * FROM {source}")}
    _require(names, types, where)
    customer = f"CAST({quote(str(names['customer']))} AS VARCHAR)"
    day, amount, kind = quote(str(names["date"])), quote(str(names["amount"])), types[str(names["date"])]
    # What a file says of a moment is in UTC: to read it in the machine's zone would move days.
    moment = f"({day} AT TIME ZONE 'UTC')" if kind == "TIMESTAMP WITH TIME ZONE" else day
    columns = {
        "party_id": f"NULLIF(TRIM({customer}), '')" if _untrimmed(engine, source, customer) else customer,
        "day": day if kind == "DATE" else f"TRY_CAST({moment} AS DATE)",
        "amount": f"TRY_CAST({amount} AS DECIMAL(18,4))",
        "order_id": f"CAST({quote(names['order'])} AS VARCHAR)" if names["order"] else "CAST(NULL AS VARCHAR)",
        "returns_order": f"CAST({quote(names['returns'])} AS VARCHAR)" if names["returns"] else "CAST(NULL AS VARCHAR)",
    }
    chosen = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    engine.execute(f"CREATE OR REPLACE VIEW order_lines AS SELECT {chosen} FROM {source}")
    _check(engine, source, where, names, columns)


def _untrimmed(engine: Engine, source: str, customer: str) -> bool:
    """Say whether names of customers are blank or have space around them: trimming all of them takes far longer."""
    # Text as long in bytes as in letters is ASCII, whose only space is ' '.
    maybe = f"LENGTH({customer}) <> STRLEN({customer}) OR {customer} LIKE ' %' OR {customer} LIKE '% '"
    some = f"SELECT 1 FROM {source} WHERE {customer} = '' OR (({maybe}) AND TRIM({customer}) <> {customer})"
    return bool(engine.scalar(f"SELECT EXISTS ({some})"))


_RULES = {
    "party_id": ("customer", "no customer", "Leave out orders of unknown customers, or name them."),
    "day": ("date", "no date", "Write days as 2026-06-30."),
    "amount": ("amount", "no amount that is a number", "Write amounts as 1234.56, below 1e14."),
}


def _check(engine: Engine, source: str, where: str, names: dict[str, str | None], columns: dict[str, str]) -> None:
    rows = engine.count("order_lines")
    for column, (role, what, advice) in _RULES.items():
        # One by one: what Parquet's statistics say is then not read.
        count = engine.scalar(f"SELECT COUNT({column}) FROM order_lines")
        if count < rows:
            name = quote(str(names[role]))
            found = f"SELECT MIN(CAST({name} AS VARCHAR)) FROM {source} WHERE {columns[column]} IS NULL"
            example = engine.scalar(found)
            shown = f"such as '{example}'" if example else "for it is missing"
            raise ContractError(
                f"{rows - count:,} of {rows:,} rows have {what} in column {names[role]}, {shown}.",
                where=where,
                next_step=advice,
            )
    if currency := names["currency"]:
        _check_currency(engine, source, where, currency)


def _check_currency(engine: Engine, source: str, where: str, currency: str) -> None:
    found = engine.rows(f"SELECT {quote(currency)}, COUNT(*) FROM {source} GROUP BY 1 ORDER BY 2 DESC, 1")
    if len(found) > 1:
        shown = ", ".join(f"{name} ({count:,} rows)" for name, count in found[:3])
        raise ContractError(
            f"amounts are in {len(found)} currencies: {shown}.", where=where, next_step="Convert them to one currency."
        )
