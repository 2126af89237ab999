"""What a purchase model says of every distinct history: by year for the cube, and its second moments for intervals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from valuekit.engine import Engine
from valuekit.ltv.directions import Direction
from valuekit.ltv.in_order import in_order
from valuekit.ltv.models import GammaGamma, PurchaseModel
from valuekit.ltv.models.observations import Array
from valuekit.ltv.moments import Factors, bought_while_alive, discounted, lived_twice, pairs
from valuekit.ltv.years import YEARS, year_columns

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
    """Predict each buyer's spend, and each distinct history at each discount rate, in Arrow batches.

    Reads `order_groups` and `order_summary`; with several `factors` also `party_rates`, which numbers them.
    Makes `order_spend` and `order_states`. A buyer has a `state`, `spend` per purchase, `spread` (squared coefficient
    of variation of what is not known of it), `single` (that of one purchase) and `spend_by_i`.
    A `state` is a history at a rate, with `p_alive`, `own_weight`, by year expected `purchases_*` and months alive
    `alive_*`; of all years after the tenth `purchases_later` and `alive_later`, discounted (0 where they have no
    limit); and, discounted within the horizon: `bought` (purchases), `lived` (months alive), `singles` (purchases at
    squared factors), `pairs` (what is left of the second moment of `bought`), `lived_twice` and `both` (second
    moments), `waiting` (probability to be alive and not to buy), `bought_by_i` and `lived_by_i` (effect of one standard
    error along axis i of the parameters, then of a move).
    """
    of_spend, of_states = _spend_schema(len(models.spend_unknown)), _state_schema(len(models.ways))
    buyers = engine.cursor().batches(_buyers(len(factors)))
    engine.put_batches("order_spend", in_order(lambda batch: _spends(batch, models, of_spend), buyers), of_spend)
    histories = engine.cursor().batches(_histories(len(factors)))
    states = in_order(lambda batch: list(_states(batch, models, factors, of_states)), histories)
    engine.put_batches("order_states", chain.from_iterable(states), of_states)


def _buyers(rates: int) -> str:
    """SELECT of all buyers with their state: the number of the history, and within it that of the rate."""
    rate = "JOIN party_rates AS r ON r.party_id = s.party_id" if rates > 1 else ""
    return (
        f"SELECT s.party_id, {f'g.history * {rates} + r.rate' if rates > 1 else 'g.history'} AS state, "
        "s.frequency, s.monetary FROM order_summary AS s JOIN order_groups AS g ON g.frequency = s.frequency "
        f"AND g.recency_days = s.recency_days AND g.age_days = s.age_days {rate}"
    )


def _histories(rates: int) -> str:
    """SELECT of the distinct histories, and with several rates whether any customer has it at each (`at_i`)."""
    history = "SELECT g.history, g.frequency, g.recency, g.age_days, g.age, g.time_unit"
    if rates == 1:
        return f"{history} FROM order_groups AS g"
    flags = ", ".join(f"BOOL_OR(state % {rates} = {i}) AS at_{i}" for i in range(rates))
    return (
        f"{history}, h.* EXCLUDE (history) FROM order_groups AS g JOIN (SELECT state // {rates} AS history, {flags} "
        "FROM order_spend GROUP BY 1) AS h ON h.history = g.history ORDER BY g.history"
    )


def _states(
    batch: pa.RecordBatch, models: OrderModels, factors: Sequence[Factors], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Yield the states of histories at each rate: what does not depend on the rate is computed once."""
    model = models.purchases
    purchases, alive = by_year(model, batch)
    p_alive, own_weight = model.probability_alive(batch), model.own_weight(batch)
    typical, of = _representatives(batch, p_alive)
    chance = _Chance.of(batch.take(typical), models, factors[0].years)
    for rate, at_rate in enumerate(factors):
        own = np.flatnonzero(batch.column(f"at_{rate}")) if len(factors) > 1 else slice(None)
        rows = batch.take(pa.array(own)) if len(factors) > 1 else batch
        state = rows.column("history").to_numpy() * len(factors) + rate
        always = p_alive[own], own_weight[own], purchases[own], alive[own]
        columns = [state, *_at_rate(always, _later(model, rows, at_rate), chance.at(at_rate), of[own], at_rate)]
        yield pa.RecordBatch.from_arrays([pa.array(column) for column in columns], schema=schema)


