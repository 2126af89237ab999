from dataclasses import replace

import numpy as np
import pytest

from tests.ltv.futures import Shop
from valuekit.errors import ConfigError
from valuekit.ltv import Acquisition, Discount, Horizon, purchases, sum_up, valuation
from valuekit.ltv.directions import directions
from valuekit.ltv.models import BetaDiscreteWeibull, BgBb, BgNbd, MbgNbd, ParetoNbd, ShiftedBetaGeometric
from valuekit.ltv.moments import Factors
from valuekit.ltv.renewals import Curve, summarise
from valuekit.ltv.retained import CHANGES, renewing, with_retention


def sensitivity(world):
    return {(lever, change): float(d) for lever, change, d in world.engine.rows(
        "SELECT lever, change, difference FROM value_sensitivity")}  # fmt: skip


def fill(world, **cost):
    for i in range(40):
        world.party(f"s{i}", paid="2025-01-10", contract=True)
        world.contract(f"s{i}", "2025-01-10", None, 80 + i, 1 if i % 2 else 12)
        world.cash(f"s{i}", "2026-01-01", revenue=80, **(cost or {"support": -9, "cost_of_goods": -11}))


def test_equity_is_the_sum_of_its_parts_and_value_of_those_to_come_is_linear(world):
    fill(world)
    world.value(acquisition=Acquisition(10, 50.0))
    parts = {
        part: (n, float(v)) for part, n, v in world.engine.rows("SELECT part, parties, value FROM customer_equity")
    }
    assert parts["current"] == (40, pytest.approx(float(world.engine.scalar("SELECT SUM(ltv) FROM ltv"))))
    assert parts["total"][1] == pytest.approx(parts["current"][1] + parts["future"][1], abs=1e-3)
    world.value(acquisition=Acquisition(20, 50.0))
    twice = float(world.engine.scalar("SELECT value FROM customer_equity WHERE part = 'future'"))
    assert twice == pytest.approx(2 * parts["future"][1], abs=1e-3)


def test_a_new_customer_carries_whatever_follows_the_money_but_only_goods_lower_its_margin(make_world):
    each, margin = {}, {}
    for line in ("cost_of_goods", "support"):
        world = make_world()
        fill(world, **{line: -20})
        world.value(acquisition=Acquisition(10, 50.0))
        each[line] = float(world.engine.scalar("SELECT each FROM customer_equity WHERE part = 'future'"))
        margin[line] = sensitivity(world)["margin", 0.01]
    assert each["support"] == pytest.approx(each["cost_of_goods"], rel=1e-6)
    assert margin["cost_of_goods"] == pytest.approx(0.75 * margin["support"], rel=1e-6)


def test_without_stated_acquisition_equity_is_that_of_today(world):
    fill(world)
    world.value()
    assert [row[0] for row in world.engine.rows("SELECT part FROM customer_equity ORDER BY 1")] == ["current", "total"]
    assert {lever for lever, _ in sensitivity(world)} == {"retention", "margin", "discount_rate"}


def each(world, **settings):
    """What the next customer is worth."""
    world.value(acquisition=Acquisition(1, 0.0), **settings)
    return float(world.engine.scalar("SELECT each FROM customer_equity WHERE part = 'future'"))


def test_a_stream_that_is_off_is_off_for_customers_to_be_won_too(world):
    fill(world, support=-9, cost_of_goods=-11, sales=-3)
    world.engine.execute("UPDATE facts SET first_paid_on = '2025-09-10'")
    for i in range(40):
        world.party(f"b{i}", paid="2026-01-10")
        world.order(f"b{i}", "2026-01-10", 50 + i)
        world.cash(f"b{i}", "2026-02-01", revenue=50, support=-6, cost_of_goods=-20)
    costs = ("cost_of_goods", "support", "sales")
    whole, margin = each(world), sensitivity(world)["margin", 0.10]
    alone = {stream: whole - each(world, off=(stream,)) for stream in ("revenue", *costs)}
    assert all(alone[stream] < 0 < alone["revenue"] for stream in costs)
    assert whole == pytest.approx(sum(alone.values()), abs=1e-3)
    each(world, off=("support", "sales"))
    assert sensitivity(world)["margin", 0.10] == pytest.approx(margin, abs=1e-3)


