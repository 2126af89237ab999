"""From classified parties to the value cube and a lifetime value for each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from valuekit.calendar import add_months, month_start
from valuekit.engine import Engine, Expression
from valuekit.ltv import line_chance, lines, order_states, purchases, renewals
from valuekit.ltv.collection import expect_owed
from valuekit.ltv.cube import both_ltv_sql, ltv_sql
from valuekit.ltv.directions import Direction, directions
from valuekit.ltv.equity import next_customer, put_equity
from valuekit.ltv.expected_cost import FUNCTIONS, expect_costs
from valuekit.ltv.fitted import FittedModel
from valuekit.ltv.given_streams import add_given_streams
from valuekit.ltv.intervals import Shape, find_intervals
from valuekit.ltv.kept import keep_shares
from valuekit.ltv.leavers import After, learn_after
from valuekit.ltv.model_record import put_models
from valuekit.ltv.models import GammaGamma, PurchaseModel
from valuekit.ltv.moments import Factors
from valuekit.ltv.price_growth import GROWN, expect_growth
from valuekit.ltv.rates import assign_rates
from valuekit.ltv.retained import RETENTION_MOVES, renewing
from valuekit.ltv.rules import DEFAULT, ValueRules
from valuekit.ltv.selection import choose_model
from valuekit.ltv.sensitivity import measure_sensitivity
from valuekit.ltv.uncontracted import put_uncontracted
from valuekit.ltv.units import TimeUnit
from valuekit.ltv.value_notes import note_value
from valuekit.ltv.years import each_year
from valuekit.tables.published import VALUED_STAGES

PACKAGE = "valuekit.ltv"

Curves = Mapping[renewals.Key, renewals.Curve]


def value(engine: Engine, *, as_of: date, rules: ValueRules = DEFAULT) -> list[FittedModel]:
    """Value every party that has paid more than it got back; make `cube`, `ltv` and `ltv_intervals`.

    Reads the canonical tables `orders`, `contracts`, `invoices` and `payments` (accepted form, with `party_id`),
    `facts`, `stages`, `cash_months`, and what is billed as `cashflow.settle` leaves it (`settled_bills`,
    `settled_states`, `settled_money`, `settled_parties`); nothing dated after `as_of`. Year k of the cube is the k-th
    year after `as_of`.

    - Orders: expected purchases (MBG/NBD by default; `select` takes the model that foretold best at several days of
      the past) times expected spend (Gamma-Gamma).
    - Contracts: the price at each coming renewal, times the probability of still being there (shifted-beta-geometric or
      beta-discrete-Weibull by term length and segment: `renewals.fit_renewals`), times the share of its bills that a
      customer keeps up (`kept`). With `expansion` the price changes from renewal to renewal as those of
      customers who stayed have done (`price_growth`). A customer who gave notice renews no more, and one who did not is
      likelier to. One who pays although the contract lapsed has one renewal pending, which is signed as often as those
      of others who paid on (`leavers`), and until it signs or stops it pays on as they did. A renewal that nobody
      signed is survived up to the last bill or payment, where such are on record; who is silent since may have left.
      Prices are at the latest exchange rate (`fx_rates`).
    - Without contract: who leaves, or has left, pays on or signs again as those have who left before and were silent as
      long (`leavers`), and money of parties without any contract or order goes on as such money has (`uncontracted`, a
      switch too); both 0 where too few are seen.
    - Receivables (`collection`): what was billed in the last year and is not yet received comes in the first year,
      without tax, as often as bills have come that were open as long, of customers with or without a contract in force
      (switched off with `receivables`).
    - Costs (`expected_cost`): what follows the money is a share of revenue, however it is billed; the rest is the
      customer's monthly cost, shrunk to its peers', times expected months alive. Goods likewise under contract, where
      the monthly rest grows with the price; for orders they are a share of revenue. The cost of winning the customer is
      sunk and left out.
    - `advocacy` and `innovation` are estimates beside the customer's own money: see `given_streams`.

    `ltv` is the present value at the horizon and the discount of `rules`, without the streams in `off`; the cube holds
    them all. A customer for whom a rule of `rates_by` holds has that rate, and advocacy that of all. `ltv_infinite` is
    the value of all the future: the ten years of the cube and then `later`, which goes on in the same way, money and
    goods at prices that no longer grow; it is missing without a rate. Money without a contract in force is not part of
    `later`: too little is seen of what it does after so long.
    Raises `UnknownNameError` for an unknown stream, unit or purchase model, `ExpressionError` for a rule of rates.
    """
    with engine.uncompressed():
        return _value(engine, as_of, rules)


def _value(engine: Engine, as_of: date, rules: ValueRules) -> list[FittedModel]:
    unit, factors = TimeUnit(rules.time_unit), [Factors.of(rules.horizon, at) for at in rules.discounts]
    ltv_sql(rules.horizon, rules.discount, rules.off)  # a wrong name fails here, before the work
    assign_rates(engine, rules)
    name, chosen = _choice(engine, as_of, unit, rules)
    purchases.summarise(engine, as_of, unit, rules.unmatched_returns, log_gaps=purchases.reads_gaps(name))
    purchases.keep_buyers(engine)
    orders, models = _order_stream(engine, as_of, unit, name, factors, chosen)
    silence = renewals.summarise(engine, as_of, rules.renewal_segments)
    window = _window(engine, "SELECT MIN(starts_on) FROM contract_runs", as_of)
    learned = learn_after(engine, last_complete_month(as_of), counts=rules.uncontracted)
    curves, renewal_models = renewals.fit_renewals(
        engine, window, rules.renewal_model, lambda term: learned(term).paying.ended, silence.by_stayers
    )
    after = {key: learned(key[0]).with_contracts(curve, key[0]) for key, curve in curves.items()}
    moved = renewing(engine, curves, rules.horizon.years)
    width = _contract_stream(engine, as_of, curves, moved, factors, after)
    _costs(engine, as_of)
    by_prior = any(m.name == "orders.purchases" and m.stated for m in models)
    expect_owed(engine, as_of, counts=rules.receivables)
    kept = keep_shares(engine, as_of)
    _cube(engine, as_of, rules, order_model=name, by_prior=by_prior)
    add_given_streams(engine, as_of, rules.half_life_days)
    _set_values(engine, rules)
    shape = Shape(len(orders.purchases_unknown), len(orders.spend_unknown), width, len(RETENTION_MOVES), rules.levels)
    find_intervals(engine, shape, factors, expansion=rules.expansion, off=rules.off, orders_by_prior=by_prior)
    customer = next_customer(
        engine, orders.purchases, orders.spend, curves, after, kept=kept, off=rules.off, as_of=as_of
    )
    put_equity(engine, customer.value(factors[0])[0], rules)
    measure_sensitivity(engine, customer, moved, rules)
    note_value(engine, as_of, silence)
    engine.drop(
        "order_states", "order_spend", "line_states", "line_chance", "cost_months", "party_rates", "uncontracted",
        "owed",
    )  # fmt: skip
    put_models(engine, [*models, *renewal_models])
    return [*models, *renewal_models]


def _cube(engine: Engine, as_of: date, rules: ValueRules, *, order_model: str, by_prior: bool) -> None:
    """Make `futures` and `cube`: what each party brings and costs, year by year."""
    parameters = {
        "order_model": order_model,
        "orders_by_prior": by_prior,
        "valued_stages": list(VALUED_STAGES),
        "expansion": rules.expansion,
    }
    engine.run(PACKAGE, "cube.sql", parameters, same_state=lines.SAME_STATE, **_year_slots())


def _choice(engine: Engine, as_of: date, unit: TimeUnit, rules: ValueRules) -> tuple[str, str]:
    """Return the name of the purchase model, and why it was chosen where it was."""
    if rules.purchase_model != "select":
        return rules.purchase_model, ""
    purchases.view_lines(engine)
    return choose_model(engine, unit.name, as_of, rules.unmatched_returns)


def _order_stream(
    engine: Engine, as_of: date, unit: TimeUnit, name: str, factors: Sequence[Factors], chosen: str
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
        [Direction.towards(move(bought.estimator), bought.estimator) for move in RETENTION_MOVES],
    )
    order_states.predict(engine, models, factors)
    return models, [bought, spent] if window else []


def _contract_stream(
    engine: Engine, as_of: date, curves: Curves, moved: Sequence[Curves], factors: Sequence[Factors],
    after: Mapping[renewals.Key, After],
) -> int:  # fmt: skip
    lines.predict(engine, curves, factors, after)
    put_uncontracted(engine, after, last_complete_month(as_of))
    expect_growth(engine, as_of)
    return line_chance.predict(engine, curves, moved, factors, after)


def _window(engine: Engine, first: str, as_of: date) -> tuple[date, date] | None:
    day = engine.scalar(first)
    return (day, as_of) if day else None


def _costs(engine: Engine, as_of: date) -> None:
    last = last_complete_month(as_of)
    expect_costs(engine, last)


def last_complete_month(as_of: date) -> date:
    """Return the first day of the last month that is over at the end of the day.

    >>> last_complete_month(date(2026, 6, 30)), last_complete_month(date(2026, 6, 29))
    (datetime.date(2026, 6, 1), datetime.date(2026, 5, 1))
    """
    return add_months(month_start(as_of + timedelta(days=1)), -1)


def _year_slots() -> dict[str, Expression]:
    goods = "CAST(goods_a_month * alive_# * grown_# + goods_share * revenue_# AS DECIMAL(18,4)) AS year_#"
    flat = "CAST(l.price AS DOUBLE) * s.payments_# * l.kept"
    growth = f"CASE WHEN $expansion THEN {GROWN} ELSE 1 END"
    revenue, at_flat = (f"SUM(CAST({price} AS DECIMAL(18,4)))" for price in (f"{flat} * {growth}", flat))
    grown = f"CAST({revenue} AS DOUBLE) / NULLIF(CAST({at_flat} AS DOUBLE), 0) AS grown_#"
    slots = {
        name: each_year(f"CAST({name} * alive_# + {name}_share * revenue_# AS DECIMAL(18,4)) AS year_#", later=True)
        for name in FUNCTIONS
    }
    slots |= {
        "goods": each_year(goods, later=True),
        "line_revenue": each_year(f"CAST({revenue} AS DECIMAL(18,4)) AS revenue_#", later=True),
        "line_grown": each_year(grown, later=True),
        "line_alive": each_year("MAX(s.alive_#) AS alive_#", later=True),
        "grown": each_year("COALESCE(l.grown_#, 1) AS grown_#", later=True),
        "as_years": each_year("revenue_# AS year_#", later=True),
        "as_others_left": _sum_of("COALESCE(CAST(u.revenue_# AS DOUBLE), 0)", "as_others_left"),
        "all_years": _sum_of("revenue_#"),
        "not_zero": each_year("year_# <> 0", between=" OR ", later=True),
    }
    revenue = "COALESCE(CAST(t.purchases_# * o.spend AS DECIMAL(18,4)), 0) + COALESCE(l.revenue_#, 0)"
    beside = "COALESCE(u.revenue_#, 0) + CASE WHEN # = 1 THEN COALESCE(w.owed, 0) ELSE 0 END"
    alive = "GREATEST(COALESCE(t.alive_#, 0), COALESCE(l.alive_#, 0))"
    slots["revenue"] = _with_later(f"CAST({revenue} + {beside} AS DECIMAL(18,4)) AS revenue_#", revenue, "revenue")
    slots["alive"] = _with_later(f"LEAST({alive} + COALESCE(u.alive_#, 0), 12) AS alive_#", alive, "alive")
    return slots


def _sum_of(by_year: str, name: str = "") -> Expression:
    terms = each_year(by_year, between=" + ").sql
    return Expression(by_year, f"{terms} AS {name}" if name else f"({terms})", frozenset())


def _with_later(by_year: str, later: str, name: str) -> Expression:
    """Each year, and all later ones where they have a limit."""
    beyond = f"CASE WHEN v.annual_rate > 0 THEN {later.replace('#', 'later')} END AS {name}_later"
    return Expression(by_year, f"{each_year(by_year).sql}, {beyond}", frozenset())


def _set_values(engine: Engine, rules: ValueRules) -> None:
    values = both_ltv_sql(rules.horizon, rules.discount, rules.off, own=rules.own, parties="unvalued")
    engine.execute("ALTER TABLE ltv RENAME TO unvalued")
    engine.execute(
        f"CREATE OR REPLACE TABLE ltv AS SELECT l.party_id, l.model, l.basis, l.own_weight, l.p_alive, v.ltv, "
        "CASE WHEN l.discount_rate > 0 THEN v.ltv_infinite END AS ltv_infinite, l.discount_rate "
        f"FROM unvalued AS l JOIN ({values}) AS v ON v.party_id = l.party_id"
    )
    engine.drop("unvalued")
