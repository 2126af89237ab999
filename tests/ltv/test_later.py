"""All the future, and rates of some customers: exact against long sums, and consistent with the cube."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ltv.conftest import World
from tests.ltv.futures import Shop
from valuekit.errors import ConfigError, ExpressionError
from valuekit.ltv import Discount, Horizon, RateRule, ltv_sql
from valuekit.ltv.cube import both_ltv_sql
from valuekit.ltv.later import Later
from valuekit.ltv.lines import after_ten_years
from valuekit.ltv.models import BetaDiscreteWeibull, MbgNbd, ParetoNbd, ShiftedBetaGeometric
from valuekit.ltv.renewals import Curve
from valuekit.tables.published import STREAMS


@pytest.mark.parametrize(
    ("rate", "timing", "close"),
    [(0.30, "mid_year", 1e-8), (0.10, "end_of_year", 3e-6), (0.05, "mid_year", 5e-5), (0.03, "mid_year", 3e-4)],
)
def test_what_buyers_bring_later_is_a_long_sum_of_years(rate, timing, close):
    rows = {"frequency": [0, 3, 20], "recency": [0, 30, 51], "age": [52, 52, 52]}
    discount = Discount(rate, timing)
    for model in (MbgNbd.from_parameters([0.8, 12, 0.9, 3]), ParetoNbd.from_parameters([0.8, 12, 0.6, 10])):
        year, last = model.unit.per_year, 10 + int(30 / np.log1p(rate))
        total = np.array([model.expected_purchases(year * t, rows) for t in range(10, last + 1)])
        factors = np.array([discount.factor(k) for k in range(11, last + 1)])
        found = Later.of(discount).sum_of(lambda t, m=model: m.expected_purchases(m.unit.per_year * t, rows))
        assert found == pytest.approx(factors @ np.diff(total, axis=0), rel=close)


@pytest.mark.parametrize(("term", "every"), [(1, 1), (5, 5), (12, 12), (12, 1), (24, 24), (36, 36), (36, 12)])
@pytest.mark.parametrize("model", [ShiftedBetaGeometric, BetaDiscreteWeibull])
def test_what_contracts_bring_later_is_a_long_sum_of_months(term, every, model):
    parameters = [0.8, 3.0] if model is ShiftedBetaGeometric else [0.8, 3.0, 0.9]
    curve = Curve(model.from_parameters(parameters), term / 12, stated=False)
    cases = {
        "renewals": [0, 3, 3, 2],
        "months_to_next": [0, term - 1, 0, 0],
        "days_to_next": [0, 30, 7, 14],
        "pending": [0, 0, 1, 0],
        "silent": [0, 0, 0, 0],
        "ends": [0, 0, 0, 1],
    }
    state = {name: np.array(values, float) for name, values in cases.items()}
    state |= {"term_months": np.full(4, float(term)), "months_to_first": np.full(4, -1.0)}
    state["billed_every"] = np.full(4, float(every))
    later = Later.of(Discount(0.10))
    months = np.arange(119, 12 * 250)
    since = months - state["months_to_next"][:, None]
    met = np.where(since >= 0, since // term + 1, 0)
    there = curve.survival(state["renewals"][:, None], state["pending"][:, None] + met) * (1 - state["ends"][:, None])
    factor = later.first * later.ratio ** ((months[1:] - 120) // 12)
    paid, alive = after_ten_years(state, curve, later)
    assert paid == pytest.approx((there * (since % every == 0))[:, 1:] @ factor * every / term, rel=1e-5)
    passed = state["days_to_next"][:, None] / 30.4375
    assert alive == pytest.approx((passed * there[:, :-1] + (1 - passed) * there[:, 1:]) @ factor, rel=1e-5)


def mixed(world):
    """Buyers, and subscribers who cost something; one in three by contract."""
    Shop(60).fill(world, np.random.default_rng(7))
    for i in range(20):
        world.party(f"sub{i}", paid="2025-01-10", contract=True)
        world.contract(f"sub{i}", "2025-01-10", None, 30 + i, 12 if i % 2 else 1)
        world.cash(f"sub{i}", "2026-01-01", revenue=30, support=-1 - i / 10, cost_of_goods=-3)
    world.engine.execute("UPDATE facts SET mrr = 5 WHERE has_contract")


def test_all_the_future_is_worth_more_than_ten_years_of_it_and_streams_still_add_up(world):
    mixed(world)
    world.value(horizon=Horizon(10))
    rows = world.engine.rows(
        "SELECT l.ltv, l.ltv_infinite, SUM(c.later) FROM ltv l JOIN cube c USING (party_id) GROUP BY ALL"
    )
    assert len(rows) == 80
    for ten, infinite, later in rows:
        assert infinite == ten + later
        assert infinite > ten > 0

    def infinite(*off):
        sql = both_ltv_sql(Horizon(10), Discount(0.10), off, own={}, parties="ltv")
        return {party: value for party, _, value in world.engine.rows(sql)}

    whole, without = infinite(), {s: infinite(s) for s in STREAMS}
    alone = {s: infinite(*(o for o in STREAMS if o != s)) for s in STREAMS}
    for party, value in whole.items():
        assert all(value - without[s][party] == alone[s][party] for s in STREAMS)


def test_buyers_are_worth_their_discounted_purchases_for_ever(world):
    Shop(60).fill(world, np.random.default_rng(7))
    models = {m.name: m.estimator for m in world.value()}
    rows = world.engine.query("SELECT frequency, recency, age FROM order_summary ORDER BY party_id")
    found = world.engine.query("SELECT ltv_infinite FROM ltv ORDER BY party_id")["ltv_infinite"].to_pylist()
    spend = models["orders.spend"].expected_spend(
        *(
            np.array(c)
            for c in world.engine.query("SELECT frequency, monetary FROM order_summary ORDER BY party_id").columns
        )
    )
    # Mid-year discounting stands for days: it is off by the square of the rate over 24, and by what a year's purchases
    # come early, less than a hundredth.
    exact = models["orders.purchases"].discounted_purchases(0.10, rows) * spend
    assert np.array(found, float) == pytest.approx(exact, rel=0.01)


def test_without_a_rate_all_the_future_has_no_value(world):
    mixed(world)
    world.value(discount=Discount(0.0), rates_by=[RateRule("NOT has_contract", 0.2)])
    rows = world.engine.rows(
        "SELECT has_contract, COUNT(ltv_infinite), COUNT(*) FROM ltv JOIN facts USING (party_id) GROUP BY 1"
    )
    assert sorted(rows) == [(False, 60, 60), (True, 0, 20)]


def test_prices_that_outgrow_the_discount_grow_for_ten_years_and_no_more(world):
    world.party("ann", paid="2025-01-10", contract=True)
    world.contract("ann", "2025-01-10", None, 100, 12)
    world.value(discount=Discount(0.01))
    assert world.ltv("ann")["ltv_infinite"] < 100 * 110  # 100 a year for ever at 1 % is worth 10,050


def test_goods_after_the_tenth_year_grow_no_further_than_what_is_paid_for_them(make_world):
    later = {}
    for expansion in (True, False):
        world = make_world()
        for name in (f"p{i:02d}" for i in range(20)):
            world.party(name, paid="2023-01-10", contract=True)
            for year in range(2023, 2027):
                kind = "renewal" if year > 2023 else "new"
                world.contract(name, f"{year}-01-10", f"{year + 1}-01-09", 100 * 1.1 ** (year - 2023), 12, kind=kind)
                world.cash(name, f"{year}-01-01", revenue=100, cost_of_goods=-30)
        world.value(expansion=expansion)
        rows = world.engine.rows("SELECT later FROM cube WHERE party_id = 'p00' ORDER BY stream")
        later[expansion] = [float(row[0]) for row in rows]
    (cost, revenue), (flat_cost, flat_revenue) = later[True], later[False]
    assert revenue > 1.05 * flat_revenue
    assert cost / revenue == pytest.approx(flat_cost / flat_revenue, rel=1e-4)


# --- rates of some customers


RULES = [RateRule("mrr > 0 AND party_id < 'sub15'", 0.15), RateRule("has_contract", 0.30)]


def test_the_first_rule_that_holds_gives_the_rate(make_world):
    world = make_world()
    mixed(world)
    world.value(rates_by=RULES)
    rates = world.engine.rows("SELECT discount_rate, COUNT(*) FROM ltv GROUP BY 1 ORDER BY 1")
    assert rates == [(0.10, 60), (0.15, 7), (0.30, 13)]  # sub0, sub1 and sub10 to sub14
    for rate in (0.10, 0.30):
        alone = make_world()
        mixed(alone)
        alone.value(discount=Discount(rate))
        for table, columns in (("ltv", "ltv, ltv_infinite"), ("ltv_intervals", "low_80, high_80, deviation")):
            sql = f"SELECT party_id, {columns} FROM {table} ORDER BY party_id"
            parties = {
                row[0] for row in world.engine.rows("SELECT party_id FROM ltv WHERE discount_rate = $r", {"r": rate})
            }
            expected = [row for row in alone.engine.rows(sql) if row[0] in parties]
            assert [row for row in world.engine.rows(sql) if row[0] in parties] == expected
            assert expected


@pytest.fixture(scope="module")
def cube_of_two():
    world = World()
    for party in ("a", "b"):
        world.party(party, paid="2025-01-10", contract=True)
        world.contract(party, "2025-01-10", None, 77, 1)
        world.cash(party, "2026-01-01", revenue=77, support=-5, cost_of_goods=-9)
    world.value(rates_by=[RateRule("party_id = 'b'", 0.15)])
    yield world.engine
    world.engine.close()


@settings(deadline=None, max_examples=10)
@given(st.integers(1, 10), st.floats(0, 1), st.floats(0, 1), st.sampled_from(STREAMS))
def test_streams_and_years_add_up_at_rates_of_their_own(cube_of_two, years, rate, other, stream):
    horizon, discount, own = Horizon(years), Discount(rate), {0.15: Discount(other)}

    def values(*off):
        return dict(cube_of_two.rows(ltv_sql(horizon, discount, off, own=own)))

    whole, without, alone = values(), values(stream), values(*(s for s in STREAMS if s != stream))
    assert all(whole[party] - without[party] == alone[party] for party in whole)
    assert whole["a"] == dict(cube_of_two.rows(ltv_sql(horizon, discount)))["a"]
    assert whole["b"] == dict(cube_of_two.rows(ltv_sql(horizon, Discount(other))))["b"]


def test_a_rule_that_is_no_condition_is_refused_before_the_work(world):
    with pytest.raises(ExpressionError, match=r"discount_rate_by 1: 'mrr' is a DECIMAL.*not true or false"):
        world.value(rates_by=[RateRule("mrr", 0.2)])
    with pytest.raises(ExpressionError, match=r"discount_rate_by 2.*'mmr'"):
        world.value(rates_by=[RateRule("mrr > 1", 0.2), RateRule("mmr > 1", 0.2)])
    with pytest.raises(ConfigError, match="Write 10% as"):
        world.value(rates_by=[RateRule("mrr > 1", 20)])


def test_sums_know_each_customers_rate(world):
    mixed(world)
    world.value(rates_by=RULES)
    total = world.engine.scalar("SELECT SUM(ltv) FROM ltv")
    assert world.engine.scalar("SELECT value FROM customer_equity WHERE part = 'current'") == total
    moved = world.engine.scalar(
        "SELECT difference FROM value_sensitivity WHERE lever = 'discount_rate' AND change = 0.1"
    )
    assert moved < 0
    assert isinstance(total, Decimal)