def _at_rate(
    always: tuple[Array, Array, Array, Array], later: tuple[Array, Array], chance: dict[str, Array],
    of: npt.NDArray[np.int64], factors: Factors,
) -> list[Array]:  # fmt: skip
    """Return the columns of states but their number: `of` says which history stands for each in `chance`."""
    p_alive, own_weight, purchases, alive = always
    bought, lived = discounted(purchases, factors), discounted(alive, factors)
    return [
        *(p_alive, own_weight, *purchases.T, later[0], *alive.T, later[1], bought, lived),
        discounted(purchases, replace(factors, factor=factors.factor**2)),
        chance["pairs"][of] * bought**2 / np.maximum(p_alive, 1e-12),
        lived_twice(alive, factors),
        bought_while_alive(purchases, factors),
        chance["waiting"][of] * p_alive,
        *(effect[of] * bought for effect in chance["bought"]),
        *(effect[of] * lived for effect in chance["lived"]),
    ]


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


def _representatives(batch: pa.RecordBatch, p_alive: Array) -> tuple[pa.Array, npt.NDArray[np.int64]]:
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


@dataclass(frozen=True)
class _Chance:
    """What is not the mean of histories: second moments, silence, and what they expect along each direction."""

    expected: tuple[Array, Array]
    """Purchases and months alive by year within the horizon."""
    gained: Array
    """Second factorial moment of the purchases, what each year adds to it."""
    p_alive: Array
    silent: Array
    """Probability to buy nothing within the horizon."""
    directions: Sequence[Direction[PurchaseModel]]
    towards: Sequence[tuple[tuple[Array, Array], tuple[Array, Array]]]
    """What is expected by year under the models on both sides of each direction."""

    @classmethod
    def of(cls, rows: pa.RecordBatch, models: OrderModels, years: int) -> "_Chance":
        model, expected = models.purchases, by_year(models.purchases, rows, years)
        cumulative = np.cumsum(expected[0], axis=1)
        factorial = model.purchase_variance(_year_ends(model, years), rows) + cumulative**2 - cumulative
        return cls(
            expected,
            _gains(factorial),
            np.maximum(model.probability_alive(rows), 1e-12),
            1 - model.probability_active(years * model.unit.per_year, rows),
            models.ways,
            [(by_year(way.up, rows, years), by_year(way.down, rows, years)) for way in models.ways],
        )

    def at(self, factors: Factors) -> dict[str, Array]:
        """Return it discounted, relative to what is expected, which is kept so large that it can be squared."""
        within = factors.factor[: factors.years]
        bought, lived = (np.maximum(years @ within, 1e-150) for years in self.expected)
        found = {
            "pairs": pairs(self.gained, factors) * self.p_alive / bought**2,
            "waiting": np.clip((self.silent - (1 - self.p_alive)) / self.p_alive, 0.0, 1.0),
        }
        for i, (name, mean) in enumerate({"bought": bought, "lived": lived}.items()):
            effects = [
                way.effect(up[i] @ within, down[i] @ within) / mean
                for way, (up, down) in zip(self.directions, self.towards, strict=True)
            ]
            found[name] = np.array(effects).reshape(len(effects), -1)
        return found


def _spends(batch: pa.RecordBatch, models: OrderModels, schema: pa.Schema) -> pa.RecordBatch:
    x, mean = batch.column("frequency").to_numpy(), batch.column("monetary").to_numpy()
    spend, variance = models.spend.expected_spend(x, mean), models.spend.spend_variance(x, mean)
    spread = np.divide(variance, spend**2, out=np.full(len(x), UNLIKELY_SPREAD), where=spend > 0)
    single, own = np.full(len(x), models.spend.purchase_spread), models.spend.own_weight(x)
    effects = [d.effect(d.up.expected_spend(x, mean), d.down.expected_spend(x, mean)) for d in models.spend_unknown]
    values = (spend, np.minimum(spread, UNLIKELY_SPREAD), single, own, *effects)
    columns = [batch.column("party_id"), batch.column("state"), *map(pa.array, values)]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def effect_columns(prefix: str, number: int) -> list[str]:
    """Name the columns of effects along the axes.

    >>> effect_columns("spend", 2)
    ['spend_by_1', 'spend_by_2']
    """
    return [f"{prefix}_by_{i}" for i in range(1, number + 1)]


def _state_schema(axes: int) -> pa.Schema:
    numbers = ["p_alive", "own_weight", *year_columns("purchases"), *year_columns("alive"), *_MOMENTS]
    numbers += [*effect_columns("bought", axes), *effect_columns("lived", axes)]
    return pa.schema([("state", pa.int64())] + [(name, pa.float64()) for name in numbers])


def _spend_schema(axes: int) -> pa.Schema:
    numbers = ["spend", "spread", "single", "spend_weight", *effect_columns("spend", axes)]
    return pa.schema([("party_id", pa.string()), ("state", pa.int64())] + [(name, pa.float64()) for name in numbers])
