"""Intervals of every value: chance of a customer's own, and what is not known of the parameters that all share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import ndtri

from valuekit.engine import Engine, Expression
from valuekit.ltv.in_order import in_order
from valuekit.ltv.line_chance import columns_of
from valuekit.ltv.models.observations import Array
from valuekit.ltv.moments import Factors
from valuekit.ltv.order_states import effect_columns
from valuekit.ltv.quantiles import LEVELS, Amounts, exponential_parts, mixture_quantile
from valuekit.ltv.rates import by_rate
from valuekit.money import MONEY

PACKAGE = "valuekit.ltv"
FUNCTIONS = ("marketing", "sales", "support", "incentives", "other")

STATED_ERROR = 0.5
"""Where the data cannot say how costs differ: a deviation of half the cost."""

_BESIDE = 2 + len(FUNCTIONS)
"""Axes of the growth of prices, of money without a contract in force, and of the mean cost of each function."""

_ORDER = ("bought", "lived", "singles", "pairs", "lived_twice", "both", "waiting", "p_alive")
_SPEND = ("spend", "spread", "single")
_GROWTH = ("by_growth", "own_growth", "chance_of_growth")


@dataclass(frozen=True)
class Shape:
    """How wide the tables are: axes of the parameters, and levels of the intervals."""

    purchase_axes: int
    spend_axes: int
    line_axes: int
    moves: int = 0
    levels: Sequence[float] = LEVELS

    @property
    def effects(self) -> int:
        """Axes of all parameters, and those that lie beside orders and lines."""
        return self.purchase_axes + self.spend_axes + self.line_axes + _BESIDE

    @property
    def purchase_ways(self) -> int:
        """Directions of the purchase model: axes, then moves."""
        return self.purchase_axes + self.moves

    @property
    def line_ways(self) -> int:
        """Directions of the curves: axes, then moves."""
        return self.line_axes + self.moves


def find_intervals(
    engine: Engine, shape: Shape, factors: Sequence[Factors], *, kept: float, expansion: bool, off: Sequence[str],
    orders_by_prior: bool,
) -> None:  # fmt: skip
    """Make `ltv_intervals`, and `value_spread` from which intervals of sums follow.

    Reads `ltv`, `futures`, `party_rates` (which number `factors`), `cost_rates`, `expected_cost`, `cost_models`,
    `order_summary`, `order_states`, `order_spend`, `contract_lines`, `line_states`, `price_growth` and `line_chance`. A
    value has up to three parts: orders, contract lines, cost. Each has an interval of its own; distances from the mean
    add up by their squares, as those of independent parts do.

    - Orders: nothing comes with a known probability, else a gamma distribution matches mean and variance: purchases by
      chance, their pace and end as the model knows them, what is not known of the spend, and the parameters.
    - Contract lines: a mixture of leaving at the first renewal, staying throughout, and what lies between, each normal
      around its own value. All lines of a party are taken to end together; what it has besides widens the mixture.
      With `expansion`, prices grow; how fast is known for all in the mean, less for each, and differs by chance.
    - Money without a contract in force (`uncontracted`): nothing, or else an exponential amount.
    - Who pays on with a renewal pending: nothing more comes, or a payment without a contract and exponentially many
      more, or it signs again, and the cases are those of contract lines.
    - Cost: how customers of one kind differ, as far as own months do not tell, and how months differ.

    `value_spread` has per party, beside its interval, the variance by chance, the effect in money of one standard error
    along each axis of the parameters (`value_by_i`), and the difference of each move of retention (`value_if_i`): all
    of them add up. The parts stream from SQL to NumPy and from there into the tables: they are kept nowhere.
    """
    slots = _slots(shape, kept, off) | _growth_slots(factors, expansion)
    slots["whole"] = _sql(by_rate([repr(at_rate.whole) for at_rate in factors], "p.rate"))
    parameters = {"off": list(off), "stated": STATED_ERROR, "orders_by_prior": orders_by_prior}
    schema = _schema(shape)
    batches = engine.cursor().ask_batches(PACKAGE, "intervals.sql", "value_parts", parameters, **slots)
    ends = in_order(lambda batch: _ends(batch, shape, schema), batches)
    money = [f"CAST({name} AS {MONEY}) AS {name}" for name in ("ltv", *_published(shape), *_shared(shape))]
    rounded = ", ".join(["party_id", "by_prior", *money, "CAST(chance AS DECIMAL(38,4)) AS chance"])
    engine.put_batches("value_spread", ends, schema, columns=rounded)
    published = ", ".join(["party_id", *_published(shape), "by_prior"])
    engine.execute(f"CREATE OR REPLACE TABLE ltv_intervals AS SELECT {published} FROM value_spread")


# --- in SQL: everything that a party's interval rests on, in one row


def _slots(shape: Shape, kept: float, off: Sequence[str]) -> dict[str, Expression]:
    on = [f"r.{name}" for name in FUNCTIONS if name not in off]
    goods = "cost_of_goods" not in off
    net = f"{int('revenue' not in off)}" + (" + COALESCE(r.goods_share, 0)" if goods else "")
    monthly = " + ".join([*on, *(["r.goods_a_month"] if goods else []), "0"])
    order = [*(f"t.{name}" for name in _ORDER), *(f"e.{name}" for name in _SPEND)]
    order += [f"t.{name}" for p in ("bought", "lived") for name in effect_columns(p, shape.purchase_ways)]
    order += [f"e.{name}" for name in effect_columns("spend", shape.spend_axes)]
    lines = line_columns(shape)
    price = f"CAST(l.price AS DOUBLE) * {kept!r}"
    return {
        "net": _sql(f"CAST({net} AS DOUBLE)"),
        "monthly": _sql(f"CAST(COALESCE({monthly}, 0) AS DOUBLE)"),
        "order_columns": _sql(*(f"COALESCE({name}, 0) AS {name.replace('.', '_')}" for name in order)),
        "line_sums": _sql(
            *(_line_sum(name, f"{price} * l.grown") for name in lines),
            *(f"SUM(CAST({price} * l.{name} AS DECIMAL(38, 8))) AS {name}" for name in _GROWTH),
        ),
        "line_columns": _sql(*(f"COALESCE(CAST(l.{name} AS DOUBLE), 0) AS l_{name}" for name in (*lines, *_GROWTH))),
        "cost_means": _sql(
            *(f"SUM(CAST(of_mean AS DECIMAL(38, 8))) FILTER (WHERE function = '{f}') AS {f}" for f in FUNCTIONS)
        ),
        "cost_columns": _sql(*(f"COALESCE(CAST(c.{f} AS DOUBLE), 0) AS mean_{f}" for f in FUNCTIONS)),
    }


def _growth_slots(factors: Sequence[Factors], expansion: bool) -> dict[str, Expression]:
    discounted = [at_rate.factor[: at_rate.years].tolist() for at_rate in factors]

    def payments(factor: str = "1") -> Expression:
        def at(within: Sequence[float]) -> str:
            terms = (f"{f!r} * s.payments_{k} * {factor.replace('#', str(k))}" for k, f in enumerate(within, start=1))
            return f"({' + '.join(terms)})"

        return _sql(by_rate([at(within) for within in discounted], "r.rate"))

    def uncontracted(column: str) -> Expression:
        def at(within: Sequence[float]) -> str:
            terms = (f"{f!r} * CAST(u.{column}_{k} AS DOUBLE)" for k, f in enumerate(within, start=1))
            return f"({' + '.join(terms)})"

        return _sql(by_rate([at(within) for within in discounted], "p.rate"))

    grown = "EXP(COALESCE(g.growth, 0) * s.renewed_#)" if expansion else "1"
    return {
        "payments": payments(),
        "payments_grown": payments(grown),
        "payments_renewed": payments(f"{grown} * s.renewed_#"),
        "payments_walked": payments(f"{grown} * SQRT(s.renewed_#)"),
        "growth_on": _sql(str(int(expansion))),
        "uncontracted_money": uncontracted("revenue"),
        "uncontracted_alive": uncontracted("alive"),
    }


def _line_sum(name: str, price: str) -> str:
    """Payments are worth their price; months alive are those of the line that lasts longest."""
    if name.startswith("lived"):
        return f"MAX(s.{name}) AS {name}"
    if name.endswith("chance"):
        return f"MIN(s.{name}) AS {name}"
    return f"SUM(CAST({price} * s.{name} AS DECIMAL(38, 8))) AS {name}"


def line_columns(shape: Shape) -> list[str]:
    """Name the columns of `line_chance` that a party's lines have together."""
    return columns_of(shape.line_ways)


