"""From orders to what purchase models read: one row per customer, at a date; and what came after it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple, Unpack, cast, get_args

import pyarrow as pa
import pyarrow.compute as pc

from valuekit.calendar import as_day
from valuekit.engine import Engine, Expression, load_steps
from valuekit.errors import ConfigError, ContractError, UnknownNameError
from valuekit.ltv.order_lines import Reading, maybe_untrimmed, order_lines, trim_names
from valuekit.ltv.small_amounts import refuse_small
from valuekit.ltv.units import TimeUnit

PACKAGE = "valuekit.ltv"
Unmatched = Literal["reduce", "last_order", "ignore"]
"""What a return does whose order is unknown: reduce what repeat purchases were worth, reduce the last order before it,
or nothing."""
Grain = Literal["order", "day"]
"""What a row of orders is: an order or a line of one, or already the only one of its customer and day."""

LONGEST = 1_500
"""Days over which distinct days are counted by a bit for each; longer histories are grouped by day."""

LONGEST_GAP = 365
"""Days after all other orders from which on the day of the last one is not believed."""

LONGEST_FIRST_GAP = 5 * 365
"""Days before all other orders from which on the day of the first one is not believed."""

ENOUGH = 10
"""Days with orders from which on one of them can be far from all others."""

_COLUMNS = ("party_id", "frequency", "recency", "age", "monetary", "first_on", "first_amount", "time_unit")
_HOLDOUT = "party_id AS customer, purchases, CAST(spend AS DOUBLE) AS spend"


class Split(NamedTuple):
    """A summary as of a date and, in the same order of customers, what they bought after it."""

    calibration: pa.Table
    holdout: pa.Table


def summarise(
    orders: Any,
    *,
    as_of: date | None = None,
    unit: str = "week",
    grain: Grain = "order",
    unmatched_returns: Unmatched = "reduce",
    log_gaps: bool = False,
    **reading: Unpack[Reading],
) -> pa.Table:
    """Summarise each customer's orders up to the end of a day (default: the day of the last order).

    Reads `orders` as `Reading` says. Several orders on a day are one purchase; a return (an amount below 0, or a row
    with `returns`, whatever the sign of its amount) reduces the day of the order that it returns, and a day with
    nothing left is no purchase.

    Returns an Arrow table by customer: `customer`, `frequency` (repeat purchases), `recency` (first to last purchase)
    and `age` (first purchase to `as_of`), both in `unit`; `monetary` (mean repeat purchase), `first_on`, `first_amount`
    and `time_unit`, by which models refuse rows of another unit. Asked for `log_gaps`, it has these too: the sum of the
    logarithms of the times between purchases, in `unit`, which models of regular buyers read (`BgCnbdK`). Its schema's
    metadata under `valuekit` say, as JSON, `as_of` and how many `unmatched_returns` there were, of what amount.
    Raises `UnknownNameError`, `InputError` and `ContractError` for what cannot be read: see `order_lines`.

    >>> log = {"customer": ["ann", "ann", "bob"], "date": ["2026-01-05", "2026-01-19", "2026-01-12"],
    ...        "amount": [10, 30, 20]}
    >>> summarise(log, as_of=date(2026, 1, 26)).select(["customer", "frequency", "recency", "age"]).to_pylist()
    ... # doctest: +NORMALIZE_WHITESPACE
    [{'customer': 'ann', 'frequency': 1, 'recency': 2.0, 'age': 3.0},
     {'customer': 'bob', 'frequency': 0, 'recency': 0.0, 'age': 2.0}]
    """
    with order_lines(orders, **reading) as engine:
        day, policy = day_of(engine, as_of), unmatched_returns
        if log_gaps:
            summarise_lines(engine, day, TimeUnit(unit), grain=grain, unmatched_returns=policy, log_gaps=True)
            rows = _stored(engine)
        else:
            rows = _asked(engine, day, TimeUnit(unit), grain, policy)
        return _named(engine, rows, day, grain, policy)


def split(
    orders: Any,
    at: date,
    *,
    until: date | None = None,
    unit: str = "week",
    grain: Grain = "order",
    unmatched_returns: Unmatched = "reduce",
    **reading: Unpack[Reading],
) -> Split:
    """Summarise orders up to the end of day `at`, and what these customers bought after it, `until` a day.

    Reads and raises as `summarise`. The calibration holds nothing that was not known at `at`: later returns of earlier
    orders are not in it. The holdout has, in the same order, `customer`, `purchases` (days with a purchase) and `spend`
    (their worth, less what of it was returned by `until`; default: the last day of the orders). The holdout tells what
    new orders were worth: a return whose order is before `at`, or unknown, is not charged to them, whatever the policy,
    for it may be of what was bought earlier. Where many returns are unmatched, `spend` is therefore above what stays.
    """
    with order_lines(orders, **reading) as engine:
        end = last_day(engine) if until is None else as_day(until)
        at = day_of(engine, at)
        if not at < end:
            raise ConfigError(f"a holdout from {at} to {end} is empty.", next_step="Split at an earlier day.")
        summarise_lines(engine, at, TimeUnit(unit), grain=grain, unmatched_returns=unmatched_returns)
        hold_out(engine, at, end)
        later = engine.query(f"SELECT {_HOLDOUT} FROM order_holdout ORDER BY party_id")
        return Split(customers(engine, at, unmatched_returns, grain), later)


# --- the same in an engine that holds `order_lines`


def last_day(engine: Engine) -> date:
    """Return the day of the last order.

    Raises `ContractError` where there is none, where it lies more than a year after all others, and where the first
    lies more than five years before all others: such a day is more likely a wrong date (1970-01-01, say) than right.
    """
    first, last = engine.rows("SELECT MIN(day), MAX(day) FROM order_lines")[0]
    if last is None:
        raise ContractError("there is no order.", where="orders")
    before, after = last - timedelta(days=LONGEST_GAP), first + timedelta(days=LONGEST_FIRST_GAP)
    near = (f"day < DATE '{last}' AND day >= DATE '{before}'", f"day > DATE '{first}' AND day <= DATE '{after}'")
    if not all(engine.scalar(f"SELECT EXISTS (SELECT 1 FROM order_lines WHERE {days})") for days in near):
        _refuse_lonely(engine, before, after)
    return cast("date", last)


def _refuse_lonely(engine: Engine, before: date, after: date) -> None:
    days: list[date] = [row[0] for row in engine.rows("SELECT DISTINCT day FROM order_lines ORDER BY day")]
    if len(days) < ENOUGH:
        return
    lonely = ""
    if days[-2] < before:
        lonely = f"the last day is {days[-1]}, and the one before it {days[-2]}."
    elif days[1] > after:
        lonely = f"the first day is {days[0]}, and the one after it {days[1]}."
    if lonely:
        advice = "Leave out what has a wrong date, or say up to which day orders are known: as_of=..."
        raise ContractError(lonely, where="orders", next_step=advice)


def day_of(engine: Engine, as_of: Any) -> date:
    """Return the day up to which to summarise: that given, or that of the last order.

    Raises `ConfigError` for what is no day, and `ContractError` where nothing was bought up to it.
    """
    day = last_day(engine) if as_of is None else as_day(as_of)
    first, orders = engine.rows("SELECT MIN(day), COUNT(*) FROM order_lines")[0]
    if orders:
        _refuse_returns_alone(engine, orders)
    if first is None or first > day:
        raise ContractError(f"there is no order up to {day}.", where="orders", next_step="Give a later as_of.")
    return day


def _refuse_returns_alone(engine: Engine, orders: int) -> None:
    if not engine.scalar("SELECT EXISTS (SELECT 1 FROM order_lines WHERE returns_order IS NULL)"):
        advice = "Leave the column of what is returned empty where nothing is."
        raise ContractError(f"all {orders:,} rows return an order.", where="orders", next_step=advice)
    if not engine.scalar("SELECT EXISTS (SELECT 1 FROM order_lines WHERE amount >= 0)"):
        advice = "Turn the sign: what is paid is above 0, what came back below."
        raise ContractError(f"all {orders:,} amounts are below 0, which are returns.", where="orders", next_step=advice)


def summarise_lines(
    engine: Engine, as_of: date, unit: TimeUnit, *, grain: Grain = "order", unmatched_returns: Unmatched = "reduce",
    log_gaps: bool = False,
) -> None:  # fmt: skip
    """Make `order_summary` (one row per buyer, with `log_gaps` where asked) and `unmatched_returns`."""
    with _buyers(engine, as_of, grain, unmatched_returns, log_gaps=log_gaps):
        engine.run(PACKAGE, "order_summary.sql", _times(as_of, unit))
        if log_gaps:
            engine.run(PACKAGE, "order_gaps.sql", _times(as_of, unit))
    if trim_names(engine, "order_summary"):
        summarise_lines(engine, as_of, unit, grain=grain, unmatched_returns=unmatched_returns, log_gaps=log_gaps)
    else:
        refuse_small(engine)


def _asked(engine: Engine, as_of: date, unit: TimeUnit, grain: Grain, unmatched: Unmatched) -> pa.Table:
    """Return what would be `order_summary`, by customer, without storing it: asked once, it is not worth it."""
    with _buyers(engine, as_of, grain, unmatched):
        rows = engine.ask(PACKAGE, "order_summary.sql", "_measured", _times(as_of, unit), ["party_id"])
    if _trim_some(engine, maybe_untrimmed(rows["party_id"])):
        return _asked(engine, as_of, unit, grain, unmatched)
    refuse_small(engine, rows)
    return rows.append_column("time_unit", pa.repeat(unit.name, len(rows)))


def _times(as_of: date, unit: TimeUnit) -> dict[str, Any]:
    return {"as_of": as_of, "unit_days": unit.days, "time_unit": unit.name}


def _trim_some(engine: Engine, names: pa.ChunkedArray) -> bool:
    if not len(names):
        return False
    engine.put("order_names", pa.table({"party_id": names}))
    trimmed = trim_names(engine, "order_names")
    engine.drop("order_names")
    return trimmed


@contextmanager
def _buyers(
    engine: Engine, as_of: date, grain: Grain, unmatched: Unmatched, *, log_gaps: bool = False
) -> Iterator[None]:
    """Make the view `order_buyers` and `unmatched_returns`; what the view reads is dropped again."""
    if unmatched not in get_args(Unmatched):
        raise UnknownNameError("policy of unmatched returns", unmatched, get_args(Unmatched))
    if grain not in get_args(Grain):
        raise UnknownNameError("grain", grain, get_args(Grain))
    _know(engine, as_of)
    try:
        if grain == "day" and not log_gaps and not _any(engine, "known_lines", "is_return"):
            _look_once(engine)
        else:
            _look_twice(engine, as_of, grain, unmatched)
        yield
    finally:
        engine.execute("DROP VIEW IF EXISTS order_buyers")
        engine.execute("DROP VIEW known_lines")
        engine.drop("order_totals", "order_first_days", "order_rest", "order_days", "order_gaps")


def _look_once(engine: Engine) -> None:
    """Group the lines: where each is a day and nothing came back, that is all."""
    if _has_units(engine):  # the cast refuses what is no number
        first = "MIN_BY(units, day) / 10000"
        repeat = "CAST(CAST(SUM(units) - MIN_BY(units, day) AS HUGEINT) AS DOUBLE) / 10000"
    else:
        first, repeat = f"CAST({_FIRST} AS DOUBLE)", f"CAST(SUM(amount) - {_FIRST} AS DOUBLE)"
    slots = {"first_amount": _sql(first), "repeat_amount": _sql(repeat)}
    engine.view(PACKAGE, "daily_orders.sql", "order_buyers", **slots)
    engine.execute("CREATE OR REPLACE TABLE unmatched_returns (returns BIGINT, amount DECIMAL(38,4))")


def _look_twice(engine: Engine, as_of: date, grain: Grain, unmatched: Unmatched) -> None:
    """Group the lines, and look again at those of customers of whom totals do not tell all."""
    engine.run(
        PACKAGE, "order_totals.sql", None, distinct_days=_distinct_days(engine, as_of, grain), **_exact_amounts(engine)
    )
    # The lines are read once more only where somebody needs it: the engine leaves out what is FALSE.
    crowded = _any(engine, "order_totals", "NOT has_return AND lines > purchases AND purchases > 0")
    rest = _any(engine, "order_totals", "has_return OR purchases = 0")
    engine.run(
        PACKAGE, "orders.sql", {"unmatched": unmatched}, any_crowded=_sql(str(crowded)), any_rest=_sql(str(rest))
    )
    engine.view(PACKAGE, "order_buyers.sql", "order_buyers")


def group_orders(engine: Engine, *, log_gaps: bool = False) -> None:
    """Make `order_groups` and `spend_groups` of `order_summary`: a row per distinct `history`, with its `weight`.

    `log_gaps` become their mean: only their sum enters a likelihood.
    """
    mean = ", CAST(SUM(CAST(log_gaps AS DECIMAL(38, 12))) AS DOUBLE) / COUNT(*) AS log_gaps" if log_gaps else ""
    engine.run(PACKAGE, "order_groups.sql", mean_log_gaps=_sql(mean))


def _know(engine: Engine, as_of: date) -> None:
    """Make `known_lines`, the lines up to a day: a view, so that nothing is copied; most often all there are."""
    later = f"day > DATE '{as_of}'"
    # Their sum reads their amounts too: a bad one is refused wherever it stands.
    some = engine.rows(f"SELECT COUNT(*), SUM(amount) FROM order_lines WHERE {later}")[0][0]
    units = ", units" * _has_units(engine)
    engine.execute(_KNOWN.format(units=units) + f" WHERE NOT ({later})" * bool(some))


_KNOWN = """CREATE OR REPLACE VIEW known_lines AS
SELECT party_id, day, amount{units}, order_id, returns_order, returns_order IS NOT NULL OR amount < 0 AS is_return
FROM order_lines"""


def _has_units(engine: Engine) -> bool:
    """Say whether amounts are there in whole ten-thousandths too, as `order_lines` has floating numbers."""
    return "units" in engine.columns("order_lines")


def _exact_amounts(engine: Engine) -> dict[str, Expression]:
    """SQL of a customer's amounts as decimals: together, and on the first day."""
    if not _has_units(engine):
        return {"amount": _sql("SUM(amount)"), "first_amount": _sql(_FIRST)}
    whole = "CAST({} AS DECIMAL(33,0)) * CAST(0.0001 AS DECIMAL(5,4))"
    return {"amount": _sql(whole.format("SUM(units)")), "first_amount": _sql(whole.format("MIN_BY(units, day)"))}


