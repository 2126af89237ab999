"""Time the summary of orders against a bare GROUP BY of the same file, and against `lifetimes`.

python -m tests.bench.ltv_summary                       # 20 million orders of a million customers
python -m tests.bench.ltv_summary --customers 100000 --json
"""

import argparse
import json
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path

from valuekit.engine import Engine
from valuekit.ltv.order_lines import order_lines
from valuekit.ltv.summary import summarise_lines
from valuekit.ltv.units import TimeUnit

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


def measure(customers: int, folder: Path, memory_limit: str, repeat: int = 3) -> dict[str, float]:
    """Return seconds and ratios: the best of several turns, ours and the bare query one after the other."""
    found: dict[str, float] = {}
    cases = {"one a day": (36, 1), "several a day": (72, 2)}
    for name, (days_apart, a_day) in cases.items():
        path = folder / f"{name.replace(' ', '_')}.parquet"
        write_orders(path, customers, days_apart=days_apart, a_day=a_day)
        grains = ("day", "order") if a_day == 1 else ("order",)
        turns = [{g: _summarise(path, g, memory_limit) for g in grains} | {"bare": _bare(path, memory_limit)}
                 for _ in range(repeat)]  # fmt: skip
        best = {way: min(turn[way] for turn in turns) for way in turns[0]}
        for grain in grains:
            found[f"{name}, grain {grain}: seconds"] = best[grain]
            found[f"{name}, grain {grain}: times bare"] = best[grain] / best["bare"]
        found[f"{name}: bare seconds"] = best["bare"]
        found |= _against_lifetimes(path, best["order"] / (customers * ORDERS), name)
    found["peak memory, MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def _summarise(path: Path, grain: str, memory_limit: str) -> float:
    with order_lines(path, memory_limit=memory_limit) as engine:
        return _timed(lambda: summarise_lines(engine, AS_OF, TimeUnit("week"), grain=grain))


def _bare(path: Path, memory_limit: str) -> float:
    with Engine(memory_limit=memory_limit) as engine:
        return _timed(lambda: engine.execute(f"CREATE TABLE bare AS {BARE.format(path)}"))


def _against_lifetimes(path: Path, ours_per_row: float, name: str) -> dict[str, float]:
    from lifetimes.utils import summary_data_from_transaction_data  # noqa: PLC0415 - loads for seconds

    with Engine() as engine:
        some = engine.query(f"SELECT * FROM read_parquet('{path}') WHERE customer < 'c{SAMPLE:07d}'").to_pandas()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = _timed(lambda: summary_data_from_transaction_data(some, "customer", "date", "amount", freq="D"))
    return {f"{name}: lifetimes, times ours per row": theirs / len(some) / ours_per_row}


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--memory-limit", default="4GB")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(arguments.customers, Path(folder), arguments.memory_limit)
    lines = "\n".join(f"{name:45} {value:10,.2f}" for name, value in found.items())
    sys.stdout.write((json.dumps(found, indent=1) if arguments.json else lines) + "\n")


if __name__ == "__main__":
    main()