def move_columns(number: int) -> list[str]:
    """Name the columns of the difference that each move makes."""
    return [f"value_if_{i}" for i in range(1, number + 1)]


def _shared(shape: Shape) -> list[str]:
    return [*effect_columns("value", shape.effects), *move_columns(shape.moves)]


def _percents(shape: Shape) -> list[int]:
    return [round(100 * level) for level in shape.levels]


def _sql(*parts: str) -> Expression:
    return Expression("", ", ".join(parts), frozenset())


# --- in NumPy: parts, their intervals, and the interval of their sum

Parts = dict[str, Array]


def _ends(batch: pa.RecordBatch, shape: Shape, schema: pa.Schema) -> pa.RecordBatch:
    row = {
        name: np.asarray(batch.column(name).to_numpy(zero_copy_only=False), float)
        for name in batch.schema.names
        if name != "party_id"
    }
    row["order_monthly"] = np.where(row["has_lines"] > 0, 0.0, row["monthly"])
    effects = _effects(row, shape)
    orders, in_orders = _orders(row, shape)
    cost, line_sd = _cost_variance(row), _line_deviation(row)
    by_parameters = (effects**2).sum(axis=0)
    grows = row["net"] ** 2 * (row["l_own_growth"] ** 2 + row["l_chance_of_growth"] ** 2)
    chance = orders.variance - in_orders + line_sd**2 + grows + cost + _uncontracted(row).variance
    found: Parts = {"chance": chance, "deviation_by_parameters": np.sqrt(by_parameters)}
    found["deviation"] = np.sqrt(chance + by_parameters)
    lapsed, others = np.flatnonzero(row["pending"] > 0), np.flatnonzero(row["has_lines"] == 0)
    lined = np.flatnonzero((row["has_lines"] > 0) & (row["pending"] == 0))
    beside_lines = orders.variance - in_orders + _uncontracted(row).variance + by_parameters
    lines = _cases(_some(row, lined), grows[lined], cost[lined], beside_lines[lined])
    still_paying = _lapsed(_some(row, lapsed), grows[lapsed], cost[lapsed], by_parameters[lapsed])
    other, beside = _some(row, others), (grows + cost + _beside(effects, shape))[others]
    for level, percent in zip(shape.levels, _percents(shape), strict=True):
        low, high = np.empty(len(chance)), np.empty(len(chance))
        low[lined], high[lined] = lines.interval(level)
        low[others], high[others] = _interval(other, orders.some(others), beside, level)
        low[lapsed], high[lapsed] = still_paying.interval(level)
        found |= {f"low_{percent}": low, f"high_{percent}": high}
    found |= dict(zip(effect_columns("value", shape.effects), effects, strict=True))
    found |= dict(zip(move_columns(shape.moves), _moved(row, shape), strict=True))
    columns = [batch.column(name) if name in batch.schema.names else pa.array(found[name]) for name in schema.names]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _some(row: Parts, chosen: npt.NDArray[np.int64]) -> Parts:
    return {name: values[chosen] for name, values in row.items()}


