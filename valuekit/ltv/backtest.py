"""Rolling-origin backtests of orders: at several days of the past, foretell what has come since, and compare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Unpack

import numpy as np
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.errors import ConfigError, FitError
from valuekit.ltv import forecasters, judging
from valuekit.ltv.forecasters import Forecaster, Foretold, Former, Known
from valuekit.ltv.order_lines import Reading, order_lines
from valuekit.ltv.purchases import purchase_model
from valuekit.ltv.summary import PACKAGE, Unmatched, drop_summary, hold_out, last_day, summarise_lines
from valuekit.ltv.units import TimeUnit

MODELS = ("mbg_nbd", "bg_nbd")
NAIVE = {"last_period": forecasters.last_period, "cohort_mean": forecasters.cohort_mean}
TARGETS = ("purchases", "spend")
MINIMUM_CUSTOMERS = 50
"""Fewer customers at an origin say nothing of how good a forecast is."""


@dataclass(frozen=True)
class Backtest:
    """What a backtest found.

    `scores`: origin, model, target (purchases or spend), `note` where a model could not foretell, and the metrics of
    `judging.METRICS`. `deciles`: origin, model, target, decile, customers, predicted, actual (means of a customer).
    `forecasts`: origin, model, customer, purchases, spend, low, high, actual_purchases, actual_spend, frequency.
    """

    scores: pa.Table
    deciles: pa.Table
    forecasts: pa.Table


def backtest_orders(
    orders: Any,
    *,
    origins: int | Sequence[date] = 3,
    days: int = 365,
    models: Sequence[str] = MODELS,
    unit: str = "week",
    unmatched_returns: Unmatched = "reduce",
    extra: Mapping[str, Forecaster] | None = None,
    **reading: Unpack[Reading],
) -> Backtest:
    """Judge models of purchases, the challenger and two naive rules at several origins.

    Reads `orders` as `summarise` does. At each origin, every forecaster sees what was known then and foretells each
    customer's purchases and spend of the next `days`. `origins` are days, or so many of them, `days` apart, the last
    one `days` before the last order. `models` are names of `purchases.purchase_model`, `extra` further forecasters.
    Raises `ConfigError` for an origin whose next `days` are not over, or at which there are too few customers.

    Reference: Tashman (2000), Out-of-sample tests of forecasting accuracy, International Journal of Forecasting 16(4).
    """
    with order_lines(orders, **reading) as engine:
        return backtest_lines(
            engine, origins=origins, days=days, candidates=candidates(models, unit) | dict(extra or {}),
            unit=unit, unmatched_returns=unmatched_returns,
        )  # fmt: skip


def candidates(models: Sequence[str] = MODELS, unit: str = "week") -> dict[str, Forecaster]:
    """Return the forecasters by name: the named models, the challenger, and the naive rules."""
    return {name: fitted_model(name, unit) for name in models} | {"challenger": forecasters.challenger()} | NAIVE


def fitted_model(name: str, unit: str) -> Forecaster:
    """Return the forecaster that fits the named model of purchases at each origin."""
    return forecasters.by_model(lambda: purchase_model(name, unit))


def backtest_lines(
    engine: Engine,
    *,
    origins: int | Sequence[date],
    days: int,
    candidates: Mapping[str, Forecaster],
    unit: str = "week",
    unmatched_returns: Unmatched = "reduce",
) -> Backtest:
    """Do what `backtest_orders` does, on the view `order_lines` of an engine."""
    found = _Found()
    for origin in _origins(engine, origins, days):
        known, came = _at(engine, origin, days, unit, unmatched_returns)
        for name, forecaster in candidates.items():
            try:
                found.add(origin, name, known, forecaster(known), came)
            except FitError as error:
                found.scores += [{"origin": origin, "model": name, "target": t, "note": str(error)} for t in TARGETS]
    return found.tables()


def _origins(engine: Engine, origins: int | Sequence[date], days: int) -> list[date]:
    if days < 1 or origins in (0, [], ()):
        raise ConfigError("a backtest needs an origin and a day to foretell, at least.", where="backtest")
    first: date | None = engine.scalar("SELECT MIN(day) FROM order_lines")
    last = last_day(engine)
    if isinstance(origins, int):
        chosen = [last - timedelta(days=days * back) for back in range(origins, 0, -1)]
    else:
        chosen = sorted(origins)
    for origin in chosen:
        if not (first and first <= origin <= last - timedelta(days=days)):
            raise ConfigError(
                f"the orders from {first} to {last} do not hold {days} days after {origin} and some before.",
                where="backtest",
                next_step="Ask for fewer origins, or for fewer days.",
            )
    return chosen


def _at(engine: Engine, origin: date, days: int, unit: str, unmatched: Unmatched) -> tuple[Known, pa.Table]:
    """Return what is known at an origin, and what has come since."""
    before = origin - timedelta(days=days)
    former_features, former = _summed(engine, before, days, unit, unmatched)[1:]
    features_then = None
    if len(former) >= MINIMUM_CUSTOMERS:
        features_then = Former(former_features, *(former[name].to_numpy().astype(float) for name in TARGETS))
    summary, features, came = _summed(engine, origin, days, unit, unmatched)
    if len(summary) < MINIMUM_CUSTOMERS:
        raise ConfigError(
            f"only {len(summary)} customers had bought by {origin}.", where="backtest", next_step="Take a later origin."
        )
    return Known(summary, features, days, features_then), came


def _summed(engine: Engine, day: date, days: int, unit: str, unmatched: Unmatched) -> tuple[pa.Table, ...]:
    summarise_lines(engine, day, TimeUnit(unit), unmatched_returns=unmatched)
    hold_out(engine, day, day + timedelta(days=days))
    engine.run(PACKAGE, "order_features.sql", {"as_of": day, "days": days})
    tables = tuple(
        engine.query(f"SELECT * FROM {name} ORDER BY party_id")
        for name in ("order_summary", "order_features", "order_holdout")
    )
    engine.drop("order_features", "order_holdout")
    drop_summary(engine)
    return (*tables[:2], _floats(tables[2]))


def _floats(holdout: pa.Table) -> pa.Table:
    columns = {name: holdout[name].cast(pa.float64()) for name in TARGETS}
    return pa.table({"party_id": holdout["party_id"], **columns})


class _Found:
    """Gathers rows of the three tables."""

    def __init__(self) -> None:
        self.scores: list[dict[str, Any]] = []
        self.deciles: list[dict[str, Any]] = []
        self.forecasts: list[pa.Table] = []

    def add(self, origin: date, model: str, known: Known, foretold: Foretold, came: pa.Table) -> None:
        of = {"origin": origin, "model": model}
        interval = {"purchases": (foretold.low, foretold.high), "spend": (None, None)}
        for target in TARGETS:
            predicted, actual = getattr(foretold, target), came[target].to_numpy()
            found = judging.judge(actual, predicted, *interval[target])
            self.scores.append({**of, "target": target, "note": "", **found})
            self.deciles += [{**of, "target": target, **row} for row in judging.deciles(actual, predicted)]
        self.forecasts.append(_rows(origin, model, known, foretold, came))

    def tables(self) -> Backtest:
        return Backtest(
            pa.Table.from_pylist(self.scores, schema=_SCORES),
            pa.Table.from_pylist(self.deciles, schema=_DECILES),
            pa.concat_tables([_FORECASTS.empty_table(), *self.forecasts]),
        )


def _rows(origin: date, model: str, known: Known, foretold: Foretold, came: pa.Table) -> pa.Table:
    size = len(came)
    ends = [np.full(size, np.nan) if end is None else end for end in (foretold.low, foretold.high)]
    columns = [pa.array([origin] * size, pa.date32()), pa.array([model] * size), came["party_id"].combine_chunks()]
    columns += [pa.array(values, pa.float64()) for values in (foretold.purchases, foretold.spend, *ends)]
    columns += [came[name].combine_chunks() for name in TARGETS]
    columns.append(known.summary["frequency"].combine_chunks().cast(pa.int64()))
    return pa.Table.from_arrays(columns, schema=_FORECASTS)


_OF = [("origin", pa.date32()), ("model", pa.string()), ("target", pa.string())]
_SCORES = pa.schema([*_OF, ("note", pa.string()), *((name, pa.float64()) for name in judging.METRICS)])
_DECILES = pa.schema(
    [*_OF, ("decile", pa.int64()), ("customers", pa.int64()), ("predicted", pa.float64()), ("actual", pa.float64())]
)
_FORECASTS = pa.schema(
    [("origin", pa.date32()), ("model", pa.string()), ("customer", pa.string())]
    + [(name, pa.float64()) for name in ("purchases", "spend", "low", "high", "actual_purchases", "actual_spend")]
    + [("frequency", pa.int64())]
)
