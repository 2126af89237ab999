"""Fit and predict a million customers, against `lifetimes`."""

import functools
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from tests.bench.timing import Line, spend
from valuekit.ltv.models import BgNbd, MbgCnbdK, observations

MONTHS = np.arange(1, 37) * 365.25 / 12
TRUTH = (0.243, 30.9, 0.793, 2.426)  # as CDNOW's customers, in days


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


def regular(count: int) -> dict[str, np.ndarray]:
    """Simulate customers who buy regularly, in days and parts of days."""
    rng = np.random.default_rng(2)
    model = MbgCnbdK.from_parameters((0.5, 10.0, 0.8, 2.5), k=3, time_unit="day")
    lives = model.simulate(rng.integers(30, 731, count).astype(float), rng)
    return {name: lives[name] for name in ("frequency", "recency", "age", "log_gaps")}


def lines(count: int) -> list[Line]:
    """Measure: ours a few times (the best counts), `lifetimes` once, for it is slow."""
    rows = customers(count)
    fit = functools.partial(import_module("lifetimes").BetaGeoFitter().fit, *rows.values())
    regulars, regular_buyers = regular(count), MbgCnbdK(time_unit="day")
    found = [
        Line("BG/NBD: fit", spend(lambda: BgNbd(time_unit="day").fit(rows), 7), spend(fit), faster=40),
        Line("BG/NBD: fit after grouping", spend(fit_grouped(count), 3)),
        Line(
            "BG/NBD: 36 months ahead",
            spend(lambda: fitted(count).expected_purchases(MONTHS, rows), 3), spend(predict_peer(count)), faster=10,
        ),
        Line("BG/NBD: variance of a year", spend(lambda: fitted(count).purchase_variance(365.25, rows))),
        Line("MBG/CNBD-k: fit, k of 12", spend(lambda: regular_buyers.fit(regulars)), within=5),
        Line(
            "MBG/CNBD-k: 36 months ahead",
            spend(lambda: regular_buyers.expected_purchases(MONTHS, regulars)), within=20,
        ),
    ]  # fmt: skip
    customers.cache_clear()
    return [*found, Line("BG/NBD: ten times as many, after grouping", spend(fit_grouped(10 * count)), within=10)]