def _effects(row: Parts, shape: Shape) -> Array:
    """Effect in money of one standard error along each axis: purchases, spend, lines, and those beside them."""
    spend = [row["net"] * row["t_bought"] * row[f"e_{name}"] for name in effect_columns("spend", shape.spend_axes)]
    cost = [row[f"mean_{f}"] * _lived(row) for f in FUNCTIONS]
    orders, lines = _order_effects(row, shape)[: shape.purchase_axes], _line_effects(row, shape)[: shape.line_axes]
    growth, uncontracted = row["net"] * row["l_by_growth"], row["u_error"] * _uncontracted_worth(row)
    return np.array([*orders, *spend, *lines, growth, uncontracted, *cost])


def _moved(row: Parts, shape: Shape) -> list[Array]:
    """Difference in money of each move of retention, which moves orders and contract lines alike."""
    orders, lines = _order_effects(row, shape)[shape.purchase_axes :], _line_effects(row, shape)[shape.line_axes :]
    return [order + line for order, line in zip(orders, lines, strict=True)]


def _order_effects(row: Parts, shape: Shape) -> list[Array]:
    names = (effect_columns(prefix, shape.purchase_ways) for prefix in ("bought", "lived"))
    revenue = row["net"] * row["e_spend"]
    return [revenue * row[f"t_{b}"] + row["order_monthly"] * row[f"t_{a}"] for b, a in zip(*names, strict=True)]


def _line_effects(row: Parts, shape: Shape) -> list[Array]:
    names = (effect_columns(prefix, shape.line_ways) for prefix in ("paid", "lived"))
    return [row["net"] * row[f"l_{p}"] + row["monthly"] * row[f"l_{a}"] for p, a in zip(*names, strict=True)]


