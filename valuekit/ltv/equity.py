"""Customer equity: what today's customers are worth, and those yet to be won, less what winning them costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa

from valuekit.calendar import add_months
from valuekit.engine import Engine, Expression
from valuekit.ltv.expected_cost import FUNCTIONS
from valuekit.ltv.leavers import After
from valuekit.ltv.line_chance import line_means
from valuekit.ltv.lines import leaving
from valuekit.ltv.models import GammaGamma, PurchaseModel
from valuekit.ltv.moments import Factors
from valuekit.ltv.order_states import by_year
from valuekit.ltv.renewals import Curve, Key
from valuekit.ltv.rules import ValueRules
from valuekit.money import MONEY
from valuekit.tables.published import CUSTOMER_STAGES


@dataclass(frozen=True)
class NewCustomer:
    """Who is won next, as lately: a buyer by orders with probability `orders`, else by contract.

    Amounts a month and per purchase are means of today's customers of the kind. One with a contract brings, once it has
    left, what those who left before still brought. Parties that pay without orders and contract are no kind of a next
    customer: what made them pay is not known, so it is not known either how many more will.
    """

    purchases: PurchaseModel
    spend: GammaGamma
    curves: Mapping[Key, Curve]
    orders: float
    net: tuple[float, float]
    """What of a unit of revenue is left after the cost of goods: of orders, of contracts. What is off is left out."""
    variable: tuple[float, float]
    """Cash of all other cost that follows the money, per unit of revenue: of orders, of contracts."""
    monthly: tuple[float, float]
    """Cash a month alive: of orders, of contracts; cost is negative."""
    prices: Mapping[tuple[int, int, int], float]
    """Price of a whole term by its length, segment and the months between its bills, per customer by contract."""
    together: Mapping[tuple[Key, ...], float]
    """Share of customers by contract whose lines are these: each is there while one of them is."""
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
        alive: dict[Key, tuple[float, float]] = {}
        for (term, segment, every), price in sorted(self.prices.items()):
            key = term, segment
            line, curve = _new_line(key, every), self.curves[key]
            payments, stayed = line_means(line, curve, factors)
            months = float((self.after[key].by_year(leaving(line, curve), line) @ factors.factor)[0])
            paid = (1 - self.orders) * (self.kept * price * float(payments[0]) + price / term * months)
            margin.append(self.net[1] * paid)
            cost.append(self.variable[1] * paid)
            alive[key] = float(stayed[0]), months
        for keys, share in sorted(self.together.items()):
            within, beyond = zip(*(alive[key] for key in keys), strict=True)
            cost.append((1 - self.orders) * self.monthly[1] * share * (max(within) + max(beyond)))
        return sum(margin) + sum(cost), sum(margin)


def _new_line(key: Key, every: int) -> dict[str, np.ndarray]:
    """A contract that begins today: its first term is paid for certain, in parts of so many months."""
    term, segment = key
    state = {
        "term_months": term, "segment": segment, "renewals": 0, "months_to_next": term, "days_to_next": 0,
        "months_to_first": 0, "pending": 0, "ends": 0, "silent": 0, "billed_every": every,
    }  # fmt: skip
    return {name: np.array([float(value)]) for name, value in state.items()}


def next_customer(
    engine: Engine, purchases: PurchaseModel, spend: GammaGamma, curves: Mapping[Key, Curve],
    after: Mapping[Key, After], *, kept: float, off: Sequence[str], as_of: date,
) -> NewCustomer:  # fmt: skip
    """Describe the next customer by those of today, without the streams in `off`.

    Reads `futures`, `facts` and `contract_lines`. Where nobody was won in the last 12 months, any customer counts.
    """
    engine.run("valuekit.ltv", "next_customer.sql", {"since": add_months(as_of, -12)}, **_streams_but(off))
    kinds = {row[0]: tuple(map(float, row[1:])) for row in engine.rows("SELECT * FROM customer_kinds")}
    found = engine.rows("SELECT term_months, segment, billed_every, price FROM next_prices ORDER BY ALL")
    prices = {(int(term), int(segment), int(every)): float(price) for term, segment, every, price in found}
    together = {
        tuple((int(term), int(segment)) for term in terms): float(share)
        for segment, terms, share in engine.rows("SELECT segment, terms, share FROM next_terms")
    }
    engine.drop("customer_kinds", "next_prices", "next_terms")
    orders, contracts = (kinds.get(kind, (0.0, 0.0, 1.0, 0.0, 0.0)) for kind in ("orders", "contracts"))
    counted = 0 if orders[0] + contracts[0] else 1
    won = orders[counted] + contracts[counted]
    net, variable, monthly = zip(orders[2:], contracts[2:], strict=True)
    return NewCustomer(
        purchases,
        spend,
        curves,
        orders=orders[counted] / won if won else 0.0,
        net=net,
        variable=variable,
        monthly=monthly,
        prices=prices,
        together=together,
        kept=kept,
        after=after,
    )


def _streams_but(off: Sequence[str]) -> dict[str, Expression]:
    """What is left of a unit of revenue, what else follows it, and what a month alive brings, without some streams."""
    functions, goods = [name for name in FUNCTIONS if name not in off], "cost_of_goods" not in off
    parts = {
        "net": ["1"] * ("revenue" not in off) + ["f.goods_share"] * goods,
        "variable": [f"f.{name}_share" for name in functions],
        "monthly": [f"f.{name}" for name in functions] + ["f.goods_a_month"] * goods,
    }
    return {name: Expression("", " + ".join([*terms, "0"]), frozenset()) for name, terms in parts.items()}


def put_equity(engine: Engine, each: float, rules: ValueRules) -> None:
    """Make `customer_equity`: current customers, others who are valued, those yet to be won where stated, and all.

    Reads `ltv` and `stages`. Those yet to be won have the discount of all, whatever rules there are for some.
    """
    today = engine.rows(
        "SELECT CASE WHEN LIST_CONTAINS($current, s.stage) THEN 'current' ELSE 'other' END, COUNT(*), SUM(v.ltv) "
        "FROM ltv AS v JOIN stages AS s ON s.party_id = v.party_id GROUP BY 1",
        {"current": list(CUSTOMER_STAGES)},
    )
    valued = {"current": (0.0, 0.0)} | {part: (float(parties), float(ltv)) for part, parties, ltv in today}
    rows: list[tuple[str, float, float, float | None]] = [(part, *valued[part], None) for part in sorted(valued)]
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
