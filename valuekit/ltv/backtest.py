"""Rolling-origin backtests of orders: at several days of the past, foretell what has come since, and compare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Unpack

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from valuekit.calendar import month_end
from valuekit.engine import Engine
from valuekit.errors import ConfigError, FitError, UnknownNameError
from valuekit.ltv import forecasters, judging, purchase_charts
from valuekit.ltv.forecasters import Forecaster, Foretold, Former, Known
from valuekit.ltv.models import PurchaseModel
from valuekit.ltv.models.observations import read_columns
from valuekit.ltv.order_lines import Reading, order_lines
from valuekit.ltv.origins import another_day, model_names, origin_days, other_days
from valuekit.ltv.purchases import purchase_model, reads_gaps
from valuekit.ltv.summary import (
    PACKAGE,
    Unmatched,
    count_repeats,
    drop_summary,
    hold_out,
    last_day,
    summarise_lines,
)
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
    Of models of purchases alone, `tracking`: origin, model, week, ends_on, foretold, came (repeat purchases of that
    week, up to the end of the holdout), and `frequencies`: origin, model, label, foretold, came (customers by repeat
    purchases up to the origin).
    """

    scores: pa.Table
    deciles: pa.Table = field(repr=False)
    forecasts: pa.Table = field(repr=False)
    tracking: pa.Table = field(repr=False)
    frequencies: pa.Table = field(repr=False)

    def conditional(self, model: str, origin: date) -> pa.Table:
        """Return the mean purchases by purchases before: label, customers, foretold, came; see `purchase_charts`."""
        rows = _of(self.forecasts, model, origin)
        columns = (rows[name].to_numpy().astype(float) for name in ("frequency", "purchases", "actual_purchases"))
        return pa.Table.from_pylist(purchase_charts.conditional(*columns), schema=_CONDITIONAL)

    def plot(self, model: str | None = None, origin: date | None = None) -> Any:
        """Return the charts (altair) of a model at an origin: tracking, frequencies, means, tenths and coverage.

        The default is the model of purchases with the smallest error, at the last origin. Raises `FitError` where no
        model of purchases foretold, `UnknownNameError` for a model or origin that is not in the backtest.
        """
        from valuekit.ltv.plots import judged  # noqa: PLC0415 - whoever draws nothing does not wait for altair

        return judged(self, *self._charted(model, origin))

    def _charted(self, model: str | None, origin: date | None) -> tuple[str, date]:
        rows = self.scores.to_pylist()
        known = {(r["model"], r["origin"]) for r in self.tracking.select(["model", "origin"]).to_pylist()}
        if not known:
            raise FitError("no model of purchases foretold anything to draw.", where="backtest")
        last = origin or max(day for _, day in known)
        errors = {r["model"]: r["rmse"] for r in rows if r["origin"] == last and r["target"] == "purchases"}
        there = sorted(name for name, day in known if day == last)
        if not there:
            raise UnknownNameError("origin", str(last), sorted({str(day) for _, day in known}), where="backtest")
        chosen = model or min(there, key=lambda name: errors[name])
        if chosen not in there:
            raise UnknownNameError("model of purchases", chosen, there, where="backtest")
        return chosen, last


def _of(table: pa.Table, model: str, origin: date) -> pa.Table:
    return table.filter((pc.field("model") == model) & (pc.field("origin") == origin))