def _beside(effects: Array, shape: Shape) -> Array:
    """Variance by the parameters that orders and lines do not have in them."""
    return np.asarray((effects[shape.effects - _BESIDE :] ** 2).sum(axis=0))


def _lived(row: Parts) -> Array:
    return np.where(row["has_lines"] > 0, row["l_lived"], row["t_lived"])


def _orders(row: Parts, shape: Shape) -> tuple[Amounts, Array]:
    """Return the amounts that orders bring, less the cost of the time alive, and the variance by parameters in them."""
    net, monthly, spend = row["net"], row["order_monthly"], row["e_spend"]
    bought, lived = row["t_bought"], row["t_lived"]
    uneven, single = 1 + row["e_spread"], 1 + row["e_single"]
    revenue = spend * bought
    revenue_squared = spend**2 * uneven * (single * row["t_singles"] + row["t_pairs"])
    together = spend * (row["t_both"] - bought * lived)
    variance = (
        net**2 * (revenue_squared - revenue**2)
        + monthly**2 * (row["t_lived_twice"] - lived**2)
        + 2 * net * monthly * together
    )
    axes = shape.purchase_axes + shape.spend_axes
    by_parameters = (_effects(row, shape)[:axes] ** 2).sum(axis=0)
    gone = np.where(row["has_orders"] > 0, 1 - row["t_p_alive"], 1.0)
    amounts = Amounts(
        mean=net * revenue + monthly * lived,
        variance=np.maximum(variance, 0.0) + by_parameters,
        waiting=row["t_waiting"],
        gone=gone,
        least=np.minimum(monthly, 0.0) * 12 * row["whole"] * row["has_orders"],
    )
    return amounts, by_parameters


def _cost_variance(row: Parts) -> Array:
    """Variance of the cost of a customer's own, beyond that of the time it stays."""
    lines = row["l_lived"] ** 2 + row["l_lived_sd"] ** 2
    squared = np.where(row["has_lines"] > 0, lines, row["t_lived_twice"])
    return row["of_rate"] * squared + row["of_month"] * _lived(row)


def _interval(row: Parts, orders: Amounts, beside: Array, level: float) -> tuple[Array, Array]:
    """Ends for parties without lines: those of orders and of money without contract, wider by what lies beside."""
    below, above = _distances(orders, row["has_orders"] > 0, level)
    wider = ndtri((1 + level) / 2) * np.sqrt(beside)
    beside_below, beside_above = _uncontracted_distances(row, level)
    mean = np.where(row["has_orders"] > 0, orders.mean, 0.0)
    # Streams beside these parts are the rest of the value; less than a cent is what rounding left.
    middle = mean + np.round(row["ltv"] - mean, 2)
    return middle - _together([below, wider, beside_below]), middle + _together([above, wider, beside_above])


def _distances(amounts: Amounts, there: npt.NDArray[np.bool_], level: float) -> tuple[Array, Array]:
    """Return how far both ends lie from the mean; 0 where no amounts are."""
    below, above = np.zeros(len(there)), np.zeros(len(there))
    some = amounts.some(np.flatnonzero(there))
    low, high = some.interval(level)
    below[there], above[there] = some.mean - low, high - some.mean
    return below, above


def _uncontracted(row: Parts) -> Amounts:
    """Money without a contract in force, without its sign: nothing, or else an exponential amount."""
    mean = np.abs(_uncontracted_worth(row))
    zero, chance = np.zeros(len(mean)), np.clip(row["u_chance"], 1e-6, 1.0)
    return Amounts(mean, mean**2 * (2 / chance - 1), waiting=zero, gone=1 - chance, least=zero)


def _uncontracted_worth(row: Parts) -> Array:
    return row["net"] * row["u_money"] + row["monthly"] * row["u_alive"]


def _uncontracted_distances(row: Parts, level: float) -> tuple[Array, Array]:
    amounts = _uncontracted(row)
    below, above = _distances(amounts, amounts.mean > 0, level)
    gains = _uncontracted_worth(row) >= 0
    return np.where(gains, below, above), np.where(gains, above, below)


def _together(distances: Sequence[Array]) -> Array:
    """Add by squares; a distance is negative where an interval lies beside the mean."""
    squares = np.sum([np.sign(d) * d**2 for d in distances], axis=0)
    return np.asarray(np.sign(squares) * np.sqrt(np.abs(squares)))


def _line_deviation(row: Parts) -> Array:
    return np.abs(row["net"] * row["l_paid_sd"] - np.abs(row["monthly"]) * row["l_lived_sd"])


