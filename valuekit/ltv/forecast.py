"""From a table of orders to a value per customer, with its interval: for notebooks."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Unpack

import numpy as np
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.errors import ConfigError
from valuekit.ltv import order_states, purchases
from valuekit.ltv.directions import directions
from valuekit.ltv.discounting import Discount, Horizon, is_number
from valuekit.ltv.fitted import FittedModel
from valuekit.ltv.models import GammaGamma, PurchaseModel
from valuekit.ltv.models.observations import Array
from valuekit.ltv.moments import Factors
from valuekit.ltv.order_lines import Reading, order_lines
from valuekit.ltv.quantiles import Amounts
from valuekit.ltv.stopping import stopping_rate
from valuekit.ltv.summary import Unmatched, day_of, group_orders, summarise_lines
from valuekit.ltv.units import TimeUnit


@dataclass(frozen=True)
class Forecast:
    """Values of customers, and what they rest on.

    `table`: customer, p_alive, expected_purchases (within the horizon), value (discounted), low, high (the interval of
    `level`: as much in each tail, or from nothing on where nothing comes that often), the highest value first.
    `models`: the fitted models of purchases and of spend, or the stated priors with a note on why.
    """

    table: pa.Table
    models: list[FittedModel]
    as_of: date
    horizon: Horizon
    level: float

    def to_pandas(self) -> Any:
        """Return the table for pandas."""
        return self.table.to_pandas()

    def plot(self, top: int = 30) -> Any:
        """Return a chart (altair) of the `top` values with their intervals."""
        from valuekit.ltv.plots import values  # noqa: PLC0415 - whoever draws nothing does not wait for altair

        return values(self.table.slice(0, top), horizon=self.horizon.label, level=self.level)


def value_orders(
    orders: Any,
    *,
    as_of: date | None = None,
    horizon: Horizon | int = 3,
    discount: Discount | float = 0.10,
    margin: float = 1.0,
    level: float = 0.80,
    unit: str = "week",
    model: str = "mbg_nbd",
    unmatched_returns: Unmatched = "reduce",
    **reading: Unpack[Reading],
) -> Forecast:
    """Value each customer: expected purchases times expected spend times `margin`, discounted, with an interval.

    Reads `orders` as `summary.summarise` does. The interval holds chance (how many purchases come, of what worth), what
    is not known of the customer, and what is not known of the parameters. Too few repeat customers for a fit, or a fit
    that fails, leave a stated prior: `models` say so, and a warning. A number stands for a horizon in years, and for a
    discount rate a year.
    Raises as `summarise` does, and `ConfigError` for a margin or a level outside 0 to 1.

    >>> log = {"customer": ["ann", "ann", "bob"], "date": ["2026-01-05", "2026-01-19", "2026-01-12"],
    ...        "amount": [10, 30, 20]}
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     found = value_orders(log, horizon=Horizon(1))
    >>> str(told[0].message)[:79]
    'a stated prior stands for a model: orders.purchases: only 1 customers have boug'
    >>> found.table.schema.names
    ['customer', 'p_alive', 'expected_purchases', 'value', 'low', 'high']
    """
    horizon = horizon if isinstance(horizon, Horizon) else Horizon(horizon)
    discount = discount if isinstance(discount, Discount) else Discount(discount)
    if not (is_number(margin) and 0 <= margin <= 1):
        raise ConfigError(f"a margin of {margin!r} is outside 0 to 1.", next_step="Write 40% as 0.40.")
    if not (is_number(level) and 0 < level < 1):
        raise ConfigError(f"a level of {level!r} is outside 0 to 1.", next_step="Write 80% as 0.80.")
    factors = Factors.of(horizon, discount)
    with order_lines(orders, **reading) as engine:
        day = day_of(engine, as_of)
        gaps = purchases.reads_gaps(model)
        summarise_lines(engine, day, TimeUnit(unit), unmatched_returns=unmatched_returns, log_gaps=gaps)
        group_orders(engine, log_gaps=gaps)
        models = _fit(engine, model, TimeUnit(unit), day)
        _warn(models)
        order_states.predict(engine, _unknown(models), [factors])
        table = pa.Table.from_batches(_values(engine, horizon, factors, margin, level), schema=_VALUES)
    return Forecast(table.sort_by([("value", "descending"), ("customer", "ascending")]), models, day, horizon, level)


def _fit(engine: Engine, name: str, unit: TimeUnit, as_of: date) -> list[FittedModel]:
    window = (engine.scalar("SELECT MIN(first_on) FROM order_summary") or as_of, as_of)
    return [purchases.fit_purchases(engine, name, unit, window), purchases.fit_spend(engine, window)]


def _warn(models: Sequence[FittedModel]) -> None:
    """Warn of values that rest on what was stated, not on the orders."""
    if told := "; ".join(f"{model.name}: {model.note.removesuffix('.')}" for model in models if model.stated):
        warnings.warn(f"a stated prior stands for a model: {told}.", UserWarning, stacklevel=3)


def _unknown(models: list[FittedModel]) -> order_states.OrderModels:
    bought, spent = models
    if not (isinstance(bought.estimator, PurchaseModel) and isinstance(spent.estimator, GammaGamma)):
        raise TypeError("orders need a model of purchases and one of spend")
    return order_states.OrderModels(
        bought.estimator,
        spent.estimator,
        directions(bought.estimator, stated=bought.stated),
        directions(spent.estimator, stated=spent.stated, errors=purchases.POOLED_ERROR),
        (),
    )


def _values(
    engine: Engine, horizon: Horizon, factors: Factors, margin: float, level: float
) -> Iterator[pa.RecordBatch]:
    rows = (
        "SELECT e.party_id AS customer, t.*, e.* EXCLUDE (party_id, state) FROM order_spend AS e "
        "JOIN order_states AS t ON t.state = e.state ORDER BY e.party_id"
    )
    for batch in engine.cursor().batches(rows):
        row = {name: batch.column(name).to_numpy() for name in batch.schema.names if name != "customer"}
        amounts = _amounts(row, factors, margin)
        low, high = amounts.interval(level)
        expected = np.sum([row[f"purchases_{year}"] for year in range(1, horizon.years + 1)], axis=0)
        columns = [pa.array(values) for values in (row["p_alive"], expected, amounts.mean, low, high)]
        yield pa.RecordBatch.from_arrays([batch.column("customer"), *columns], schema=_VALUES)


def _amounts(row: dict[str, Array], factors: Factors, margin: float) -> Amounts:
    """Return the distribution of what comes in: of purchases, their worth, and the parameters of both."""
    spend, bought = margin * row["spend"], row["bought"]
    mean = spend * bought
    squared = spend**2 * (1 + row["spread"]) * ((1 + row["single"]) * row["singles"] + row["pairs"])
    by_purchases = sum((spend * row[n]) ** 2 for n in row if n.startswith("bought_by"))
    by_spend = sum((margin * bought * row[n]) ** 2 for n in row if n.startswith("spend_by"))
    variance = np.maximum(squared - mean**2, 0.0) + by_purchases + by_spend
    stops = stopping_rate(row["lived"] / np.maximum(12 * factors.whole * row["p_alive"], 1e-12))
    return Amounts(mean, np.asarray(variance), row["waiting"], 1 - row["p_alive"], np.zeros(len(mean)), stops)


_VALUES = pa.schema(
    [("customer", pa.string())]
    + [(name, pa.float64()) for name in ("p_alive", "expected_purchases", "value", "low", "high")]
)