def backtest_orders(
    orders: Any,
    *,
    origins: int | Sequence[date] = 3,
    days: int = 365,
    models: str | Sequence[str] = MODELS,
    unit: str = "week",
    unmatched_returns: Unmatched = "reduce",
    extra: Mapping[str, Forecaster] | None = None,
    **reading: Unpack[Reading],
) -> Backtest:
    """Judge models of purchases, the challenger and two naive rules at several origins.

    Reads `orders` as `summarise` does. At each origin, every forecaster sees what was known then and foretells each
    customer's purchases and spend of the next `days`. `origins` are days, or so many of them, `days` apart, the last
    one `days` before the last order. `models` are names (or one) of `purchases.purchase_model`, `extra` further ones.
    Raises `ConfigError` for an origin whose next `days` are not over, or at which there are too few customers.

    Reference: Tashman (2000), Out-of-sample tests of forecasting accuracy, International Journal of Forecasting 16(4).
    """
    names = model_names(models)
    with order_lines(orders, **reading) as engine:
        return backtest_lines(
            engine, origins=origins, days=days, candidates=candidates(names, unit) | dict(extra or {}),
            unit=unit, unmatched_returns=unmatched_returns, log_gaps=any(map(reads_gaps, names)),
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
    log_gaps: bool = False,
) -> Backtest:
    """Do what `backtest_orders` does, on the view `order_lines` of an engine; `log_gaps`: a candidate reads them."""
    found = _Found()
    for origin in _origins(engine, origins, days):
        known, came, repeats = _at(engine, origin, days, unit, unmatched_returns, log_gaps)
        for name, forecaster in candidates.items():
            one = _Found()
            try:
                foretold = forecaster(known)
                one.add(origin, name, known, foretold, came)
                if foretold.model:
                    one.draw(origin, name, known.summary, foretold.model, repeats)
            except FitError as error:
                one = _Found([{"origin": origin, "model": name, "target": t, "note": str(error)} for t in TARGETS])
            found.take(one)
    return found.tables()


def _origins(engine: Engine, origins: int | Sequence[date], days: int) -> list[date]:
    first: date | None = engine.scalar("SELECT MIN(day) FROM order_lines")
    last = last_day(engine)
    chosen = origin_days(origins, days, "day", lambda back: last - timedelta(days=days * back))
    for origin in chosen:
        if not (first and first <= origin and days <= (last - origin).days):
            raise ConfigError(
                f"the orders from {first} to {last} do not hold {days} days after {origin} and some before.",
                where="backtest",
                next_step=other_days(origins, chosen, first, last, last - timedelta(days=days), "day"),
            )
    return chosen


def _at(
    engine: Engine, origin: date, days: int, unit: str, unmatched: Unmatched, log_gaps: bool
) -> tuple[Known, pa.Table, pa.Table]:
    """Return what is known at an origin, what has come since, and repeat purchases by day up to the end of that."""
    before = origin - timedelta(days=days)
    former_features, former = _summed(engine, before, days, unit, unmatched)[1:3]
    features_then = None
    if len(former) >= MINIMUM_CUSTOMERS:
        features_then = Former(former_features, *(former[name].to_numpy().astype(float) for name in TARGETS))
    summary, features, came, repeats = _summed(engine, origin, days, unit, unmatched, log_gaps)
    if len(summary) < MINIMUM_CUSTOMERS:
        raise ConfigError(
            f"only {len(summary)} customers had bought by {origin}; it takes {MINIMUM_CUSTOMERS}.",
            where="backtest",
            next_step=another_day(_day_with_enough(engine, days, unit, unmatched), days, "day"),
        )
    return Known(summary, features, days, features_then), came, repeats


def _day_with_enough(engine: Engine, days: int, unit: str, unmatched: Unmatched) -> date | None:
    """Return the first month end by which enough customers had bought, or the last day that leaves a holdout."""
    latest = last_day(engine) - timedelta(days=days)
    summarise_lines(engine, latest, TimeUnit(unit), unmatched_returns=unmatched)
    # Who is there at the latest day, after more returns, was there from its first purchase on.
    first = engine.rows("SELECT first_on FROM order_summary ORDER BY first_on, party_id")
    drop_summary(engine)
    return min(month_end(first[MINIMUM_CUSTOMERS - 1][0]), latest) if len(first) >= MINIMUM_CUSTOMERS else None


def _summed(
    engine: Engine, day: date, days: int, unit: str, unmatched: Unmatched, log_gaps: bool = False
) -> tuple[pa.Table, ...]:
    summarise_lines(engine, day, TimeUnit(unit), unmatched_returns=unmatched, log_gaps=log_gaps)
    hold_out(engine, day, day + timedelta(days=days))
    count_repeats(engine, day + timedelta(days=days))
    engine.run(PACKAGE, "order_features.sql", {"as_of": day, "days": days})
    tables = tuple(
        engine.query(f"SELECT * FROM {name} ORDER BY party_id")
        for name in ("order_summary", "order_features", "order_holdout")
    )
    repeats = engine.query("SELECT day, purchases FROM repeat_days ORDER BY day")
    engine.drop("order_features", "order_holdout", "repeat_days")
    drop_summary(engine)
    return (*tables[:2], _floats(tables[2]), repeats)


