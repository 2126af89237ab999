"""Who foretells orders: models of purchases and spend, a learner from scikit-learn, and two naive rules.

Each is given what is known at a day, and foretells every customer's purchases and spend of the next days.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from valuekit.errors import FitError
from valuekit.ltv.models import GammaGamma, PurchaseModel
from valuekit.ltv.models.observations import Array, read_columns

FEATURES = (
    "frequency", "recency_days", "age_days", "monetary", "first_amount", "silent_days", "mean_gap", "silent_gaps",
    "purchases_30", "purchases_90", "purchases_365", "last_purchases", "last_spend", "spend_365", "spend",
)  # fmt: skip
"""Columns of `order_features` that the challenger learns from."""

MINIMUM_BUYERS = 30
"""Fewer buyers than this teach the challenger nothing of how much they buy."""


@dataclass(frozen=True)
class Known:
    """What is known at an origin: `summary` and `features` in one order of customers, and the `days` to foretell.

    `former` is the same at the origin `days` before, with `purchases` and `spend` since: what there is to learn from.
    """

    summary: pa.Table
    features: pa.Table
    days: int
    former: "Former | None" = None


@dataclass(frozen=True)
class Former:
    """Features at an earlier origin, and what came of it by the origin."""

    features: pa.Table
    purchases: Array
    spend: Array


@dataclass(frozen=True)
class Foretold:
    """Expected purchases and spend of each customer; `low` and `high` are the ends of the interval of purchases.

    `model` is the fitted model of purchases, where there is one.
    """

    purchases: Array
    spend: Array
    low: Array | None = None
    high: Array | None = None
    model: PurchaseModel | None = None


class Forecaster(Protocol):
    """Foretells from what is known at an origin."""

    def __call__(self, known: Known) -> Foretold:
        """Return what each customer of `known.summary` is expected to do in the next `known.days`."""


LEVEL = 0.9
"""Level of the intervals by which a model is judged."""


def by_model(make: Callable[[], PurchaseModel], level: float = LEVEL) -> Forecaster:
    """Return the forecaster that fits a purchase model and Gamma-Gamma at the origin."""

    def foretell(known: Known) -> Foretold:
        model = make().fit(known.summary)
        ahead = model.unit.from_days(known.days)
        purchases = model.expected_purchases(ahead, known.summary)
        rows = read_columns(known.summary, ("frequency", "monetary"))
        spend = purchases * expected_spend(rows["frequency"], rows["monetary"])
        low, high = purchase_interval(model, ahead, known.summary, level)
        return Foretold(purchases, spend, low, high, model)

    return foretell


def expected_spend(frequency: Array, monetary: Array) -> Array:
    """Return each customer's expected spend per purchase by Gamma-Gamma; the mean where it cannot be fitted."""
    known = (frequency > 0) & (monetary > 0)
    try:
        model = GammaGamma().fit({"frequency": frequency[known], "monetary": monetary[known]})
    except FitError:
        mean = float(np.mean(monetary[known])) if known.any() else 0.0
        return np.where(known, monetary, mean)
    return model.expected_spend(np.where(known, frequency, 0), np.where(known, monetary, 0))


