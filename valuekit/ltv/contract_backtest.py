"""Rolling-origin backtests of contracts: who was expected to renew and to stay, against who did."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Unpack

import numpy as np
import pyarrow as pa

from valuekit.calendar import add_months, as_day, month_ends
from valuekit.engine import Engine
from valuekit.errors import ConfigError, FitError, UnknownNameError
from valuekit.ltv import judging, renewals
from valuekit.ltv.contract_terms import TermReading, contract_terms
from valuekit.ltv.forecasters import LEVEL
from valuekit.ltv.models.observations import Array, read_columns
from valuekit.ltv.origins import another_day, model_names, origin_days, other_days
from valuekit.ltv.renewal_forecasters import NAIVE, Past, RenewalForecaster, Survival, by_choice
from valuekit.ltv.renewals import Choice

PACKAGE = "valuekit.ltv"
TARGETS = ("renewals", "survival", "revenue")
MINIMUM_LINES = 50
"""Fewer contract lines at an origin, or of a term length, say nothing of how good a forecast is."""

_GROUP = ("term_months", "renewals", "churned", "entered", "weight")
_LINE = ("term_months", "renewals", "months_to_next", "pending", "ends", "stayed")


@dataclass(frozen=True)
class ContractBacktest:
    """What a backtest of contracts found, by contract line: what a customer had signed at the origin.

    Targets are `renewals` (how many are taken), `survival` (1 when the customer still is under contract at the end) and
    `revenue` (price at the origin times renewals; only where all lines have a price). `scope` is `all`, or a term
    length such as `12m`.

    `scores`: origin, model, scope, target, `note` where a model could not foretell, and `judging.METRICS`.
    `deciles`: origin, model, scope, target, decile, customers, predicted, actual (means of a line).
    `forecasts`: origin, model, customer, term_months, survived, renewals, low, high, survival, price, actual_renewals,
    actual_survival. `tracking`: origin, model, month, foretold, came (lines still under contract at its end).
    """

    scores: pa.Table
    deciles: pa.Table
    forecasts: pa.Table
    tracking: pa.Table

    def plot(self, model: str | None = None, origin: date | None = None) -> Any:
        """Return the charts (altair) of a model at an origin: tracking, tenths of both targets, and coverage.

        The default is the model with the smallest error of renewals, at the last origin. Raises `FitError` where none
        foretold, `UnknownNameError` for a model or an origin that is not in the backtest.
        """
        from valuekit.ltv.plots import judged_contracts  # noqa: PLC0415 - whoever draws nothing does not wait for altair

        rows = [
            r for r in self.scores.to_pylist() if r["target"] == "renewals" and r["scope"] == "all" and not r["note"]
        ]
        if not rows:
            raise FitError("no model of renewals foretold anything to draw.", where="backtest")
        days = sorted({r["origin"] for r in rows})
        last = origin or days[-1]
        if last not in days:
            raise UnknownNameError("origin", str(last), [str(day) for day in days], where="backtest")
        errors = {r["model"]: r["rmse"] for r in rows if r["origin"] == last}
        chosen = model or min(sorted(errors), key=lambda name: errors[name])
        if chosen not in errors:
            raise UnknownNameError("model of renewals", chosen, sorted(errors), where="backtest")
        return judged_contracts(self, chosen, last)


def backtest_contracts(
    contracts: Any,
    *,
    as_of: date | None = None,
    origins: int | Sequence[date] = 3,
    months: int = 12,
    models: Choice | Sequence[Choice] = ("bic", "sbg", "bdw"),
    extra: Mapping[str, RenewalForecaster] | None = None,
    **reading: Unpack[TermReading],
) -> ContractBacktest:
    """Judge models of renewals and three simpler rules at several origins.

    Reads `contracts` as `TermReading` says, known up to `as_of` (default: the last day on which a term began or notice
    was given). At each origin, every forecaster sees what was known then, and foretells of each contract line in force
    the renewals of the next `months`. `models` are choices of `renewals.fit_renewals`, `extra` further forecasters;
    `last_period` and `term_mean` repeat a rate of renewal, `kaplan_meier` the curve that assumes no model. `origins`
    are days, or so many of them, `months` apart; the last is then a month more than `months` before `as_of`, for a
    renewal may be signed late. A run knows more than contracts: payments and other records tell it who has lapsed.
    Raises `ConfigError` for an origin whose months are not over, or at which there are too few contracts.

    >>> signed = {"customer": [f"c{i:03d}" for i in range(120)], "term_months": [1] * 120,
    ...           "starts_on": [date(2025, 1, 1)] * 120,
    ...           "ends_on": [date(2025, 1 + i % 12, 28) if i % 3 else None for i in range(120)]}
    >>> tested = backtest_contracts(signed, as_of=date(2025, 12, 31), origins=1, months=6)
    >>> [(r["customers"], r["actual"]) for r in tested.scores.to_pylist() if r["target"] == "survival"][0]
    (90.0, 50.0)
    """
    fitted: dict[str, RenewalForecaster] = {name: by_choice(name) for name in model_names(models)}
    candidates = {**fitted, **NAIVE, **(extra or {})}
    with contract_terms(contracts, **reading) as engine:
        found = _Found()
        first, end = _span(engine, None if as_of is None else as_day(as_of))
        for origin in _origins(first, end, origins, months):
            past, lines = _at(engine, origin, end, months)
            for name, forecaster in candidates.items():
                try:
                    found.add(origin, name, _foretold(forecaster(past), lines, months), months)
                except FitError as error:
                    found.fail(origin, name, str(error))
        return found.tables()


def _span(engine: Engine, as_of: date | None) -> tuple[date, date]:
    first, last = engine.rows("SELECT MIN(signed_on), GREATEST(MAX(starts_on), MAX(cancelled_on)) FROM all_terms")[0]
    if first is None:
        raise ConfigError("there is no contract.", where="backtest")
    return first, as_of or last


def _origins(first: date, end: date, origins: int | Sequence[date], months: int) -> list[date]:
    chosen = origin_days(origins, months, "month", lambda back: add_months(end, -months * back - 1))
    for origin in chosen:
        if not first <= origin <= add_months(end, -months):
            raise ConfigError(
                f"contracts from {first} to {end} do not hold {months} months after {origin} and some before.",
                where="backtest",
                next_step=other_days(origins, chosen, first, end, add_months(end, -months), "month"),
            )
    return chosen


def _at(engine: Engine, origin: date, end: date, months: int) -> tuple[Past, pa.Table]:
    """Return what is known at an origin, and the lines in force there with how long they have lasted since."""
    before = _summarised(engine, add_months(origin, -months))
    now = _summarised(engine, origin)
    lines = _judged_lines(engine, origin)
    if len(lines) < MINIMUM_LINES:
        raise ConfigError(
            f"only {len(lines)} contracts were in force on {origin}; it takes {MINIMUM_LINES}.",
            where="backtest",
            next_step=another_day(_day_with_enough(engine, end, months), months, "month"),
        )
    first = engine.scalar("SELECT MIN(starts_on) FROM contract_runs")
    return Past(engine, (first, origin), now, before), lines


def _judged_lines(engine: Engine, origin: date) -> pa.Table:
    return engine.ask(PACKAGE, "contract_stays.sql", "judged_lines", {"origin": origin})


def _day_with_enough(engine: Engine, end: date, months: int) -> date | None:
    """Return the first month end with enough lines in force, of those with so many months after them."""
    first = engine.scalar("SELECT MIN(signed_on) FROM all_terms")
    for day in month_ends(first, add_months(end, -months)):
        if engine.scalar("SELECT COUNT(*) FROM all_terms WHERE signed_on <= $day", {"day": day}) >= MINIMUM_LINES:
            _summarised(engine, day)
            if len(_judged_lines(engine, day)) >= MINIMUM_LINES:
                return day
    return None


def _summarised(engine: Engine, day: date) -> dict[str, Array]:
    engine.run(PACKAGE, "contract_backtest.sql", {"origin": day})
    renewals.summarise(engine, day)
    return read_columns(engine.query(f"SELECT {', '.join(_GROUP)} FROM renewal_groups"), _GROUP)


@dataclass(frozen=True)
class _Foretold:
    """Of each line: what was expected and what came, and the probabilities to be there at the end of each month."""

    lines: pa.Table
    renewals: Array
    low: Array
    high: Array
    there: Array
    came: Array
    stayed: Array


def _foretold(survival: Survival, lines: pa.Table, months: int) -> _Foretold:
    rows = read_columns(lines, _LINE)
    states, where = np.unique(np.column_stack([rows[name] for name in _LINE[:-1]]), axis=0, return_inverse=True)
    where = where.reshape(-1)
    by_state = dict(zip(_LINE[:-1], states.T, strict=True))
    met = _met(by_state, np.arange(months))
    due = met[:, -1]
    turn = np.arange(1.0, due.max(initial=0) + 1)
    taken = np.where(turn <= due[:, None], _survives(survival, by_state, turn), 0.0)
    there = _survives(survival, by_state, met)
    tail = (1 - LEVEL) / 2
    # So many renewals are taken, or more, with these probabilities: the ends of the central interval follow.
    low, high = (taken > 1 - tail).sum(axis=1), (taken > tail).sum(axis=1)
    since = np.round((rows["stayed"] - rows["months_to_next"]) / rows["term_months"])
    came = np.clip(since, 0, due[where])
    return _Foretold(
        lines, taken.sum(axis=1)[where], low[where].astype(float), high[where].astype(float), there[where], came,
        rows["stayed"],
    )  # fmt: skip


def _survives(survival: Survival, state: Mapping[str, Array], ahead: Array) -> Array:
    """Return the probability to survive renewals ahead, and one that is pending today; none comes after notice."""
    steps = np.broadcast_to(ahead, (len(state["ends"]), np.shape(ahead)[-1]))
    found = np.zeros(steps.shape)
    for term in np.unique(state["term_months"]):
        own = state["term_months"] == term
        found[own] = survival(int(term), state["renewals"][own, None], state["pending"][own, None] + steps[own])
    return np.where((state["ends"][:, None] > 0) & (steps > 0), 0.0, found)


def _met(state: Mapping[str, Array], month: Any) -> Array:
    """Count the renewals that are due by the end of each month from the origin."""
    since = month - state["months_to_next"][:, None]
    return np.asarray(np.where(since >= 0, since // state["term_months"][:, None] + 1, 0.0))


class _Found:
    """Gathers rows of the tables."""

    def __init__(self) -> None:
        self.scores: list[dict[str, Any]] = []
        self.deciles: list[dict[str, Any]] = []
        self.forecasts: list[pa.Table] = []
        self.tracking: list[dict[str, Any]] = []

    def add(self, origin: date, model: str, foretold: _Foretold, months: int) -> None:
        of = {"origin": origin, "model": model}
        ends = np.arange(1, months + 1)
        self.tracking += [
            {**of, "month": int(month), "foretold": float(said.sum()), "came": float((foretold.stayed >= month).sum())}
            for month, said in zip(ends, foretold.there.T, strict=True)
        ]
        for (scope, chosen), (target, columns) in ((s, t) for s in _scopes(foretold.lines) for t in _targets(foretold)):
            actual, predicted, *interval = (values[chosen] for values in columns)
            row = {**of, "scope": scope, "target": target}
            self.scores.append({**row, "note": "", **judging.judge(actual, predicted, *interval)})
            self.deciles += [{**row, **found} for found in judging.deciles(actual, predicted)]
        self.forecasts.append(_rows(origin, model, foretold, months))

    def fail(self, origin: date, model: str, note: str) -> None:
        of = {"origin": origin, "model": model, "scope": "all", "note": note}
        self.scores += [{**of, "target": target} for target in TARGETS[:2]]

    def tables(self) -> ContractBacktest:
        return ContractBacktest(
            pa.Table.from_pylist(self.scores, schema=_SCORES),
            pa.Table.from_pylist(self.deciles, schema=_DECILES),
            pa.concat_tables([_FORECASTS.empty_table(), *self.forecasts]),
            pa.Table.from_pylist(self.tracking, schema=_TRACKING),
        )


def _scopes(lines: pa.Table) -> Iterator[tuple[str, Array]]:
    """Yield all lines, and those of each term length that has enough."""
    terms = lines["term_months"].to_numpy()
    yield "all", np.ones(len(terms), bool)
    lengths, counts = np.unique(terms, return_counts=True)
    for term in lengths[(counts >= MINIMUM_LINES) & (counts < len(terms))]:
        yield f"{term}m", terms == term


def _targets(foretold: _Foretold) -> Iterator[tuple[str, tuple[Array, ...]]]:
    """Yield what came and what was foretold, with the ends of an interval where there is one."""
    yield "renewals", (foretold.came, foretold.renewals, foretold.low, foretold.high)
    yield "survival", ((foretold.stayed >= foretold.there.shape[1]).astype(float), foretold.there[:, -1])
    price = foretold.lines["price"]
    if not price.null_count:
        worth = price.cast(pa.float64()).to_numpy()
        yield "revenue", tuple(worth * v for v in (foretold.came, foretold.renewals, foretold.low, foretold.high))


def _rows(origin: date, model: str, foretold: _Foretold, months: int) -> pa.Table:
    lines, size = foretold.lines, len(foretold.lines)
    numbers = (foretold.renewals, foretold.low, foretold.high, foretold.there[:, -1])
    columns = [pa.array([origin] * size, pa.date32()), pa.array([model] * size), lines["party_id"]]
    columns += [lines["term_months"].cast(pa.int64()), lines["renewals"].cast(pa.int64()), *map(pa.array, numbers)]
    columns += [lines["price"].cast(pa.float64()), pa.array(foretold.came)]
    columns.append(pa.array((foretold.stayed >= months).astype(float)))
    return pa.Table.from_arrays(columns, schema=_FORECASTS)


_OF = [("origin", pa.date32()), ("model", pa.string())]
_SCOPE = [("scope", pa.string()), ("target", pa.string())]
_SCORES = pa.schema([*_OF, *_SCOPE, ("note", pa.string()), *((name, pa.float64()) for name in judging.METRICS)])
_DECILES = pa.schema(
    [*_OF, *_SCOPE, ("decile", pa.int64()), ("customers", pa.int64())]
    + [(name, pa.float64()) for name in ("predicted", "actual")]
)
_FORECASTS = pa.schema(
    [*_OF, ("customer", pa.string()), ("term_months", pa.int64()), ("survived", pa.int64())]
    + [(name, pa.float64()) for name in ("renewals", "low", "high", "survival", "price")]
    + [(name, pa.float64()) for name in ("actual_renewals", "actual_survival")]
)
_TRACKING = pa.schema([*_OF, ("month", pa.int64()), ("foretold", pa.float64()), ("came", pa.float64())])
