"""Pareto/NBD against `lifetimes` in the same process: to fit and to predict."""

from typing import Any

import numpy as np

from tests.bench.timing import Line, spend
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


def lines(count: int) -> list[Line]:
    """Fit both on a tenth of the customers, one row each: ours thrice (the best counts), `lifetimes` once."""
    rows = customers(count // 10)
    ours, grouped = ParetoNbd().fit(rows), LifetimesPareto()
    fit = spend(lambda: ParetoNbd().fit(rows), 3)
    by_row, by_group = spend(lambda: _plain(rows)), spend(lambda: grouped.fit(rows))
    months = np.arange(1, 37) * ours.unit.per_year / 12
    ahead, peer = (spend(lambda m=m: m.expected_purchases(months, rows)) for m in (ours, grouped))
    return [
        Line("Pareto/NBD, a tenth: fit", fit, by_row, faster=30),
        Line("Pareto/NBD, a tenth: fit, peer given groups", fit, by_group),
        Line("Pareto/NBD, a tenth: 36 months ahead", ahead, peer, faster=10),
    ]


def _plain(rows: Rows) -> Any:
    """The package with its own defaults."""
    from lifetimes import ParetoNBDFitter  # noqa: PLC0415 - it takes a second to load, which is not fitting

    return ParetoNBDFitter().fit(rows["frequency"], rows["recency"], rows["age"]).params_