def purchase_interval(model: PurchaseModel, t: float, summary: pa.Table, level: float) -> tuple[Array, Array]:
    """Return the ends of the central interval of the number of purchases, of histories that are one each.

    Whole numbers have no interval of exactly `level`: it holds at least that much.
    """
    rows = read_columns(summary, ("frequency", "recency", "age"))
    columns = np.column_stack(list(rows.values()))
    distinct, where = np.unique(columns, axis=0, return_inverse=True)
    low, high = np.empty(len(distinct)), np.empty(len(distinct))
    for first in range(0, len(distinct), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        low[part], high[part] = _ends(model, t, distinct[part], level)
    where = where.reshape(-1)
    return low[where], high[where]


_AT_ONCE = 20_000
"""Distinct histories whose distributions are held at once."""


def _ends(model: PurchaseModel, t: float, histories: Array, level: float) -> tuple[Array, Array]:
    rows = dict(zip(("frequency", "recency", "age"), histories.T, strict=True))
    mean, tail = model.expected_purchases(t, rows), (1 - level) / 2
    up_to = int(np.ceil(8 + 2 * mean.max()))
    while True:
        reached = np.cumsum(model.purchase_distribution(t, rows, up_to), axis=1)
        if reached[:, -1].min() >= 1 - tail or up_to >= _MOST:
            ends = (np.sum(reached < level, axis=1) for level in (tail, 1 - tail))
            low, high = (np.minimum(end, up_to).astype(float) for end in ends)
            return low, high
        up_to *= 2


_MOST = 4_096
"""Purchases beyond which a distribution is cut."""


def challenger(seed: int = 0) -> Forecaster:
    """Return the two-part learner: the probability to buy, times how much if so, by histogram gradient boosting.

    It learns from `known.former` alone: features of the earlier origin, and what came between it and this origin.
    """

    def foretell(known: Known) -> Foretold:
        if known.former is None:
            raise FitError("the challenger has no earlier origin to learn from.", next_step="Start at a later origin.")
        past, now = design(known.former.features), design(known.features)
        purchases = two_parts(past, known.former.purchases, now, seed)
        return Foretold(purchases, two_parts(past, known.former.spend, now, seed))

    return foretell


def design(features: pa.Table) -> Array:
    """Return the columns `FEATURES` as a matrix; what is not defined is NaN, which the trees know."""
    return np.column_stack([features[name].to_numpy().astype(np.float64) for name in FEATURES])


def two_parts(past: Array, came: Array, now: Array, seed: int) -> Array:
    """Return the probability of anything above 0, times how much is expected then; learns `came` from `past`."""
    buys = came > 0
    if min(buys.sum(), (~buys).sum()) < MINIMUM_BUYERS:
        return np.full(len(now), float(came.mean()) if len(came) else 0.0)
    # One thread: sums do not depend on their order, and idle threads of a busy machine do not wait for each other.
    with threadpool_limits(1, user_api="openmp"):
        return _two_parts(past, came, now, seed)


def _two_parts(past: Array, came: Array, now: Array, seed: int) -> Array:
    buys = came > 0
    settings = {"max_iter": 100, "learning_rate": 0.07, "min_samples_leaf": 50, "max_leaf_nodes": 15}
    settings |= {"early_stopping": False, "random_state": seed}
    chance, seen = _learned(HistGradientBoostingClassifier(**settings), past, buys)
    amount, seen_of_buyers = _learned(HistGradientBoostingRegressor(loss="gamma", **settings), past[buys], came[buys])
    expected = chance.predict_proba(now[:, seen])[:, 1] * amount.predict(now[:, seen_of_buyers])
    return np.asarray(expected, dtype=np.float64)


def _learned(learner: Any, past: Array, came: npt.NDArray[Any]) -> tuple[Any, npt.NDArray[np.bool_]]:
    """Return the fitted learner, and which columns it learnt from: of one without any value there is nothing to learn.

    Raises `FitError` where scikit-learn refuses the data.
    """
    seen: npt.NDArray[np.bool_] = ~np.all(np.isnan(past), axis=0)
    try:
        return learner.fit(past[:, seen], came), seen
    except ValueError as error:
        raise FitError(f"the challenger cannot learn from these data: {str(error).splitlines()[0]}") from error


def last_period(known: Known) -> Foretold:
    """Naive: what a customer did in the last `days` comes again."""
    rows = read_columns(known.features, ("last_purchases", "last_spend"))
    return Foretold(rows["last_purchases"], rows["last_spend"])


def cohort_mean(known: Known) -> Foretold:
    """Naive: everybody does what the mean customer of the same quarter of first purchase did in the last `days`.

    Customers of less than `days` have no such period yet: they take the mean of all who have. Raises `FitError` where
    nobody has.
    """
    rows = read_columns(known.features, ("last_purchases", "last_spend", "age_days", "cohort"))
    settled = np.asarray(rows["age_days"] >= known.days, dtype=np.float64)
    if not settled.any():
        raise FitError(f"no customer was there for {known.days} days before.", next_step="Start at a later origin.")
    purchases, spend = (_by_cohort(rows[name], rows["cohort"], settled) for name in ("last_purchases", "last_spend"))
    return Foretold(purchases, spend)


def _by_cohort(values: Array, cohort: Array, settled: Array) -> Array:
    _, where = np.unique(cohort, return_inverse=True)
    count = np.bincount(where, weights=settled)
    total = np.bincount(where, weights=values * settled)
    overall = total.sum() / max(count.sum(), 1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), overall)[where], dtype=np.float64)
