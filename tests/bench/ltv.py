"""Time lifetime value against its peers, in one run: the ratio says more than seconds on a shared machine.

python -m tests.bench.ltv                        # a million customers
python -m tests.bench.ltv 100000 --only fit --json
"""

import argparse
import contextlib
import functools
import io
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from valuekit.ltv.models import BgNbd, observations

MONTHS = np.arange(1, 37) * 365.25 / 12
TRUTH = (0.243, 30.9, 0.793, 2.426)  # as CDNOW's customers, in days


class Row(NamedTuple):
    """One line of the bench: what is timed, what for comparison, and how many times faster it must be."""

    ours: Callable[[int], Callable[[], object]]
    theirs: Callable[[int], Callable[[], object]] | None
    goal: float | None


@functools.cache
def customers(count: int) -> dict[str, np.ndarray]:
    """Simulate customers who joined within two years; orders have days, so recency is whole too."""
    rng = np.random.default_rng(1)
    model = BgNbd.from_parameters(TRUTH, time_unit="day")
    lives = model.simulate(rng.integers(30, 731, count).astype(float), rng)
    recency = np.where(lives["frequency"] > 0, np.maximum(np.ceil(lives["recency"]), 1), 0)
    return {"frequency": np.minimum(lives["frequency"], recency), "recency": recency, "age": lives["age"]}


@functools.cache
def fitted(count: int) -> BgNbd:
    """Fit once for the rows that predict."""
    return BgNbd(time_unit="day").fit(customers(count))


def peer(count: int) -> Any:
    """Return the fitter of `lifetimes` with our parameters."""
    fitter = import_module("lifetimes").BetaGeoFitter()
    fitter.params_ = fitted(count).parameters_
    return fitter


def fit_grouped(count: int) -> Callable[[], object]:
    """Fit rows that are grouped already."""
    model = BgNbd(time_unit="day")
    grouped = observations.group(model._read(customers(count)))
    return lambda: model._climb(grouped, model._starts(grouped))


def predict_peer(count: int) -> Callable[[], object]:
    """Predict month by month, as `lifetimes` does it."""
    predict = peer(count).conditional_expected_number_of_purchases_up_to_time
    columns = tuple(customers(count).values())
    return lambda: [predict(month, *columns) for month in MONTHS]


ROWS = {
    "BG/NBD: fit": Row(
        lambda n: functools.partial(BgNbd(time_unit="day").fit, customers(n)),
        lambda n: functools.partial(import_module("lifetimes").BetaGeoFitter().fit, *customers(n).values()),
        40,
    ),
    "BG/NBD: fit after grouping": Row(fit_grouped, None, None),
    "BG/NBD: 36 months ahead": Row(
        lambda n: functools.partial(fitted(n).expected_purchases, MONTHS, customers(n)), predict_peer, 10
    ),
    "BG/NBD: variance of a year": Row(
        lambda n: functools.partial(fitted(n).purchase_variance, 365.25, customers(n)), None, None
    ),
}


def measure(count: int, rows: dict[str, Row], repeats: int = 3) -> dict[str, dict[str, float | None]]:
    """Return, by row, the best seconds of a few runs, those of the peer (once: it is slow) and the ratio."""
    found = {}
    for name, row in rows.items():
        ours = min(seconds(row.ours(count)) for _ in range(repeats))
        theirs = seconds(row.theirs(count)) if row.theirs else None
        found[name] = {"seconds": ours, "peer": theirs, "ratio": theirs / ours if theirs else None, "goal": row.goal}
    return found


def seconds(work: Callable[[], object]) -> float:
    """Time one run; a peer's warnings and prints are not shown."""
    with quiet():
        start = time.perf_counter()
        work()
        return time.perf_counter() - start


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings and prints of a peer to itself."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def main() -> None:
    """Measure one size and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("customers", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--only", default="", help="rows whose name holds this")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = measure(arguments.customers, {name: row for name, row in ROWS.items() if arguments.only in name})
    sys.stdout.write(json.dumps(found) + "\n" if arguments.json else table(found))


def table(found: dict[str, dict[str, float | None]]) -> str:
    """Lay the rows out as text."""
    lines = [f"{'':32}{'seconds':>10}{'peer':>10}{'ratio':>10}{'goal':>10}"]
    for name, row in found.items():
        lines.append(f"{name:32}" + "".join(f"{'' if v is None else f'{v:.2f}':>10}" for v in row.values()))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