def _floats(holdout: pa.Table) -> pa.Table:
    columns = {name: holdout[name].cast(pa.float64()) for name in TARGETS}
    return pa.table({"party_id": holdout["party_id"], **columns})


class _Found:
    """Gathers rows of the tables."""

    def __init__(self, scores: Sequence[dict[str, Any]] = ()) -> None:
        self.scores = list(scores)
        self.deciles: list[dict[str, Any]] = []
        self.forecasts: list[pa.Table] = []
        self.tracking: list[dict[str, Any]] = []
        self.frequencies: list[dict[str, Any]] = []

    def take(self, other: "_Found") -> None:
        """Add all that another has gathered."""
        for name, rows in vars(other).items():
            getattr(self, name).extend(rows)

    def add(self, origin: date, model: str, known: Known, foretold: Foretold, came: pa.Table) -> None:
        of = {"origin": origin, "model": model}
        interval = {"purchases": (foretold.low, foretold.high), "spend": (None, None)}
        for target in TARGETS:
            predicted, actual = getattr(foretold, target), came[target].to_numpy()
            found = judging.judge(actual, predicted, *interval[target])
            self.scores.append({**of, "target": target, "note": "", **found})
            self.deciles += [{**of, "target": target, **row} for row in judging.deciles(actual, predicted)]
        self.forecasts.append(_rows(origin, model, known, foretold, came))

    def draw(self, origin: date, name: str, summary: pa.Table, model: PurchaseModel, repeats: pa.Table) -> None:
        """Add what the charts of a model show."""
        of = {"origin": origin, "model": name}
        first = _days(summary["first_on"])
        births = np.bincount(first - first.min()).astype(np.float64)
        came = np.zeros(int(_days(repeats["day"]).max(initial=first.max()) - first.min()) + 1)
        came[_days(repeats["day"]) - first.min()] = repeats["purchases"].to_numpy()
        rows = read_columns(summary, ("frequency", "age"))
        for row in purchase_charts.tracking(model, births, came):
            ends_on = date(1970, 1, 1) + timedelta(days=int(first.min()) + 7 * row["week"] - 1)
            self.tracking.append({**of, **row, "ends_on": ends_on})
        self.frequencies += [of | row for row in purchase_charts.frequencies(model, rows["frequency"], rows["age"])]

    def tables(self) -> Backtest:
        return Backtest(
            pa.Table.from_pylist(self.scores, schema=_SCORES),
            pa.Table.from_pylist(self.deciles, schema=_DECILES),
            pa.concat_tables([_FORECASTS.empty_table(), *self.forecasts]),
            pa.Table.from_pylist(self.tracking, schema=_TRACKING),
            pa.Table.from_pylist(self.frequencies, schema=_FREQUENCIES),
        )


def _days(column: pa.ChunkedArray) -> Any:
    return column.cast(pa.int32()).to_numpy().astype(np.int64)


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
_BOTH = [("foretold", pa.float64()), ("came", pa.float64())]
_TRACKING = pa.schema([*_OF[:2], ("week", pa.int64()), ("ends_on", pa.date32()), *_BOTH])
_FREQUENCIES = pa.schema([*_OF[:2], ("label", pa.string()), *_BOTH])
_CONDITIONAL = pa.schema([("label", pa.string()), ("customers", pa.int64()), *_BOTH])
_DECILES = pa.schema(
    [*_OF, ("decile", pa.int64()), ("customers", pa.int64()), ("predicted", pa.float64()), ("actual", pa.float64())]
)
_FORECASTS = pa.schema(
    [("origin", pa.date32()), ("model", pa.string()), ("customer", pa.string())]
    + [(name, pa.float64()) for name in ("purchases", "spend", "low", "high", "actual_purchases", "actual_spend")]
    + [("frequency", pa.int64())]
)
