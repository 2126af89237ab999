"""What a purchase model says of every distinct history: by year for the cube, and its second moments for intervals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.ltv.directions import Direction
from valuekit.ltv.in_order import in_order
from valuekit.ltv.models import GammaGamma, PurchaseModel
from valuekit.ltv.models.observations import Array
from valuekit.ltv.moments import Factors, bought_while_alive, discounted, lived_twice, pairs
from valuekit.ltv.years import YEARS, year_columns

_STATE = ("frequency", "recency_days", "age_days", "rate")
_MOMENTS = ("bought", "lived", "singles", "pairs", "lived_twice", "both", "waiting")

UNLIKELY_SPREAD = 4.0
"""Largest squared coefficient of variation that a customer's mean spend is given, where its variance is infinite."""


@dataclass(frozen=True)
class OrderModels:
    """The models of the order stream, and the directions in which their parameters are not known or are moved."""

    purchases: PurchaseModel
    spend: GammaGamma
    purchases_unknown: Sequence[Direction[PurchaseModel]]
    spend_unknown: Sequence[Direction[GammaGamma]]
    purchases_moved: Sequence[Direction[PurchaseModel]]
    """The ways to models with another retention."""

    @property
    def ways(self) -> Sequence[Direction[PurchaseModel]]:
        """All directions of the purchase model: what is not known, then what is moved."""
        return [*self.purchases_unknown, *self.purchases_moved]


def predict(engine: Engine, models: OrderModels, factors: Sequence[Factors]) -> None:
    """Predict each distinct history at each discount rate, and each buyer's spend, in Arrow batches.

    Reads `order_groups` and `order_summary`; with several `factors` also `party_rates`, which numbers them.
    Makes `order_states` and `order_spend`. A state is a history (frequency, recency and age in days) at a `rate` with
    `p_alive`, `own_weight`, by year expected `purchases_*` and months alive `alive_*`; of all years after the tenth
    `purchases_later` and `alive_later`, discounted (0 where they have no limit); and, discounted within the horizon:
    `bought` (purchases), `lived` (months alive), `singles` (purchases at squared factors), `pairs` (what is left of the
    second moment of `bought`), `lived_twice` and `both` (second moments), `waiting` (probability to be alive and not to
    buy), `bought_by_i` and `lived_by_i` (effect of one standard error along axis i of the parameters, then of a move).
    A buyer has `spend` per purchase, `spread` (squared coefficient of variation of what is not known of it),
    `single` (that of one purchase) and `spend_by_i`.
    """
    schema = _state_schema(len(models.ways))
    batches = (
        (batch, at_rate)
        for rate, at_rate in enumerate(factors)
        for batch in engine.cursor().batches(_histories(rate, len(factors)))
    )
    stream = in_order(lambda one: _states(one[0], models, one[1], schema), batches)
    engine.put_batches("order_states", stream, schema)
    buyers = "SELECT party_id, frequency, monetary FROM order_summary"
    schema = _spend_schema(len(models.spend_unknown))
    stream = in_order(lambda batch: _spends(batch, models, schema), engine.cursor().batches(buyers))
    engine.put_batches("order_spend", stream, schema)


def _histories(rate: int, rates: int) -> str:
    """SELECT of the distinct histories of customers with a rate."""
    of_rate = (
        "WHERE (frequency, recency_days, age_days) IN (SELECT (s.frequency, s.recency_days, s.age_days) "
        f"FROM order_summary AS s JOIN party_rates AS r ON r.party_id = s.party_id WHERE r.rate = {rate})"
    )
    return (
        f"SELECT frequency, recency_days, age_days, CAST({rate} AS BIGINT) AS rate, recency, age, time_unit "
        f"FROM order_groups {of_rate if rates > 1 else ''}"
    )


def _states(batch: pa.RecordBatch, models: OrderModels, factors: Factors, schema: pa.Schema) -> pa.RecordBatch:
    model = models.purchases
    purchases, alive = by_year(model, batch)
    p_alive, own_weight = model.probability_alive(batch), model.own_weight(batch)
    bought, lived = discounted(purchases, factors), discounted(alive, factors)
    typical, of = _representatives(batch, p_alive)
    chance = _chance(batch.take(typical), models, factors)
    columns = [batch.column(name) for name in _STATE]
    bought_later, lived_later = _later(model, batch, factors)
    columns += [pa.array(v) for v in (p_alive, own_weight, *purchases.T, bought_later, *alive.T, lived_later)]
    columns += [pa.array(bought), pa.array(lived)]
    columns.append(pa.array(discounted(purchases, replace(factors, factor=factors.factor**2))))
    columns.append(pa.array(chance["pairs"][of] * bought**2 / np.maximum(p_alive, 1e-12)))
    columns += [pa.array(v) for v in (lived_twice(alive, factors), bought_while_alive(purchases, factors))]
    columns.append(pa.array(chance["waiting"][of] * p_alive))
    columns += [pa.array(effect[of] * bought) for effect in chance["bought"]]
    columns += [pa.array(effect[of] * lived) for effect in chance["lived"]]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def by_year(model: PurchaseModel, rows: pa.RecordBatch, years: int = len(YEARS)) -> tuple[Array, Array]:
    """Return expected purchases and months alive: one row per history, one column per year."""
    ends = _year_ends(model, years)
    bought, alive = (_gains(ask(ends, rows)) for ask in (model.expected_purchases, model.expected_time_alive))
    return bought, alive / model.unit.per_month


