"""The summary of 20 orders a customer against a bare GROUP BY of the same file, and against `lifetimes`."""

import tempfile
from datetime import date
from pathlib import Path

from tests.bench.timing import Line, Spent, spend
from valuekit.engine import Engine
from valuekit.ltv.order_lines import order_lines
from valuekit.ltv.summary import Grain, summarise_lines
from valuekit.ltv.units import TimeUnit

MEMORY = "4GB"
AS_OF, ORDERS = date(2024, 12, 31), 20
BARE = (
    "SELECT customer, COUNT(*) AS orders, MIN(date) AS first, MAX(date) AS last, SUM(amount) AS amount "
    "FROM read_parquet('{}') GROUP BY customer"
)
SAMPLE = 10_000
"""Customers that `lifetimes` summarises; its time is compared by the row."""


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
    """Measure ours and the bare query one after the other, the best of several turns; `lifetimes` by the row, once."""
    with tempfile.TemporaryDirectory() as folder:
        one, several = Path(folder) / "one.parquet", Path(folder) / "several.parquet"
        write_orders(one, count, days_apart=36, a_day=1)
        write_orders(several, count, days_apart=72, a_day=2)
        stated, detected, bare = _best(one, "day", "order")
        crowded, bare_crowded = _best(several, "order")
        rows = ORDERS * count
        return [
            Line("summary, one a day: said to be so", stated, bare, slower=1.5),
            Line("summary, one a day: not said", detected, bare, slower=1.5),
            Line("summary, one a day: by the row", detected, _by_lifetimes(one, rows), faster=10),
            Line("summary, two a day", crowded, bare_crowded, slower=6),
            Line("summary, two a day: by the row", crowded, _by_lifetimes(several, rows), faster=10),
        ]


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


def _by_lifetimes(path: Path, rows: int) -> Spent:
    """Return what `lifetimes` would take for so many rows, by what it takes for those of some customers."""
    from lifetimes.utils import summary_data_from_transaction_data  # noqa: PLC0415 - loads for seconds

    with Engine() as engine:
        some = engine.query(f"SELECT * FROM read_parquet('{path}') WHERE customer < 'c{SAMPLE:07d}'").to_pandas()
    took = spend(lambda: summary_data_from_transaction_data(some, "customer", "date", "amount", freq="D"))
    share = rows / len(some)
    return Spent(took.seconds * share, took.cpu * share)
