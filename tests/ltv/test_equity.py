import numpy as np
import pytest

from tests.ltv.futures import Shop
from valuekit.errors import ConfigError
from valuekit.ltv import Acquisition, Discount, Horizon, purchases
from valuekit.ltv.directions import directions
from valuekit.ltv.models import BetaDiscreteWeibull, BgBb, BgNbd, MbgNbd, ParetoNbd, ShiftedBetaGeometric
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