def _year_ends(model: PurchaseModel, years: int) -> Array:
    return np.arange(1.0, years + 1) * model.unit.per_year


def _gains(cumulative: Array) -> Array:
    return np.maximum(np.diff(cumulative, axis=1, prepend=0.0), 0.0)


def _later(model: PurchaseModel, rows: pa.RecordBatch, factors: Factors) -> tuple[Array, Array]:
    """Return purchases and months alive after the tenth year, discounted; 0 where all the future has no limit."""
    if not factors.later:
        return np.zeros(len(rows)), np.zeros(len(rows))
    per_year = model.unit.per_year
    bought = factors.later.sum_of(lambda t: model.expected_purchases(t * per_year, rows))
    alive = factors.later.sum_of(lambda t: model.expected_time_alive(t * per_year, rows))
    return np.maximum(bought, 0.0), np.maximum(alive, 0.0) / model.unit.per_month


def _representatives(batch: pa.RecordBatch, p_alive: Array) -> tuple[pa.Array, Array]:
    """Return histories that stand for all, and which stands for each.

    What a history says of the future lies in its purchases, its age and the odds to be alive. Histories close in all
    three share what is no mean: it varies smoothly, and an interval needs no more.
    """
    x, age = (np.asarray(batch.column(name).to_numpy(), float) for name in ("frequency", "age_days"))
    odds = np.log(np.maximum(p_alive, 1e-12)) - np.log(np.maximum(1 - p_alive, 1e-12))
    few = np.where(x < 16, x, 16 + np.floor(8 * np.log2(np.maximum(x, 16) / 16)))
    cell = np.column_stack([few, np.floor(8 * np.log2(1 + age)), np.floor(4 * np.clip(odds, -12, 12))]).astype(np.int64)
    code = (cell[:, 0] * 1_000 + cell[:, 1]) * 1_000 + cell[:, 2] + 500
    _, first, of = np.unique(code, return_index=True, return_inverse=True)
    return pa.array(first), of.reshape(-1)


def _chance(rows: pa.RecordBatch, models: OrderModels, factors: Factors) -> dict[str, Array]:
    """Return what is not the mean of histories, relative to it: second moments, silence, effects of the parameters."""
    model, years = models.purchases, factors.years
    purchases, alive = by_year(model, rows, years)
    within = factors.factor[:years]
    bought, lived = np.maximum(purchases @ within, 1e-300), np.maximum(alive @ within, 1e-300)
    p_alive = np.maximum(model.probability_alive(rows), 1e-12)
    cumulative = np.cumsum(purchases, axis=1)
    factorial = model.purchase_variance(_year_ends(model, years), rows) + cumulative**2 - cumulative
    gained = _gains(factorial)
    silent = 1 - model.probability_active(years * model.unit.per_year, rows)
    effects = [_effects(d, rows, factors, bought, lived) for d in models.ways]
    return {
        "pairs": pairs(gained, factors) * p_alive / bought**2,
        "waiting": np.clip((silent - (1 - p_alive)) / p_alive, 0.0, 1.0),
        "bought": np.array([e[0] for e in effects]).reshape(len(effects), -1),
        "lived": np.array([e[1] for e in effects]).reshape(len(effects), -1),
    }


def _effects(
    direction: Direction[PurchaseModel], rows: pa.RecordBatch, factors: Factors, bought: Array, lived: Array
) -> tuple[Array, Array]:
    within = factors.factor[: factors.years]
    (bought_up, lived_up), (bought_down, lived_down) = (
        tuple(years @ within for years in by_year(model, rows, factors.years))
        for model in (direction.up, direction.down)
    )
    return direction.effect(bought_up, bought_down) / bought, direction.effect(lived_up, lived_down) / lived


def _spends(batch: pa.RecordBatch, models: OrderModels, schema: pa.Schema) -> pa.RecordBatch:
    x, mean = batch.column("frequency").to_numpy(), batch.column("monetary").to_numpy()
    spend, variance = models.spend.expected_spend(x, mean), models.spend.spend_variance(x, mean)
    spread = np.divide(variance, spend**2, out=np.full(len(x), UNLIKELY_SPREAD), where=spend > 0)
    single = np.full(len(x), models.spend.purchase_spread)
    effects = [d.effect(d.up.expected_spend(x, mean), d.down.expected_spend(x, mean)) for d in models.spend_unknown]
    values = (spend, np.minimum(spread, UNLIKELY_SPREAD), single, *effects)
    return pa.RecordBatch.from_arrays([batch.column("party_id"), *map(pa.array, values)], schema=schema)


def effect_columns(prefix: str, number: int) -> list[str]:
    """Name the columns of effects along the axes.

    >>> effect_columns("spend", 2)
    ['spend_by_1', 'spend_by_2']
    """
    return [f"{prefix}_by_{i}" for i in range(1, number + 1)]


def _state_schema(axes: int) -> pa.Schema:
    numbers = ["p_alive", "own_weight", *year_columns("purchases"), *year_columns("alive"), *_MOMENTS]
    numbers += [*effect_columns("bought", axes), *effect_columns("lived", axes)]
    return pa.schema([(name, pa.int64()) for name in _STATE] + [(name, pa.float64()) for name in numbers])


def _spend_schema(axes: int) -> pa.Schema:
    numbers = ["spend", "spread", "single", *effect_columns("spend", axes)]
    return pa.schema([("party_id", pa.string())] + [(name, pa.float64()) for name in numbers])
