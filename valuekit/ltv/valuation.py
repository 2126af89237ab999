"""From classified parties to the value cube and a lifetime value for each."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from valuekit.calendar import add_months, month_start
from valuekit.engine import Engine, Expression
from valuekit.ltv import line_chance, order_states, purchases, renewals
from valuekit.ltv.cube import ltv_sql
from valuekit.ltv.directions import directions
from valuekit.ltv.discounting import Discount, Horizon
from valuekit.ltv.expected_cost import expect_costs
from valuekit.ltv.fitted import FittedModel
from valuekit.ltv.given_streams import add_given_streams
from valuekit.ltv.intervals import Shape, find_intervals
from valuekit.ltv.models import GammaGamma, PurchaseModel
from valuekit.ltv.moments import Factors
from valuekit.ltv.quantiles import LEVELS
from valuekit.ltv.selection import choose_model
from valuekit.ltv.summary import Unmatched
from valuekit.ltv.units import TimeUnit
from valuekit.ltv.years import each_year

PACKAGE = "valuekit.ltv"


def value(
    engine: Engine,
    *,
    as_of: date,
    horizon: Horizon,
    discount: Discount,
    off: Sequence[str] = (),
    time_unit: str = "week",
    purchase_model: str = "mbg_nbd",
    unmatched_returns: Unmatched = "reduce",
    half_life_days: float = 730,
    levels: Sequence[float] = LEVELS,
) -> list[FittedModel]:
    """Value every party that has paid more than it got back; make `cube`, `ltv` and `ltv_intervals`.

    Reads the canonical tables `orders` and `contracts` (accepted form, with `party_id`), and `facts`, `stages` and
    `cash_months`; nothing dated after `as_of`. Year k of the cube is the k-th year after `as_of`.

    - Orders: expected purchases (MBG/NBD by default; `select` takes the model that foretold best at several days of
      the past) times expected spend (Gamma-Gamma).
    - Contracts: the price at each coming renewal, times the probability of still being there (shifted-beta-geometric by
      term length), times the share of receipts that were not refunded in the last 12 months. A customer who gave
      notice renews no more. One who pays although the contract lapsed has one renewal pending, which it survives with
      the model's probability. One who churned is worth nothing more, and has no cube rows unless it also orders.
    - Costs: the customer's monthly cost, shrunk to its peers' (`expected_cost`), times expected months alive; cost of
      goods by the month under contract, as a share of revenue for orders. The cost of winning the customer is sunk
      and left out.
    - `advocacy` and `innovation` are estimates beside the customer's own money: see `given_streams`.
    - Money received without contract or order says nothing of what comes next: such a party is worth 0 by prior.

    `ltv` is the present value at `horizon` and `discount` without the streams in `off`; the cube holds them all.
    Raises `UnknownNameError` for an unknown stream, unit or purchase model.
    """
    unit, factors = TimeUnit(time_unit), Factors.of(horizon, discount)
    final = ltv_sql(horizon, discount, off)  # a wrong name fails here, before the work
    name, chosen = _choice(engine, as_of, unit, purchase_model, unmatched_returns)
    purchases.summarise(engine, as_of, unit, unmatched_returns)
    orders, models = _order_stream(engine, as_of, unit, name, factors, chosen)
    width, curves = _contract_stream(engine, as_of, factors, levels)
    _costs(engine, as_of)
    by_prior = any(m.name == "orders.purchases" and m.stated for m in models)
    kept = _kept_share(engine, as_of)
    parameters = {"order_model": name, "orders_by_prior": by_prior, "kept": kept}
    engine.run(PACKAGE, "cube.sql", parameters, **_year_slots())
    add_given_streams(engine, as_of, half_life_days)
    _set_values(engine, final)
    shape = Shape(len(orders.purchases_unknown), len(orders.spend_unknown), width, levels)
    find_intervals(engine, shape, factors, kept=kept, off=off, orders_by_prior=by_prior)
    engine.drop(
        "order_states", "order_spend", "order_values", "line_states", "line_values", "line_chance", "cost_months"
    )
    return [*models, *curves]


def _choice(engine: Engine, as_of: date, unit: TimeUnit, name: str, unmatched: Unmatched) -> tuple[str, str]:
    """Return the name of the purchase model, and why it was chosen where it was."""
    if name != "select":
        return name, ""
    purchases.view_lines(engine)
    return choose_model(engine, unit.name, as_of, unmatched)


def _order_stream(
    engine: Engine, as_of: date, unit: TimeUnit, name: str, factors: Factors, chosen: str
) -> tuple[order_states.OrderModels, list[FittedModel]]:
    window = _window(engine, "SELECT MIN(first_on) FROM order_summary", as_of)
    bought, spent = purchases.fit_purchases(engine, name, unit, window), purchases.fit_spend(engine, window)
    bought = replace(bought, note="; ".join(filter(None, (chosen, bought.note))))
    if not (isinstance(bought.estimator, PurchaseModel) and isinstance(spent.estimator, GammaGamma)):
        raise TypeError("the order stream needs a model of purchases and one of spend")
    models = order_states.OrderModels(
        bought.estimator,
        spent.estimator,
        directions(bought.estimator, stated=bought.stated),
        directions(spent.estimator, stated=spent.stated, errors=purchases.POOLED_ERROR),
    )
    order_states.predict(engine, models, factors)
    return models, [bought, spent] if window else []


def _contract_stream(
    engine: Engine, as_of: date, factors: Factors, levels: Sequence[float]
) -> tuple[int, list[FittedModel]]:
    renewals.summarise(engine, as_of)
    window = _window(engine, "SELECT MIN(starts_on) FROM contract_runs", as_of)
    curves, models = renewals.fit_renewals(engine, window)
    renewals.predict(engine, curves)
    return line_chance.predict(engine, curves, factors, levels), models


def _window(engine: Engine, first: str, as_of: date) -> tuple[date, date] | None:
    day = engine.scalar(first)
    return (day, as_of) if day else None


def _costs(engine: Engine, as_of: date) -> None:
    last = last_complete_month(as_of)
    bounds = {"first_month": add_months(last, -11), "last_month": last}
    engine.run(PACKAGE, "cost_months.sql", bounds)
    expect_costs(engine, last)
    engine.run(PACKAGE, "costs.sql", bounds)


def last_complete_month(as_of: date) -> date:
    """Return the first day of the last month that is over at the end of the day.

    >>> last_complete_month(date(2026, 6, 30)), last_complete_month(date(2026, 6, 29))
    (datetime.date(2026, 6, 1), datetime.date(2026, 5, 1))
    """
    return add_months(month_start(as_of + timedelta(days=1)), -1)


def _kept_share(engine: Engine, as_of: date) -> float:
    """Share of contract customers' receipts of the last 12 months that they did not get back."""
    received, kept = engine.rows(
        "SELECT SUM(m.revenue), SUM(m.revenue + m.refunds) FROM cash_months AS m "
        "JOIN facts AS f ON f.party_id = m.party_id WHERE f.has_contract AND m.month > $first AND m.month <= $last",
        {"first": add_months(as_of, -12), "last": as_of},
    )[0]
    return min(max(float(kept) / float(received), 0.0), 1.0) if received else 1.0


