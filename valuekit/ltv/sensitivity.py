"""What moves value: retention, margin, discount rate and acquisition cost, each moved by itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from valuekit.engine import Engine
from valuekit.ltv.cube import total_sql
from valuekit.ltv.discounting import Discount
from valuekit.ltv.equity import NewCustomer
from valuekit.ltv.moments import Factors
from valuekit.ltv.renewals import Curve, Key
from valuekit.ltv.retained import CHANGES, RETENTION_MOVES
from valuekit.ltv.rules import ValueRules
from valuekit.money import MONEY
from valuekit.tables.published import STREAMS

MARGIN = ("revenue", "cost_of_goods")
"""Streams whose sum is the margin."""


def measure_sensitivity(
    engine: Engine, customer: NewCustomer, renewing: Sequence[Mapping[Key, Curve]], rules: ValueRules
) -> None:
    """Make `value_sensitivity`: customer equity with each lever moved by a hundredth and by a tenth, to both sides.

    Reads `cube`, `ltv`, `customer_equity` and `value_spread`. Each is computed anew: retention by the models of
    purchases and renewals with another mean retention (`retained`; `renewing` are the curves of each change), discount
    rate and margin by the cube. An elasticity is the mean of both sides of a change: of a hundredth, the slope. It is
    missing where the value is not above 0: no share of that says which way a lever moves it.

    Who stays longer under contract brings less after leaving; what comes of those who have left, or never had a
    contract, stays what it is under another retention, and so do advocacy and innovation. Rates, also those of
    customers with their own, move together and stay between 0 and 1.
    """
    each = customer.value(Factors.of(rules.horizon, rules.discount))
    moved = [customer.moved(m(customer.purchases), curves) for m, curves in zip(RETENTION_MOVES, renewing, strict=True)]
    others = [stream for stream in STREAMS if stream not in MARGIN]
    now = float(engine.scalar("SELECT COALESCE(SUM(ltv), 0) FROM ltv")), _total(engine, rules, [*others, *rules.off])
    rows = [
        {"lever": lever, "change": change, "difference": difference}
        for i, change in enumerate(CHANGES)
        for lever, difference in _levers(engine, customer, moved[i], each, now, i, rules)
    ]
    engine.put("moved_levers", pa.Table.from_pylist(rows, schema=_ROWS))
    engine.execute(
        f"CREATE OR REPLACE TABLE value_sensitivity AS SELECT m.lever, m.change, "
        f"CAST(e.value + m.difference AS {MONEY}) AS value, CAST(m.difference AS {MONEY}) AS difference, "
        "CASE WHEN e.value > 0 THEN (m.difference - o.difference) / CAST(e.value AS DOUBLE) / (2 * m.change) END "
        "AS elasticity "
        "FROM moved_levers AS m JOIN moved_levers AS o ON o.lever = m.lever AND o.change = -m.change "
        "CROSS JOIN (SELECT value FROM customer_equity WHERE part = 'total') AS e ORDER BY m.lever, m.change"
    )
    engine.drop("moved_levers")


def _levers(
    engine: Engine, customer: NewCustomer, moved: NewCustomer, each: tuple[float, float], now: tuple[float, float],
    i: int, rules: ValueRules,
) -> Iterator[tuple[str, float]]:  # fmt: skip
    """Yield each lever's difference; `each` and `now` are value and margin of a new customer, and of all of today."""
    change, factors, won = CHANGES[i], Factors.of(rules.horizon, rules.discount), rules.acquisition

    def future(value: float, at: Discount = rules.discount) -> float:
        return won.value(value, rules.horizon, at) if won else 0.0

    base = future(each[0])
    retained = float(engine.scalar(f"SELECT COALESCE(SUM(value_if_{i + 1}), 0) FROM value_spread"))
    yield "retention", retained + future(moved.value(factors)[0]) - base
    yield "margin", now[1] * change + future(each[0] + each[1] * change) - base
    other_rate = _moved(rules.discount, change)
    current = _total(engine, rules, rules.off, change) - now[0]
    new = customer.value(Factors.of(rules.horizon, other_rate))[0]
    yield "discount_rate", current + future(new, other_rate) - base
    if won:
        dearer = replace(won, cost=won.cost * (1 + change))
        yield "acquisition_cost", dearer.value(each[0], rules.horizon, rules.discount) - base


def _moved(discount: Discount, change: float) -> Discount:
    return replace(discount, annual_rate=min(discount.annual_rate * (1 + change), 1.0))


def _total(engine: Engine, rules: ValueRules, off: Sequence[str], change: float = 0.0) -> float:
    own = {rate: _moved(discount, change) for rate, discount in rules.own.items()}
    return float(engine.scalar(total_sql(rules.horizon, _moved(rules.discount, change), off, own=own)))


_ROWS = pa.schema([("lever", pa.string()), ("change", pa.float64()), ("difference", pa.float64())])
