"""The summary of 20 orders a customer against a bare GROUP BY of the same file, and against `lifetimes` on its rows."""

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from tests.bench.timing import Line, Spent, spend
from valuekit.engine import Engine
from valuekit.ltv.order_lines import order_lines
from valuekit.ltv.summary import Grain, summarise, summarise_lines
from valuekit.ltv.units import TimeUnit

MEMORY = "4GB"
AS_OF, ORDERS = date(2024, 12, 31), 20
BARE = (
    "SELECT customer, COUNT(*) AS orders, MIN(date) AS first, MAX(date) AS last, SUM(amount) AS amount "
    "FROM read_parquet('{}') GROUP BY customer"
)
TABLE = 100_000
"""Customers where both read a pandas table; a file as a whole is one that `lifetimes` has read already."""


def write_orders(path: Path, customers: int, *, days_apart: int, a_day: int) -> None:
    """Write 20 orders a customer over two years, so many on each of its days."""
    day = f"CAST(k // {a_day} * {days_apart} + (i * 7919 + k // {a_day} * 104729) % {days_apart} AS INTEGER)"
    with Engine() as engine:
        engine.execute(
            f"COPY (SELECT 'c' || LPAD(CAST(i AS VARCHAR), 7, '0') AS customer, DATE '2023-01-01' + {day} AS date, "
            f"CAST(CAST(1 + (i * 31 + k * 17) % 9000 AS DOUBLE) / 100 AS DOUBLE) AS amount "
            f"FROM range({ORDERS}) AS r(k), range({customers}) AS q(i)) TO '{path}' (FORMAT parquet)"
        )


def lines(count: int) -> list[Line]:
    """Measure ours and the bare query one after the other, the best of several turns; `lifetimes` on all rows, once."""
    with tempfile.TemporaryDirectory() as folder:
        one, several, log = (Path(folder) / f"{name}.parquet" for name in ("one", "several", "log"))
        write_orders(one, count, days_apart=36, a_day=1)
        write_orders(several, count, days_apart=72, a_day=2)
        _write_by_date(one, log)
        stated, detected, bare = _best(one, "day", "order")
        crowded, bare_crowded = _best(several, "order")
        return [
            Line("summary, one a day: said to be so", stated, bare, slower=1.5),
            Line("summary, one a day: not said", detected, bare, slower=1.5),
            *_calls("one a day", one, {"day": 1.5, "order": 1.5}),
            *_calls("one a day, by date", log, {"day": 1.5, "order": 1.5}),
            *_calls("two a day", several, {"order": 6}),
            Line("summary, one a day: pandas table", *_on_pandas(one), faster=10),
            Line("summary, two a day: pandas table", *_on_pandas(several), faster=10),
            Line("summary, one a day: not said", detected, _lifetimes(_first(one, count)), faster=10),
            Line("summary, two a day", crowded, bare_crowded, slower=6),
            Line("summary, two a day", crowded, _lifetimes(_first(several, count)), faster=10),
        ]


def _write_by_date(orders: Path, path: Path) -> None:
    """Write the same orders as a log has them: by date, and customers in no order."""
    with Engine() as engine:
        engine.execute(f"COPY (SELECT * FROM read_parquet('{orders}') ORDER BY date, HASH(customer)) TO '{path}'")


def _calls(name: str, path: Path, goals: dict[Grain, float]) -> list[Line]:
    """Compare whole calls, checks and all, with the bare query; both hand over an Arrow table."""
    bare = spend(lambda: _asked(path), 3)
    return [
        Line(
            f"summary, {name}: whole call, {'said to be so' if grain == 'day' else 'not said'}",
            spend(lambda grain=grain: summarise(path, grain=grain, memory_limit=MEMORY), 3),
            bare,
            slower=goal,
        )
        for grain, goal in goals.items()
    ]


def _asked(path: Path) -> None:
    with Engine(memory_limit=MEMORY) as engine:
        engine.query(BARE.format(path))


def _best(path: Path, *grains: Grain, turns: int = 3) -> list[Spent]:
    """Spend on each grain, and last on the bare query."""
    found = [[*(_summarise(path, grain) for grain in grains), _bare(path)] for _ in range(turns)]
    return [min(runs, key=lambda run: run.seconds) for runs in zip(*found, strict=True)]


def _summarise(path: Path, grain: Grain) -> Spent:
    with order_lines(path, memory_limit=MEMORY) as engine:
        return spend(lambda: summarise_lines(engine, AS_OF, TimeUnit("week"), grain=grain))


def _bare(path: Path) -> Spent:
    with Engine(memory_limit=MEMORY) as engine:
        return spend(lambda: engine.execute(f"CREATE TABLE bare AS {BARE.format(path)}"))


def _on_pandas(path: Path) -> tuple[Spent, Spent]:
    """Spend on a whole call with a pandas table, and on what `lifetimes` makes of the same."""
    some = _first(path, TABLE)
    return spend(lambda: summarise(some, memory_limit=MEMORY), 3), _lifetimes(some)


def _first(path: Path, customers: int) -> Any:
    """Read the orders of the first customers as a pandas table."""
    with Engine() as engine:
        return engine.query(f"SELECT * FROM read_parquet('{path}') WHERE customer < 'c{customers:07d}'").to_pandas()


def _lifetimes(orders: Any) -> Spent:
    from lifetimes.utils import summary_data_from_transaction_data  # noqa: PLC0415 - loads for seconds

    return spend(lambda: summary_data_from_transaction_data(orders, "customer", "date", "amount", freq="D"))