def _year_slots() -> dict[str, Expression]:
    cost = "CAST(c.{} * f.alive_# AS DECIMAL(18,4)) AS year_#"
    by_month = {name: each_year(cost.format(name)) for name in ("marketing", "sales", "support", "incentives", "other")}
    return by_month | {
        "goods": each_year(
            "CAST(c.goods_a_month * f.alive_# + c.goods_share * f.revenue_# AS DECIMAL(18,4)) AS year_#"
        ),
        "line_revenue": each_year(
            "SUM(CAST(CAST(l.price AS DOUBLE) * s.payments_# * $kept AS DECIMAL(18,4))) AS revenue_#"
        ),
        "line_alive": each_year("MAX(s.alive_#) AS alive_#"),
        "order_revenue": each_year("CAST(t.purchases_# * e.spend AS DECIMAL(18,4)) AS revenue_#"),
        "order_alive": each_year("t.alive_#"),
        "revenue": each_year("CAST(COALESCE(o.revenue_#, 0) + COALESCE(l.revenue_#, 0) AS DECIMAL(18,4)) AS revenue_#"),
        "alive": each_year("GREATEST(COALESCE(o.alive_#, 0), COALESCE(l.alive_#, 0)) AS alive_#"),
        "as_years": each_year("revenue_# AS year_#"),
        "not_zero": each_year("year_# <> 0", between=" OR "),
    }


def _set_values(engine: Engine, final: str) -> None:
    engine.execute(f"CREATE OR REPLACE TABLE _values AS {final}")
    engine.execute(
        "CREATE OR REPLACE TABLE ltv AS SELECT l.party_id, l.model, l.basis, l.own_weight, l.p_alive, v.ltv "
        "FROM ltv AS l JOIN _values AS v ON v.party_id = l.party_id"
    )
    engine.drop("_values")
