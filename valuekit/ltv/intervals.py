"""Intervals of every value: chance of a customer's own, and what is not known of the parameters that all share."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import ndtri

from valuekit.engine import Engine, Expression
from valuekit.ltv.expected_cost import EXPECTED, FUNCTIONS
from valuekit.ltv.in_order import in_order
from valuekit.ltv.line_cases import (
    growth_variances,
    lapsed_cases,
    leaving_cases,
    line_deviation,
    owed_or_not,
    paying_cases,
    saved_by_most,
)
from valuekit.ltv.line_chance import columns_of
from valuekit.ltv.lines import SAME_STATE
from valuekit.ltv.models.observations import Array
from valuekit.ltv.moments import Factors
from valuekit.ltv.order_states import effect_columns
from valuekit.ltv.price_growth import GROWN
from valuekit.ltv.quantiles import LEVELS, Amounts, Part
from valuekit.ltv.rates import by_rate
from valuekit.ltv.stopping import stopping_rate, time_unevenness
from valuekit.money import MONEY

PACKAGE = "valuekit.ltv"

STATED_ERROR = 0.5
"""Where the data cannot say how costs differ: a deviation of half the cost."""

_BESIDE = 2 + len(EXPECTED)
"""Axes of the growth of prices, of money without a contract in force, and of the mean cost of each function."""

_ORDER = ("bought", "lived", "singles", "pairs", "lived_twice", "both", "waiting", "p_alive")
_SPEND = ("spend", "spread", "single")
_GROWTH = ("by_growth", "own_growth", "chance_of_growth", "changes")


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
    engine: Engine, shape: Shape, factors: Sequence[Factors], *, expansion: bool, off: Sequence[str],
    orders_by_prior: bool,
) -> None:  # fmt: skip
    """Make `ltv_intervals`, and `value_spread` from which intervals of sums follow.

    Reads `ltv`, `cube`, `futures`, `party_rates` (which number `factors`), `expected_cost`, `cost_models`,
    `order_states`, `order_spend`, `contract_lines`, `line_states`, `price_growth`, `line_chance` and `uncontracted`. A
    value has up to three parts: orders, contract lines, cost. Each has an interval of its own; distances from the mean
    add up by their squares, as those of independent parts do.

    - Orders: nothing comes with a known probability, else a gamma distribution matches mean and variance: purchases by
      chance, their pace and end as the model knows them, what is not known of the spend, and the parameters.
    - Contract lines: a mixture of leaving at the first renewal, staying throughout, and what lies between, each normal
      around its own value. All lines of a party are taken to end together; its orders widen the mixture. Retention that
      is not known widens no case: the mixture has each as likely as it is in the mean.
      With `expansion`, prices grow; how fast is known for all in the mean, less for each, and differs by chance.
    - Money without a contract in force (`uncontracted`): nothing, or as much each month until it stops, at a steady
      rate, or the horizon ends. With lines it comes to who leaves, in the time left, and not to who stays throughout. A
      mixture where there are no orders, or in the case of leaving at the first renewal; else a gamma distribution.
    - What is owed comes with a known chance, or not: twice as many cases; beside orders, it widens them.
    - Who pays on with a renewal pending: nothing more comes, or a payment without a contract and exponentially many
      more, or it signs again, and the cases are those of contract lines.
    - Cost: how customers of one kind differ, as far as own months do not tell, and how months differ.
    - Advocacy and innovation (`cube`) are given amounts: they move both ends, and widen nothing.
    - Who cannot lose (`may_lose`: nothing costs) has no end below 0 but by what is given.

    `value_spread` has per party, beside its interval, the variance by chance, the effect in money of one standard error
    along each axis of the parameters (`value_by_i`), and the difference of each move of retention (`value_if_i`): all
    of them add up; and whether it may be below 0 (`may_lose`), as where it costs while it stays. The parts stream from
    SQL to NumPy and from there into the tables: they are kept nowhere.
    """
    slots = _slots(shape, off) | _growth_slots(factors, expansion) | {"same_state": SAME_STATE}
    slots["whole"] = _sql(by_rate([repr(at_rate.whole) for at_rate in factors], "f.rate"))
    slots["first"] = _sql(by_rate([repr(float(at_rate.factor[0])) for at_rate in factors], "f.rate"))
    off_functions = [*off, *(["goods"] if "cost_of_goods" in off else [])]
    parameters = {"off": off_functions, "stated": STATED_ERROR, "orders_by_prior": orders_by_prior}
    schema = _schema(shape)
    batches = engine.cursor().ask_batches(PACKAGE, "intervals.sql", "value_parts", parameters, **slots)
    ends = chain.from_iterable(in_order(lambda batch: list(_ends(batch, shape, schema)), batches))
    money = [f"CAST({name} AS {MONEY}) AS {name}" for name in ("ltv", *_published(shape), *_shared(shape))]
    below = " OR ".join(f"CAST(low_{percent} AS {MONEY}) < 0" for percent in _percents(shape))
    others = [f"may_lose OR {below} AS may_lose", "CAST(chance AS DECIMAL(38,4)) AS chance"]
    rounded = ", ".join(["party_id", "by_prior", *money, *others])
    engine.put_batches("value_spread", ends, schema, columns=rounded)
    published = ", ".join(["party_id", *_published(shape), "by_prior"])
    engine.execute(f"CREATE OR REPLACE TABLE ltv_intervals AS SELECT {published} FROM value_spread")


# --- in SQL: everything that a party's interval rests on, in one row


def _slots(shape: Shape, off: Sequence[str]) -> dict[str, Expression]:
    on = [f"f.{name}" for name in FUNCTIONS if name not in off]
    goods = "cost_of_goods" not in off
    shares = [f"f.{name}_share" for name in FUNCTIONS if name not in off] + ["f.goods_share"] * goods
    net = " + ".join([f"{int('revenue' not in off)}", *shares])
    monthly = " + ".join([*on, *(["f.goods_a_month"] if goods else []), "0"])
    order = [*(f"t.{name}" for name in _ORDER), *(f"e.{name}" for name in _SPEND)]
    order += [f"t.{name}" for p in ("bought", "lived") for name in effect_columns(p, shape.purchase_ways)]
    order += [f"e.{name}" for name in effect_columns("spend", shape.spend_axes)]
    price = "CAST(l.price AS DOUBLE) * l.kept"
    return {
        "net": _sql(f"CAST({net} AS DOUBLE)"),
        "monthly": _sql(f"CAST({monthly} AS DOUBLE)"),
        "order_columns": _sql(*(f"COALESCE({name}, 0) AS {name.replace('.', '_')}" for name in order)),
        "line_sums": _sql(
            *(_line_sum(name, f"{price} * l.grown") for name in columns_of(shape.line_ways)),
            *(_line_sum(name, price, of="l") for name in _GROWTH),
            _line_sum("paid", price),
            _line_sum("paid", f"{price} * l.grown * l.kept_error"),
            _line_sum("paid", f"{price} * l.grown * l.kept_chance * {_OF_A_BILL}"),
        ),
        "cost_means": _sql(
            *(f"SUM(CAST(of_mean AS DECIMAL(38, 8))) FILTER (WHERE function = '{f}') AS {f}" for f in EXPECTED)
        ),
        "cost_columns": _sql(*(f"COALESCE(CAST(c.{f} AS DOUBLE), 0) AS mean_{f}" for f in EXPECTED)),
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

        return _sql(by_rate([at(within) for within in discounted], "f.rate"))

    def given(within: Sequence[float]) -> str:
        return " + ".join(f"CAST(g.year_{k} AS DOUBLE) * {f!r}" for k, f in enumerate(within, start=1))

    grown = GROWN if expansion else "1"

    def walked(within: Sequence[float]) -> str:
        """What a year's change by chance moves: all payments from then on, alike."""
        paid = [f"{f!r} * s.payments_{k} * {grown.replace('#', str(k))}" for k, f in enumerate(within, start=1)]
        years = ["s.renewed_1", *(f"GREATEST(s.renewed_{k} - s.renewed_{k - 1}, 0)" for k in range(2, len(paid) + 1))]
        squares = (f"{year} * POWER({' + '.join(paid[k:])}, 2)" for k, year in enumerate(years))
        return f"SQRT({' + '.join(squares)})"

    return {
        "payments": payments(),
        "payments_grown": payments(grown),
        "payments_renewed": payments(f"{grown} * s.renewed_#"),
        "payments_walked": _sql(by_rate([walked(within) for within in discounted], "r.rate")),
        "growth_on": _sql(str(int(expansion))),
        "uncontracted_money": uncontracted("revenue"),
        "uncontracted_alive": uncontracted("alive"),
        "given": _sql(by_rate([given(within) for within in discounted], _RATE_OF_GIVEN)),
    }


