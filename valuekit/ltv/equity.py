"""Customer equity: what today's customers are worth, and those yet to be won, less what winning them costs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa

from valuekit.calendar import add_months
from valuekit.engine import Engine
from valuekit.ltv.leavers import After
from valuekit.ltv.line_chance import line_means
from valuekit.ltv.lines import leaving
from valuekit.ltv.models import GammaGamma, PurchaseModel
from valuekit.ltv.moments import Factors
from valuekit.ltv.order_states import by_year
from valuekit.ltv.renewals import Curve, Key
from valuekit.ltv.rules import ValueRules
from valuekit.money import MONEY


@dataclass(frozen=True)
class NewCustomer:
    """Who is won next, as in the last 12 months: a buyer by orders with probability `orders`, else by contract.

    Amounts a month and per purchase are means of today's customers of the kind. One with a contract brings, once it has
    left, what those who left before still brought. Parties that pay without orders and contract are no kind of a next
    customer: what made them pay is not known, so it is not known either how many more will.
    """

    purchases: PurchaseModel
    spend: GammaGamma
    curves: Mapping[Key, Curve]
    orders: float
    net: tuple[float, float]
    """What of a unit of revenue is left after the cost of goods: of orders, of contracts."""
    variable: tuple[float, float]
    """Cash of all other cost that follows the money, per unit of revenue: of orders, of contracts."""
    monthly: tuple[float, float]
    """Cash a month alive: of orders, of contracts; cost is negative."""
    prices: Mapping[Key, float]
    """Price of a whole term by its length and segment, per customer by contract."""
    kept: float
    """What of a price is received and not given back."""
    after: Mapping[Key, After]
    """What comes of customers after they have left, by who shares a curve."""

    def moved(self, purchases: PurchaseModel, curves: Mapping[Key, Curve]) -> "NewCustomer":
        """Return the customer under models that a lever has moved."""
        return replace(self, purchases=purchases, curves=curves)

    def value(self, factors: Factors) -> tuple[float, float]:
        """Return its expected value within the horizon from its start on, and the revenue less goods in that."""
        rows = pa.record_batch({name: np.zeros(1) for name in ("frequency", "recency", "age")})
        bought, lived = (float(years @ factors.factor) for years in map(np.ravel, by_year(self.purchases, rows)))
        paid = self.orders * self.spend.population_mean * (1 + bought) if self.orders else 0.0
        margin, cost = [self.net[0] * paid], [self.variable[0] * paid, self.orders * self.monthly[0] * lived]
        longest = beyond = 0.0
        for key, price in sorted(self.prices.items()):
            line, curve = _new_line(key), self.curves[key]
            payments, stayed = line_means(line, curve, factors)
            months = float((self.after[key].by_year(leaving(line, curve), line) @ factors.factor)[0])
            paid = (1 - self.orders) * (self.kept * price * float(payments[0]) + price / key[0] * months)
            margin.append(self.net[1] * paid)
            cost.append(self.variable[1] * paid)
            longest, beyond = max(longest, float(stayed[0])), max(beyond, months)
        cost.append((1 - self.orders) * self.monthly[1] * (longest + beyond))
        return sum(margin) + sum(cost), sum(margin)


def _new_line(key: Key) -> dict[str, np.ndarray]:
    """A contract that begins today: its first term is paid for certain."""
    term, segment = key
    state = {
        "term_months": term, "segment": segment, "renewals": 0, "months_to_next": term, "days_to_next": 0,
        "months_to_first": 0, "pending": 0, "ends": 0, "silent": 0, "billed_every": term,
    }  # fmt: skip
    return {name: np.array([float(value)]) for name, value in state.items()}


def next_customer(
    engine: Engine, purchases: PurchaseModel, spend: GammaGamma, curves: Mapping[Key, Curve],
    after: Mapping[Key, After], *, kept: float, as_of: date,
) -> NewCustomer:  # fmt: skip
    """Describe the next customer by those of today; reads `futures`, `facts` and `contract_lines`."""
    engine.run("valuekit.ltv", "next_customer.sql", {"since": add_months(as_of, -12)})
    kinds = {row[0]: row[1:] for row in engine.rows("SELECT * FROM customer_kinds")}
    found = engine.rows("SELECT term_months, segment, price FROM next_prices ORDER BY term_months, segment")
    prices = {(int(term), int(segment)): float(price) for term, segment, price in found}
    engine.drop("customer_kinds", "next_prices")
    recent = {kind: float(row[0]) for kind, row in kinds.items()}
    won = sum(recent.values())
    rate = [kinds.get(kind, (0, 1.0, 0.0, 0.0)) for kind in ("orders", "contracts")]
    return NewCustomer(
        purchases,
        spend,
        curves,
        orders=recent.get("orders", 0.0) / won if won else 0.0,
        net=(float(rate[0][1]), float(rate[1][1])),
        variable=(float(rate[0][2]), float(rate[1][2])),
        monthly=(float(rate[0][3]), float(rate[1][3])),
        prices=prices,
        kept=kept,
        after=after,
    )


def put_equity(engine: Engine, each: float, rules: ValueRules) -> None:
    """Make `customer_equity`: who is valued today, who is yet to be won where that is stated, and both.

    Those yet to be won have the discount of all, whatever rules there are for some.
    """
    parties, current = engine.rows("SELECT COUNT(*), COALESCE(SUM(ltv), 0) FROM ltv")[0]
    rows: list[tuple[str, float, float, float | None]] = [("current", float(parties), float(current), None)]
    if rules.acquisition:
        won = rules.acquisition.new_a_month * 12 * rules.horizon.years
        rows.append(("future", won, rules.acquisition.value(each, rules.horizon, rules.discount), each))
    rows.append(("total", sum(row[1] for row in rows), sum(row[2] for row in rows), None))
    names = ("part", "parties", "value", "each")
    engine.put("equity_parts", pa.Table.from_pylist([dict(zip(names, r, strict=True)) for r in rows], schema=_PARTS))
    engine.execute(
        f"CREATE OR REPLACE TABLE customer_equity AS SELECT part, parties, CAST(value AS {MONEY}) AS value, "
        f"CAST(each AS {MONEY}) AS each FROM equity_parts"
    )
    engine.drop("equity_parts")


_PARTS = pa.schema([("part", pa.string()), *((name, pa.float64()) for name in ("parties", "value", "each"))])