def test_where_nobody_was_won_lately_the_next_customer_is_of_the_kinds_of_all(world):
    for i in range(60):
        world.party(f"b{i}", paid="2025-01-10")
        for day in ("2025-01-10", "2025-07-10", "2026-01-10"):
            world.order(f"b{i}", day, 50)
    before = each(world)
    world.party("new", paid="2026-01-10")
    world.order("new", "2026-01-10", 50)
    assert before == pytest.approx(each(world), rel=0.05)
    assert before > 50


def test_a_month_costs_the_next_customer_as_long_as_customers_last_on_their_own_terms(world, monkeypatch):
    """Where a month costs 1 and nothing is paid, a value is the months alive: the mean of customers' own."""
    for i in range(40):
        world.party(f"p{i:02d}", paid="2026-01-10", contract=True)
        if i % 4 != 1:
            world.contract(f"p{i:02d}", "2026-01-10", "2027-01-09", 1200, 12)
        if i % 4 in (1, 2):
            world.contract(f"p{i:02d}", "2026-01-10", None, 100, 1)
    found, describe = [], valuation.next_customer
    monkeypatch.setattr(valuation, "next_customer", lambda *a, **k: found.append(describe(*a, **k)) or found[-1])
    world.value()
    year, month = (12, 1), (1, 1)
    assert found[0].together == {(year,): 0.5, (month,): 0.25, (month, year): 0.25}
    none = replace(found[0], monthly=(0.0, -1.0), prices=dict.fromkeys(found[0].prices, 0.0))
    factors = Factors.of(Horizon(3), Discount(0.0))
    lived = {keys: replace(none, together={keys: 1.0}).value(factors)[0] for keys in none.together}
    assert lived[month, year] == min(lived.values()) < max(lived.values())
    mixture = 0.5 * lived[year,] + 0.25 * lived[month,] + 0.25 * lived[month, year]
    assert none.value(factors)[0] == pytest.approx(mixture)


def test_current_customers_and_others_who_are_valued_are_apart(world):
    fill(world)
    for i in range(3):
        world.party(f"gone{i}", "churned", paid="2025-01-10")
        for day in ("2025-01-10", "2025-06-10", "2026-03-10"):
            world.order(f"gone{i}", day, 20)
    world.value(acquisition=Acquisition(10, 50.0))
    world.engine.execute("CREATE TABLE segments AS SELECT party_id, 'all' AS tier FROM ltv")
    sum_up(world.engine)
    found = world.engine.rows("SELECT part, parties, value FROM customer_equity")
    parts = {part: (parties, value) for part, parties, value in found}
    assert list(parts) == ["current", "other", "future", "total"]
    assert parts["total"][1] == sum(value for part, (_, value) in parts.items() if part != "total")
    sums = world.engine.rows("SELECT name, parties, ltv FROM value_sums WHERE scope = 'customers'")
    assert {name: parts[name] for name, *_ in sums} == {name: (parties, ltv) for name, parties, ltv in sums}
    assert parts["other"][0] == 3
    assert parts["other"][1] > 0


def test_a_value_below_nothing_has_no_elasticity(world):
    fill(world, support=-200)
    world.value()
    total = world.engine.scalar("SELECT value FROM customer_equity WHERE part = 'total'")
    assert total < 0
    rows = world.engine.rows("SELECT difference, elasticity FROM value_sensitivity WHERE lever = 'margin'")
    assert all(difference != 0 and elasticity is None for difference, elasticity in rows)


def test_levers_move_value_the_way_they_must(world):
    fill(world)
    world.value(acquisition=Acquisition(5, 100.0))
    found = sensitivity(world)
    for lever, sign in {"retention": 1, "margin": 1, "discount_rate": -1, "acquisition_cost": -1}.items():
        moves = [sign * found[lever, change] for change in CHANGES]
        assert moves == sorted(moves)
        assert moves[1] < 0 < moves[2]
    assert found["margin", 0.10] == pytest.approx(10 * found["margin", 0.01], rel=1e-3)


def test_retention_is_moved_in_the_models_and_gives_what_a_run_with_them_gives(world, monkeypatch):
    Shop(300).fill(world, np.random.default_rng(41))
    world.value()
    before = float(world.engine.scalar("SELECT SUM(ltv) FROM ltv"))
    foretold = sensitivity(world)["retention", 0.10]
    fit = purchases.fit_purchases

    def moved(*given):
        fitted = fit(*given)
        return type(fitted)(fitted.name, with_retention(fitted.estimator, 0.10), fitted.note, fitted.stated)

    monkeypatch.setattr(purchases, "fit_purchases", moved)
    world.value()
    after = float(world.engine.scalar("SELECT SUM(ltv) FROM ltv"))
    # Close histories share their relative change: within two hundredths of it.
    assert after - before == pytest.approx(foretold, rel=0.02)