_FIRST = "MIN_BY(amount, day)"


def _any(engine: Engine, table: str, condition: str) -> bool:
    return bool(engine.scalar(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {condition})"))


def _sql(sql: str) -> Expression:
    return Expression(sql, sql, frozenset())


def _distinct_days(engine: Engine, as_of: date, grain: Grain) -> Expression:
    """SQL that counts a customer's days: rows, bits of a calendar, or 0 where they must be grouped."""
    sql = "COUNT(*)"
    if grain == "order":
        first = engine.scalar("SELECT MIN(day) FROM order_lines")
        days = (as_of - first).days if first else LONGEST + 1
        bits = f"BIT_COUNT(BITSTRING_AGG(CAST(day - DATE '{first}' AS INTEGER), 0, {max(days, 1)}))"
        sql = bits if 0 <= days <= LONGEST else "0"
    return _sql(sql)


def hold_out(engine: Engine, as_of: date, until: date) -> None:
    """Make `order_holdout` (party_id, purchases, spend) for the customers of `order_summary`: see `split`."""
    _on_purchase_days(engine, "holdout.sql", as_of, until)


def count_repeats(engine: Engine, until: date) -> None:
    """Make `repeat_days` (day, purchases): the repeat purchases of the customers of `order_summary` up to `until`."""
    first: date | None = engine.scalar("SELECT MIN(day) FROM order_lines")
    _on_purchase_days(engine, "repeats.sql", (first or until) - timedelta(days=1), until)


def _on_purchase_days(engine: Engine, file: str, after: date, until: date) -> None:
    trim_names(engine, "order_lines")
    steps = [*load_steps(PACKAGE, "purchase_days.sql"), *load_steps(PACKAGE, file)]
    engine.run_steps(steps, {"as_of": after, "until": until})


def customers(engine: Engine, as_of: date, unmatched_returns: Unmatched, grain: Grain = "order") -> pa.Table:
    """Return `order_summary` as a table by customer that says what it is of."""
    return _named(engine, _stored(engine), as_of, grain, unmatched_returns)


def _stored(engine: Engine) -> pa.Table:
    return engine.query("SELECT * FROM order_summary ORDER BY party_id")


def _named(engine: Engine, rows: pa.Table, as_of: date, grain: Grain, unmatched_returns: Unmatched) -> pa.Table:
    if grain == "day":
        _check_grain(rows)
    count, amount = engine.rows("SELECT COALESCE(SUM(returns), 0), COALESCE(SUM(amount), 0) FROM unmatched_returns")[0]
    facts = {
        "as_of": as_of.isoformat(),
        "unmatched_returns": int(count),
        "unmatched_amount": float(amount),
        "policy": unmatched_returns,
    }
    gaps = ["log_gaps"] if "log_gaps" in rows.column_names else []
    named = rows.select([*_COLUMNS, *gaps]).rename_columns(["customer", *_COLUMNS[1:], *gaps])
    return named.replace_schema_metadata({"valuekit": json.dumps(facts)})


def _check_grain(rows: pa.Table) -> None:
    """Refuse customers with more rows than days; where returns are matched, their rows were counted as days are."""
    crowded = rows.filter(pc.greater(rows["frequency"], rows["recency_days"]))
    if len(crowded):
        raise ContractError(
            f"{len(crowded):,} customers have more rows than days, such as '{crowded['party_id'][0]}', "
            "but a row is said to be a day.",
            where="orders",
            next_step='Leave out grain="day".',
        )


def drop_summary(engine: Engine) -> None:
    """Drop what `summarise_lines` made."""
    engine.drop("order_summary", "unmatched_returns")
