"""Orders of any table or file as `order_lines`: who bought when for how much; what cannot be read is refused here."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypedDict, Unpack

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from valuekit.engine import DatabaseError, Engine, quote
from valuekit.errors import ConfigError, ContractError, EngineError
from valuekit.ltv.given_table import (
    LAST_DAY,
    ColumnName,
    column_types,
    day_sql,
    early_sql,
    id_sql,
    optional_name,
    refuse_unknown,
    require_values,
    required_name,
    source_of,
    trim_sql,
)
from valuekit.ltv.small_amounts import VIEW as SMALL
from valuekit.ltv.small_amounts import view_small

INPUT = "order_input"
REQUIRED = ("customer", "date", "amount")
OPTIONAL = ("order", "returns", "currency")

WORKING = (
    "order_buyers", "known_lines", "order_lines", "trimmed_lines", SMALL, INPUT, "order_days", "order_features",
    "order_first_days", "order_gaps", "order_groups", "order_holdout", "order_names", "order_rest", "order_spend",
    "order_states", "order_summary", "order_totals", "repeat_days", "spend_groups", "unmatched_returns",
)  # fmt: skip
"""Tables and views that work with orders makes; views before what they read."""


class Reading(TypedDict, total=False):
    """How orders are read: names of their columns, and where the work is done.

    `customer`, `date`, `amount` (default: these names), `order` and `returns` (order id, and the id of the order that a
    row returns; default: none), `currency` (a column that must hold one currency), `engine` (whose table `orders`
    names; default: one of its own, with at most `memory_limit`, default "4GB", and `threads`).

    A row with `returns` is what came back, be its amount written above or below 0: all of them one way. What is paid on
    top of an order, as for an exchange or a correction, has nothing in `returns`. Amounts are kept to ten-thousandths.
    """

    customer: ColumnName
    date: ColumnName
    amount: ColumnName
    order: ColumnName | None
    returns: ColumnName | None
    currency: ColumnName | None
    engine: Engine | None
    memory_limit: str
    threads: int | None


@contextmanager
def order_lines(orders: Any, **reading: Unpack[Reading]) -> Iterator[Engine]:
    """Yield an engine with the view `order_lines` (party_id, day, amount, order_id, returns_order).

    Amounts that are floating numbers have a column `units` too: ten-thousandths, whole numbers that add up faster. They
    stay floating numbers, which hold whole ones exactly up to 2^53: a customer's sum is exact up to 900 billion.

    Reads: a pandas, Polars or Arrow table, a mapping of columns, the path of a Parquet or CSV file, or the name of a
    table of `engine`. One row is an order or a line of one; in the view, what came back has an amount below 0.
    Raises `UnknownNameError` for a missing column or an unknown setting, `InputError` for a file or column that cannot
    be read, and `ContractError` for rows without customer, day or amount, for returns of which some are above and some
    below 0, and for several currencies: how many, and an example.
    """
    refuse_unknown(reading, Reading)
    given = reading.get("engine")
    if given is not None:
        _refuse_taken(given)
    with tempfile.TemporaryDirectory(prefix="valuekit-") as folder:
        engine = given or Engine(
            memory_limit=reading.get("memory_limit", "4GB"), threads=reading.get("threads"), temp_folder=folder
        )
        try:
            own = bool(reading.get("engine"))
            source, where = source_of(engine, orders, _names(reading), what="orders", scratch=INPUT, own=own)
            _make_view(engine, source, where, reading)
            with _explained(engine, source, where, _names(reading)):
                yield engine
        finally:
            if given is None:
                engine.close()
            else:  # nothing stays behind in an engine that is lent, whatever happens
                for name in WORKING:
                    engine.drop_any(name)


def _refuse_taken(engine: Any) -> None:
    """Refuse what is no engine, and one with tables of names that work needs: it would overwrite them."""
    if not isinstance(engine, Engine):
        advice = "Give a valuekit.engine.Engine, or leave engine out."
        raise ConfigError(f"a {type(engine).__name__} is no engine.", next_step=advice)
    if taken := sorted(set(WORKING) & set(engine.catalogue())):
        advice = "Rename it, or give its rows: orders=engine.query(...), without the engine."
        raise ConfigError(f"the engine has a table {taken[0]}, a name that work needs.", next_step=advice)


def _names(reading: Reading) -> dict[str, str | None]:
    asked: dict[str, Any] = dict(reading)
    names: dict[str, str | None] = {role: required_name(role, asked.get(role, role)) for role in REQUIRED}
    return names | {role: optional_name(asked.get(role)) for role in OPTIONAL}


def _make_view(engine: Engine, source: str, where: str, reading: Reading) -> None:
    names = _names(reading)
    types = column_types(engine, source, where)
    require_values(names, types, where)
    customer, amount, day = str(names["customer"]), quote(str(names["amount"])), str(names["date"])
    # Names of customers are trimmed once they are grouped (`trim_names`), ids of orders are few or none.
    name = f"CAST({quote(customer)} AS VARCHAR)" if types[customer] == "VARCHAR" else id_sql(customer, types[customer])
    columns = {
        "party_id": name,
        "day": day_sql(day, types[day]),
        "amount": _signed(_EXACT.format(amount), names, types),
        "order_id": _id(names["order"], types),
        "returns_order": _id(names["returns"], types),
    }
    floating = types[str(names["amount"])] in ("DOUBLE", "FLOAT")
    if floating:
        columns["units"] = _signed(f"ROUND(CAST({amount} AS DOUBLE) * 10000)", names, types)
        columns["amount"] = f"CAST({columns['units']} AS DECIMAL(18,0)) * CAST(0.0001 AS DECIMAL(5,4))"
    _view(engine, "order_lines", columns, source)
    _view(engine, "trimmed_lines", columns | {"party_id": trim_sql(name)}, source)
    missing = {
        "party_id": _BLANK.format(name, trim_sql(name)),
        "day": f"{columns['day']} IS NULL OR {columns['day']} > {LAST_DAY}",
        "amount": f"{amount} IS NULL" + f" OR ABS({amount}) >= 1e14" * floating,
    }
    early = early_sql(day, types[day])
    for column, condition in missing.items():
        _refuse(engine, source, where, names, column, condition, closer={"early": early} if column == "day" else None)
    _refuse_two_signs(engine, source, where, names, types)
    view_small(engine, source, str(names["amount"]), types[str(names["amount"])])
    if (currency := names["currency"]) is not None:
        _check_currency(engine, source, where, currency)


def _id(name: str | None, types: dict[str, str]) -> str:
    return "CAST(NULL AS VARCHAR)" if name is None else id_sql(name, types[name])


def _signed(value: str, names: dict[str, str | None], types: dict[str, str]) -> str:
    """Return SQL of an amount or its units: below 0 where the row says what it returns."""
    if names["returns"] is None:
        return value
    return f"CASE WHEN {_id(names['returns'], types)} IS NULL THEN {value} ELSE -ABS({value}) END"


def _refuse_two_signs(
    engine: Engine, source: str, where: str, names: dict[str, str | None], types: dict[str, str]
) -> None:
    """Refuse returns of which some are above 0 and some below: what came back, and what was paid on top?"""
    if names["returns"] is None:
        return
    amount = f"TRY_CAST({quote(str(names['amount']))} AS DOUBLE)"
    above = f"{amount} > 0 AND NOT ISNAN({amount})"
    paid, back, example = engine.rows(
        f"SELECT COUNT(*) FILTER (WHERE {above}), COUNT(*) FILTER (WHERE {amount} < 0), "
        f"MIN(CASE WHEN {above} THEN {_id(names['returns'], types)} END) "
        f"FROM {source} WHERE {_id(names['returns'], types)} IS NOT NULL"
    )[0]
    if paid and back:
        raise ContractError(
            f"of the rows with a value in column {names['returns']}, {paid:,} amounts are above 0, such as one of "
            f"order '{example}', and {back:,} below: which of them came back is not clear.",
            where=where,
            next_step="Write what came back with one sign, and leave that column empty where something was paid.",
        )


def _view(engine: Engine, name: str, columns: dict[str, str], source: str) -> None:
    chosen = ", ".join(f"{sql} AS {column}" for column, sql in columns.items())
    engine.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT {chosen} FROM {source}")


def trim_names(engine: Engine, table: str) -> bool:
    """Read names of customers without space around them from now on, if some of a table have any; say whether.

    To look at the names of a summary and then, if need be, to read the orders again is faster than to trim every row.
    """
    found = engine.scalar(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {_UNTRIMMED})")
    if found:
        engine.execute("CREATE OR REPLACE VIEW order_lines AS SELECT * FROM trimmed_lines")
    return bool(found)


_UNTRIMMED = (
    "(party_id < '!' OR party_id[-1] < '!' OR LENGTH(party_id) <> STRLEN(party_id)) "
    f"AND {trim_sql('party_id')} <> party_id"
)
"""Text as long in bytes as in letters is ASCII, whose blanks are all below '!'."""


def maybe_untrimmed(names: pa.ChunkedArray) -> pa.ChunkedArray:
    r"""Return the names that `trim_names` need look at: those with space around them, of any kind.

    >>> maybe_untrimmed(pa.chunked_array([["ann", "bob ", "bj\u00f6rn"]])).to_pylist()
    ['bob ']
    """
    if all(map(_is_solid, names.chunks)):
        return names.slice(0, 0)
    return names.filter(pc.not_equal(pc.utf8_trim_whitespace(names), names))


def _is_solid(names: pa.StringArray) -> bool:
    """Say whether all letters are ASCII and none is blank, as in most ids: a look at the bytes, whosever they are."""
    letters = np.frombuffer(names.buffers()[2] or b"", dtype=np.uint8)
    return not len(letters) or bool(letters.min() > ord(" ") and letters.max() <= ord("~"))


_BLANK = "{0} IS NULL OR (({0} < '!' OR {0} > '~') AND {1} = '')"
"""A name that is NULL or blank: a file's statistics mostly say that there is none."""