@pytest.mark.parametrize(
    ("model", "leave", "stay"),
    [
        (BgNbd.from_parameters([0.8, 12.0, 0.9, 3.0]), "a", "b"),
        (BgBb.from_parameters([1.2, 0.75, 0.66, 2.78]), "gamma", "delta"),
    ],
    ids=["BG/NBD", "BG/BB"],
)
def test_mean_retention_is_moved_and_the_spread_stays(model, leave, stay):
    moved = with_retention(model, 0.05).parameters_
    was = model.parameters_
    assert moved[leave] + moved[stay] == pytest.approx(was[leave] + was[stay])
    assert moved[stay] / (moved[leave] + moved[stay]) == pytest.approx(1.05 * was[stay] / (was[leave] + was[stay]))
    assert model.parameters_ is not moved


@pytest.mark.parametrize(
    "model",
    [
        ShiftedBetaGeometric.from_parameters([1.0, 9.0]),
        BetaDiscreteWeibull.from_parameters([1.0, 9.0, 0.7]),
        BetaDiscreteWeibull.from_parameters([0.01, 25.0, 2.5]),
    ],
    ids=["sBG", "BdW", "BdW that hardly loses anybody at first"],
)
def test_what_is_moved_is_the_mean_chance_to_stay_at_the_renewals_ahead(world, model):
    fill(world)
    summarise(world.engine, world.as_of)
    curve = Curve(model, 1.0, stated=False)
    lines = world.engine.rows("SELECT term_months, renewals, months_to_next FROM contract_lines")

    def mean(moved):
        """By hand: of all renewals that the lines come up for within three years, as likely as each is now."""
        met, taken = 0.0, 0.0
        for term, renewals, first in lines:
            for j in range((35 - first) // term + 1):
                reached = curve.survival(np.array([renewals]), np.array([j])).item()
                met += reached
                taken += reached * moved[term, 1].survival(np.array([renewals + j]), np.ones(1)).item()
        return taken / met

    both = {(1, 1): curve, (12, 1): curve}
    moved = renewing(world.engine, {(1, 1): curve}, 3)
    lines = [line for line in lines if line[0] == 1]
    for change, curves in zip(CHANGES, moved, strict=True):
        assert mean(curves) == pytest.approx(min(mean(both) * (1 + change), 0.9999), abs=1e-9)


@pytest.mark.parametrize("model", ["sbg", "bdw"])
def test_a_hundredth_of_retention_moves_value_alike_to_both_sides(world, model):
    rng = np.random.default_rng(3)
    for i in range(300):
        started, lasts = 1 + i % 20, 1 + int(rng.geometric(0.06))
        first = f"{2024 + started // 12}-{started % 12 + 1:02d}-10"
        ended = started + lasts
        gone = ended < 30
        last = f"{2024 + ended // 12}-{ended % 12 + 1:02d}-09" if gone else None
        world.party(f"p{i:03d}", "churned" if gone else "active", paid=first, contract=True)
        world.contract(f"p{i:03d}", first, last, 100, 1)
        world.cash(f"p{i:03d}", first[:8] + "01", revenue=100)
    world.value(renewal_model=model)
    found = dict(world.engine.rows(
        "SELECT change, (difference, elasticity) FROM value_sensitivity WHERE lever = 'retention'"))  # fmt: skip
    down, up = (abs(float(found[change][0])) for change in (-0.01, 0.01))
    # A constant r, renewed 36 times: the slope of sum r^j is a fifth steeper one hundredth higher than one lower.
    assert 1 < up / down < 1.25
    value = float(world.engine.scalar("SELECT SUM(ltv) FROM ltv"))
    slopes = {change: elasticity for change, (_, elasticity) in found.items()}
    assert slopes[0.01] == slopes[-0.01] == pytest.approx((up + down) / 2 / value / 0.01, rel=1e-4)


@pytest.mark.parametrize(
    "model",
    [
        BgNbd.from_parameters([0.5, 10.0, 1e-7, 1e5]),
        MbgNbd.from_parameters([0.5, 10.0, 1e-17, 1.0]),
        BgBb.from_parameters([1.2, 0.75, 1e-6, 1.0]),
        ParetoNbd.from_parameters([0.5, 10.0, 1e-7, 1e5]),
        ParetoNbd.from_parameters([0.5, 10.0, 1e-17, 1.0]),
    ],
    ids=["BG/NBD", "MBG/NBD, to the last digit", "BG/BB", "Pareto/NBD", "Pareto/NBD, to the last digit"],
)
def test_where_nobody_leaves_more_retention_takes_nothing_away(model):
    leave = next(name for name in ("a", "gamma", "s") if name in model.parameters_)
    was = model.parameters_[leave]
    less, more = (with_retention(model, change).parameters_[leave] for change in (-0.01, 0.01))
    assert more == was < less
    assert np.isfinite(less)


def test_retention_of_pareto_is_that_of_a_year():
    model = ParetoNbd.from_parameters([0.55, 10.58, 0.61, 11.67])
    year = model.unit.per_year

    def kept(m):
        return np.exp(-m.parameters_["s"] / m.parameters_["beta"] * year)

    assert kept(with_retention(model, 0.10)) == pytest.approx(1.1 * kept(model), rel=1e-9)


def test_axes_of_parameters_give_the_variance_of_the_delta_method():
    rng = np.random.default_rng(6)
    quits = rng.beta(1.0, 4.0, 800)
    left = rng.geometric(quits)
    rows = {"renewals": np.minimum(left - 1, 5), "churned": (left <= 5).astype(float)}
    model = ShiftedBetaGeometric(12).fit(rows)
    theta = np.array([model.parameters_[name] for name in model.names])
    make = ShiftedBetaGeometric.from_parameters
    gradient = [(make(theta + h).survival(3) - make(theta - h).survival(3)) / 2e-5 for h in np.eye(2) * 1e-5]
    exact = np.array(gradient) @ model.covariance_ @ np.array(gradient)
    axes = [d.effect(d.up.survival(3), d.down.survival(3)) for d in directions(model)]
    assert sum(axis**2 for axis in axes) == pytest.approx(exact, rel=0.05)
    assert directions(MbgNbd.from_parameters([1, 1, 1, 1]), errors={"r": 0.1})[0].up.parameters_["r"] > 1


def test_acquisition_that_cannot_be_is_refused():
    with pytest.raises(ConfigError, match="from 0 up"):
        Acquisition(-1, 5)
    assert Acquisition(1, 0.0).value(1.0, Horizon(2), Discount(0.0)) == 24


def test_where_customers_do_not_differ_their_mean_retention_is_known_all_the_same():
    """A fifth leaves at every renewal: alpha and beta run away, and the mean retention is known to .7 points."""
    rows = {"renewals": [0, 1, 2, 3, 3], "churned": [1, 1, 1, 1, 0], "weight": [200, 160, 128, 102, 410]}
    model = ShiftedBetaGeometric().fit(rows)
    assert model.covariance_ is None
    effects = [d.effect(d.up.survival(1), d.down.survival(1)).item() for d in directions(model)]
    renewals = 1000 + 800 + 640 + 512
    alike = np.sqrt(0.2 * 0.8 / renewals)
    assert alike < np.hypot(*effects) < 1.3 * alike  # how much they may differ after all is not known either


def test_a_new_customer_pays_in_parts_as_those_of_today_do(make_world):
    """Two years of 1,200: at once, or a year at a time, of which the second is discounted."""
    worth = []
    for bills in ({"2025-01-10": 2400}, {"2025-01-10": 1200, "2026-01-10": 1200}):
        world = make_world()
        for i in range(6):
            world.party(f"c{i}", paid="2025-01-10", contract=True)
            world.contract(f"c{i}", "2025-01-10", None, 2400, 24)
            for day, amount in bills.items():
                world.add(
                    "invoices", system="bank", id=world._next(), party_id=f"c{i}", issued_on=day, amount=amount,
                    reporting_amount=amount, status="paid",
                )  # fmt: skip
        world.value(acquisition=Acquisition(1, 0.0), discount=Discount(0.10), horizon=Horizon(2))
        worth.append(float(world.engine.scalar("SELECT value FROM customer_equity WHERE part = 'future'")))
    assert worth[1] / worth[0] == pytest.approx((1 + 1 / 1.1) / 2, rel=1e-3)