@dataclass(frozen=True)
class _Cases:
    """How a party's contract lines can go: left at the first renewal, kept throughout, or something between."""

    weights: Array
    means: Array
    deviations: Array

    def interval(self, level: float) -> tuple[Array, Array]:
        columns = self.weights, self.means, self.deviations
        return mixture_quantile(*columns, (1 - level) / 2), mixture_quantile(*columns, (1 + level) / 2)


def _cases(row: Parts, grows: Array, cost: Array, beside: Array) -> _Cases:
    """Each case is normal: prices and cost differ the more the longer the lines run, and all else lies beside."""

    def worth(case: str) -> Array:
        return row["net"] * row[f"l_paid{case}"] + row["monthly"] * row[f"l_lived{case}"]

    mean, worst, best = worth(""), worth("_worst"), worth("_best")
    p_worst, p_best = row["l_worst_chance"], row["l_best_chance"]
    p_between = np.maximum(1 - p_worst - p_best, 0.0)
    some = np.where(p_between > 1e-9, p_between, 1.0)
    between = (mean - p_worst * worst - p_best * best) / some
    square = _line_deviation(row) ** 2 + mean**2 - p_worst * worst**2 - p_best * best**2
    own = np.maximum(square / some - between**2, 0.0)
    rest = row["ltv"] - mean
    lived = np.maximum(row["l_lived"], 1e-9)
    longer = [np.minimum(row[f"l_lived_{case}"] / lived, 12.0) for case in ("worst", "best")]
    variances = [
        longer[0] ** 2 * grows + longer[0] * cost + beside,
        longer[1] ** 2 * grows + longer[1] * cost + beside,
        own + grows + cost + beside,
    ]
    return _Cases(
        np.array([p_worst, p_best, np.where(p_between > 1e-9, p_between, 0.0)]),
        np.array([worst, best, between]) + rest,
        np.sqrt(np.maximum(variances, 0.0)),
    )


@dataclass(frozen=True)
class _Lapsed:
    """How it can go with who pays on after a lapse; `gains` where money without a contract is more than its cost."""

    cases: _Cases
    gains: npt.NDArray[np.bool_]

    def interval(self, level: float) -> tuple[Array, Array]:
        """Return both ends: as much in each tail, or from nothing on where nothing alone is more than a tail."""
        nothing, at = self.cases.weights[0], self.cases.means[0]
        from_nothing = nothing >= (1 - level) / 2
        low, high = self.cases.interval(level)
        columns = self.cases.weights, self.cases.means, self.cases.deviations
        least, most = mixture_quantile(*columns, 1 - level), mixture_quantile(*columns, level)
        low = np.where(from_nothing, np.where(self.gains, at, np.minimum(least, at)), low)
        return low, np.where(from_nothing, np.where(self.gains, np.maximum(most, at), at), high)


def _lapsed(row: Parts, grows: Array, cost: Array, beside: Array) -> _Lapsed:
    """Split the case of leaving at once: nothing comes, or a payment without a contract and exponentially many more."""
    worth = _uncontracted_worth(row)
    cases = _cases(row | {"ltv": row["ltv"] - worth}, grows, cost, beside)
    leaves, left = cases.weights[0], cases.means[0]
    some = np.minimum(row["u_chance"], leaves)
    amount = worth / np.maximum(some, 1e-9)
    first = np.minimum(some / np.maximum(row["u_alive"], 1e-9), 1.0)
    parts, within = (values[:, None] * (1 - first) for values in exponential_parts(_PARTS))
    parts = first + parts
    weights = [leaves - some, *np.repeat([some / _PARTS], _PARTS, axis=0), *cases.weights[1:]]
    deviations = np.abs(amount) * np.hypot(within, parts * row["u_error"])
    means = [left, *(left + amount * parts), *cases.means[1:]]
    columns = weights, means, [np.zeros(len(left)), *deviations, *cases.deviations[1:]]
    return _Lapsed(_Cases(*map(np.array, columns)), worth >= 0)


_PARTS = 8
"""Parts of equal probability, each taken as normal, by which an exponential amount is described."""


def _published(shape: Shape) -> list[str]:
    ends = [f"{side}_{percent}" for percent in _percents(shape) for side in ("low", "high")]
    return ["deviation_by_parameters", "deviation", *ends]


def _schema(shape: Shape) -> pa.Schema:
    numbers = ["ltv", *_published(shape), "chance", *_shared(shape)]
    fields = [("party_id", pa.string()), ("by_prior", pa.bool_()), *((name, pa.float64()) for name in numbers)]
    return pa.schema(fields)