_OF_A_BILL = "SQRT(l.billed_every / l.term_months / GREATEST(s.paid, 1e-9))"
"""The deviation of so many bills, each by chance of its own, from that of all together."""

_RATE_OF_GIVEN = "(CASE WHEN g.stream = 'advocacy' THEN 0 ELSE f.rate END)"
"""What moves from one party to another is discounted at the rate of all."""


def _line_sum(name: str, price: str, of: str = "s") -> str:
    """Payments are worth their price; months alive and changes are those of the line that has most."""
    if name.startswith("lived") or name == "changes":
        return f"MAX({of}.{name})"
    if name.endswith("chance"):
        return f"MIN({of}.{name})"
    return f"CAST(SUM(CAST({price} * {of}.{name} AS DECIMAL(38, 8))) AS DOUBLE)"


def _line_columns(shape: Shape) -> list[str]:
    """Name what the list of a party's lines has."""
    return [f"l_{name}" for name in (*columns_of(shape.line_ways), *_GROWTH, "flat", "unsure", "missed")]


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

_AT_ONCE = 16_384
"""Parties worked on at once: what a step makes of them stays in the processor's cache."""


def _ends(batch: pa.RecordBatch, shape: Shape, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield intervals of parties by what they rest on: orders, neither those nor lines, lines."""
    for start in range(0, len(batch), _AT_ONCE):
        some = batch.slice(start, _AT_ONCE)
        pending, no_lines = some.column("pending"), pc.is_null(some.column("pending"))
        notice = pc.and_(pc.equal(pending, 0), pc.equal(some.column("ends"), 1))
        in_force = pc.and_not(pc.equal(pending, 0), notice)
        orders, sure = pc.equal(some.column("has_orders"), True), pc.equal(some.column("owed_chance"), 1.0)
        neither = pc.and_not(no_lines, orders)
        kinds = (
            pc.and_(no_lines, orders),
            pc.and_(neither, sure),
            pc.and_not(neither, sure),
            notice,
            pc.and_(in_force, sure),
            pc.and_not(in_force, sure),
            pc.greater(pending, 0),
        )
        for chosen in kinds:
            parties = some.filter(chosen)
            if len(parties):
                row = _parts(parties, shape)
                found = _found(row, shape)
                columns = [parties.column(n) if n in batch.schema.names else pa.array(found[n]) for n in schema.names]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _parts(parties: pa.RecordBatch, shape: Shape) -> Parts:
    row = {
        name: np.asarray(parties.column(name).to_numpy(zero_copy_only=False), float)
        for name in parties.schema.names
        if name not in ("party_id", "line")
    }
    lines = parties.column("line").flatten().to_numpy().reshape(-1, len(_line_columns(shape)))
    if len(lines):
        row |= dict(zip(_line_columns(shape), np.ascontiguousarray(lines.T), strict=True))
    row["order_monthly"] = np.zeros(len(parties)) if len(lines) else row["monthly"]
    return row


def _found(row: Parts, shape: Shape) -> Parts:
    """Return the columns of `value_spread`: with lines there are cases, else an amount; all else lies beside.

    What is given comes in every case: the ends are those of the customer's own money, moved by it.
    """
    row = row | {"ltv": row["ltv"] - row["given"]}
    effects = _effects(row, shape)
    orders, in_orders = _orders(row, effects[: shape.purchase_axes + shape.spend_axes])
    uncontracted, cost, by_parameters = _uncontracted(row), _cost_variance(row), _squared(effects)
    owed, of_means = row["owed"] ** 2 * (1 / row["owed_chance"] - 1), _squared(effects[shape.effects - len(EXPECTED) :])
    chance = orders.variance - in_orders + uncontracted.variance + owed + cost
    spent = np.abs(row["monthly"]) * _lived(row) + (1 - row["net"]) * row.get("l_paid", np.zeros(len(cost)))
    row["saved"] = saved_by_most(spent, cost)
    cost *= row["usual"]  # few customers make the variance; ends are those of most
    if "l_paid" in row:
        missed = (row["net"] * row["l_missed"]) ** 2
        chance += line_deviation(row) ** 2 + sum(growth_variances(row)) + missed
        cases_of = lapsed_cases if row["pending"][0] > 0 else leaving_cases
        cases = owed_or_not(row, cases_of(row, _uncontracted_worth(row), cost + missed, orders.variance, of_means))
        ends = [cases.interval(level) for level in shape.levels]
    elif row["has_orders"][0]:
        beside = cost + owed + _squared(effects[shape.effects - _BESIDE :])
        parts = Part.of(orders, row["has_orders"] > 0), Part.of(uncontracted, uncontracted.mean > 0)
        ends = [_interval(row, parts, beside, level) for level in shape.levels]
    else:
        cases = owed_or_not(row, paying_cases(row, _uncontracted_worth(row), cost + of_means))
        ends = [cases.interval(level) for level in shape.levels]
    found: Parts = {"chance": chance, "deviation_by_parameters": np.sqrt(by_parameters)}
    found["deviation"] = np.sqrt(chance + by_parameters)
    floor = np.where(row["may_lose"] > 0, -np.inf, 0.0)
    low, high = np.full((2, len(floor)), np.nan)  # a higher level is no narrower by what the search is off by
    for percent, (lower, higher) in sorted(zip(_percents(shape), ends, strict=True), key=lambda pair: pair[0]):
        low, high = np.fmin(low, np.maximum(lower, floor)), np.fmax(high, np.maximum(higher, floor))
        found |= {f"low_{percent}": low + row["given"], f"high_{percent}": high + row["given"]}
    found |= dict(zip(effect_columns("value", shape.effects), effects, strict=True))
    return found | dict(zip(move_columns(shape.moves), _moved(row, shape), strict=True))


def _effects(row: Parts, shape: Shape) -> Array:
    """Effect in money of one standard error along each axis: purchases, spend, lines, and those beside them."""
    effects = np.zeros((shape.effects, len(row["net"])))
    in_orders, beside = shape.purchase_axes + shape.spend_axes, shape.effects - _BESIDE
    effects[: shape.purchase_axes] = _order_effects(row, range(1, shape.purchase_axes + 1))
    for i, name in enumerate(effect_columns("spend", shape.spend_axes), start=shape.purchase_axes):
        effects[i] = row["net"] * row["t_bought"] * row[f"e_{name}"]
    if "l_paid" in row:
        effects[in_orders:beside] = _line_effects(row, range(1, shape.line_axes + 1))
        effects[beside] = row["net"] * row["l_by_growth"]
    effects[beside + 1] = row["u_error"] * _uncontracted_worth(row)
    for i, function in enumerate(EXPECTED, start=beside + 2):
        effects[i] = row[f"mean_{function}"] * _lived(row)
    return effects


def _squared(effects: Array) -> Array:
    """Variance by parameters, each an axis of its own."""
    return np.asarray(np.einsum("ij,ij->j", effects, effects))


def _moved(row: Parts, shape: Shape) -> list[Array]:
    """Difference in money of each move of retention, which moves orders and contract lines alike."""
    orders = _order_effects(row, range(shape.purchase_axes + 1, shape.purchase_ways + 1))
    if "l_paid" not in row:
        return orders
    lines = _line_effects(row, range(shape.line_axes + 1, shape.line_ways + 1))
    return [order + line for order, line in zip(orders, lines, strict=True)]


def _order_effects(row: Parts, ways: range) -> list[Array]:
    revenue = row["net"] * row["e_spend"]
    return [revenue * row[f"t_bought_by_{i}"] + row["order_monthly"] * row[f"t_lived_by_{i}"] for i in ways]


def _line_effects(row: Parts, ways: range) -> list[Array]:
    return [row["net"] * row[f"l_paid_by_{i}"] + row["monthly"] * row[f"l_lived_by_{i}"] for i in ways]


def _lived(row: Parts) -> Array:
    return row.get("l_lived", row["t_lived"] + row["u_alive"])


def _orders(row: Parts, effects: Array) -> tuple[Amounts, Array]:
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
    by_parameters = _squared(effects)
    gone = np.where(row["has_orders"] > 0, 1 - row["t_p_alive"], 1.0)
    amounts = Amounts(
        mean=net * revenue + monthly * lived,
        variance=np.maximum(variance, 0.0) + by_parameters,
        waiting=row["t_waiting"],
        gone=gone,
        least=np.minimum(monthly, 0.0) * 12 * row["whole"] * row["has_orders"],
        stops=stopping_rate(lived / np.maximum(12 * row["whole"] * (1 - gone), 1e-12)),
    )
    return amounts, by_parameters


def _cost_variance(row: Parts) -> Array:
    """Variance of the cost of a customer's own, beyond that of the time it stays."""
    if "l_lived" in row:
        squared = row["l_lived"] ** 2 + row["l_lived_sd"] ** 2
    else:
        squared = row["t_lived_twice"] + row["u_alive"] ** 2 * _unevenness(row)
    return row["of_rate"] * squared + row["of_month"] * _lived(row)


def _interval(row: Parts, parts: tuple[Part, Part], beside: Array, level: float) -> tuple[Array, Array]:
    """Ends for parties without lines: those of orders and of money without contract, wider by what lies beside."""
    (below, above), (less, more) = (part.distances(level) for part in parts)
    wider = ndtri((1 + level) / 2) * np.sqrt(beside)
    gains = _uncontracted_worth(row) >= 0
    beside_below, beside_above = np.where(gains, less, more), np.where(gains, more, less)
    mean = parts[0].mean
    # Streams beside these parts are the rest of the value; less than a cent is what rounding left.
    middle = mean + np.round(row["ltv"] - mean, 2)
    return middle - _together([below, wider, beside_below]), middle + _together([above, wider, beside_above])


def _uncontracted(row: Parts) -> Amounts:
    """Money without a contract in force, without its sign: nothing, or a payment each month until it stops."""
    mean = np.abs(_uncontracted_worth(row))
    zero = np.zeros(len(mean))
    variance = mean**2 * (_unevenness(row) - 1)
    return Amounts(mean, variance, waiting=zero, gone=1 - _chance(row), least=zero, stops=_stops(row))


def _unevenness(row: Parts) -> Array:
    """Mean square over squared mean of the time for which money without a contract comes."""
    return time_unevenness(_stops(row)) / _chance(row)


def _stops(row: Parts) -> Array:
    """The rate at which money without a contract stops to come."""
    return stopping_rate(row["u_alive"] / (12 * row["whole"] * _chance(row)))


def _chance(row: Parts) -> Array:
    return np.clip(row["u_chance"], 1e-6, 1.0)


def _uncontracted_worth(row: Parts) -> Array:
    return row["net"] * row["u_money"] + row["monthly"] * row["u_alive"]


def _together(distances: Sequence[Array]) -> Array:
    """Add by squares; a distance is negative where an interval lies beside the mean."""
    squares = np.sum([np.sign(d) * d**2 for d in distances], axis=0)
    return np.asarray(np.sign(squares) * np.sqrt(np.abs(squares)))


def _published(shape: Shape) -> list[str]:
    ends = [f"{side}_{percent}" for percent in _percents(shape) for side in ("low", "high")]
    return ["deviation_by_parameters", "deviation", *ends]


def _schema(shape: Shape) -> pa.Schema:
    numbers = ["ltv", *_published(shape), "chance", *_shared(shape)]
    told = [(name, pa.bool_()) for name in ("by_prior", "may_lose")]
    return pa.schema([("party_id", pa.string()), *told, *((name, pa.float64()) for name in numbers)])