_EXACT = "CAST({} AS DECIMAL(18,4))"

_RULES = {
    "party_id": ("customer", "no customer", "Leave out orders of unknown customers, or name them."),
    "day": ("date", "no date", "Write days as 2026-06-30."),
    "early": ("date", "a date that is too early", "Days are those after 1900-01-01, written as 2026-06-30."),
    "amount": ("amount", "no amount that is a number", "Write amounts as 1234.56, below 1e14."),
}


def _refuse(
    engine: Engine,
    source: str,
    where: str,
    names: dict[str, str | None],
    column: str,
    condition: str,
    *,
    look: bool = False,
    closer: Mapping[str, str] | None = None,
) -> None:
    """Refuse rows of which a condition holds; one column at a time, so that a file's statistics may answer it.

    Asked to `look`, each row is looked at: statistics do not tell of NaN. Rules of `closer` say more of such rows,
    where their own conditions hold.
    """
    role, what, advice = _RULES[column]
    found = f"FILTER (WHERE {condition}) FROM {source}" if look else f"FROM {source} WHERE {condition}"
    if count := engine.scalar(f"SELECT COUNT(*) {found}"):
        for rule, narrower in (closer or {}).items():
            _refuse(engine, source, where, names, rule, narrower)
        example = engine.scalar(f"SELECT MIN(CAST({quote(str(names[role]))} AS VARCHAR)) {found}")
        shown = f"such as '{example}'" if example else "for it is missing"
        raise ContractError(
            f"{count:,} of {engine.count('order_lines'):,} rows have {what} in column {names[role]}, {shown}.",
            where=where,
            next_step=advice,
        )


@contextmanager
def _explained(engine: Engine, source: str, where: str, names: dict[str, str | None]) -> Iterator[None]:
    """Say which amounts are no numbers, where that is why work stopped.

    No amount can be lost, for the view insists on numbers; to look at all of them beforehand would read them twice.
    """
    try:
        yield
    except (DatabaseError, EngineError):
        amount = _EXACT.format(quote(str(names["amount"])))
        _refuse(engine, source, where, names, "amount", f"TRY_{amount} IS NULL", look=True)
        raise


def _check_currency(engine: Engine, source: str, where: str, currency: str) -> None:
    found = engine.rows(f"SELECT {quote(currency)}, COUNT(*) FROM {source} GROUP BY 1 ORDER BY 2 DESC, 1")
    if len(found) > 1:
        shown = ", ".join(f"{name} ({count:,} rows)" for name, count in found[:3])
        raise ContractError(
            f"amounts are in {len(found)} currencies: {shown}.", where=where, next_step="Convert them to one currency."
        )
