from datetime import date
from typing import get_args

import numpy as np
import pytest

from valuekit.config.sections import Ltv
from valuekit.ltv.purchases import PURCHASE_MODELS, fit_spend, summarise
from valuekit.ltv.units import TimeUnit

AS_OF = date(2026, 6, 30)


def summary(world, party_id="ann"):
    """Frequency, recency and age in weeks, and mean repeat purchase."""
    summarise(world.engine, AS_OF, TimeUnit("week"))
    sql = "SELECT frequency, recency, age, monetary FROM order_summary WHERE party_id = $p"
    return world.engine.rows(sql, {"p": party_id})


def test_the_first_purchase_counts_neither_in_frequency_nor_in_value(world):
    world.order("ann", "2026-06-02", 100)
    world.order("ann", "2026-06-16", 40)
    world.order("ann", "2026-06-23", 20)
    assert summary(world) == [(2, 3.0, 4.0, 30.0)]


def test_several_orders_on_a_day_are_one_purchase(world):
    world.order("ann", "2026-06-02", 100)
    world.order("ann", "2026-06-16", 40)
    world.order("ann", "2026-06-16", 25)
    assert summary(world) == [(1, 2.0, 4.0, 65.0)]


def test_a_return_reduces_the_day_of_its_order(world):
    world.order("ann", "2026-06-02", 100)
    world.order("ann", "2026-06-16", 40, name="lamp")
    world.order("ann", "2026-06-28", -15, returns="lamp")
    assert summary(world) == [(1, 2.0, 4.0, 25.0)]


def test_a_fully_returned_purchase_never_was_one(world):
    world.order("ann", "2026-06-02", 100, name="chair")
    world.order("ann", "2026-06-09", -100, returns="chair")
    world.order("ann", "2026-06-16", 40)
    world.order("ann", "2026-06-23", 60)
    assert summary(world) == [(1, 1.0, 2.0, 60.0)]


def test_an_unmatched_return_reduces_what_repeat_purchases_were_worth(world):
    world.order("ann", "2026-06-02", 100)
    world.order("ann", "2026-06-16", 40)
    world.order("ann", "2026-06-23", 60)
    world.order("ann", "2026-06-24", -30)
    world.order("ann", "2026-06-25", -10, returns="never seen")
    assert summary(world) == [(2, 3.0, 4.0, 30.0)]


def test_unmatched_returns_never_make_a_purchase_worth_less_than_nothing(world):
    world.order("ann", "2026-06-02", 100)
    world.order("ann", "2026-06-16", 40)
    world.order("ann", "2026-06-24", -500)
    assert summary(world) == [(1, 2.0, 4.0, 0.0)]
    assert world.engine.count("spend_groups") == 0


def test_returns_alone_make_no_buyer_and_unknown_parties_are_left_out(world):
    world.order("ann", "2026-06-02", -5)
    world.order(None, "2026-06-02", 5)
    assert summary(world) == []
    assert world.engine.count("order_summary") == 0


def test_nothing_after_the_date_counts(world):
    world.order("ann", "2026-06-30", 100)
    world.order("ann", "2026-07-01", 40)
    assert summary(world) == [(0, 0.0, 0.0, 0.0)]


def test_equal_histories_are_one_row_with_a_weight(world):
    for name in ("ann", "bob", "cem"):
        world.order(name, "2026-06-02", 10)
    world.order("cem", "2026-06-09", 10)
    summary(world)
    assert world.engine.rows("SELECT frequency, recency, age, weight FROM order_groups") == [(0, 0, 4, 2), (1, 1, 4, 1)]


@pytest.mark.parametrize(("unit", "age"), [("day", 28.0), ("week", 4.0), ("month", 28 * 12 / 365.25)])
def test_the_unit_is_exact_days(world, unit, age):
    world.order("ann", "2026-06-02", 10)
    summarise(world.engine, AS_OF, TimeUnit(unit))
    assert world.engine.scalar("SELECT age FROM order_summary") == pytest.approx(age)


def test_with_few_repeaters_everybody_spends_the_mean_of_all_purchases(world):
    world.order("ann", "2026-06-02", 10)
    world.order("bob", "2026-06-02", 30)
    world.order("bob", "2026-06-09", 50)
    summary(world)
    fitted = fit_spend(world.engine, None)
    assert fitted.stated
    assert "only 1 customers" in fitted.note
    assert fitted.estimator.expected_spend([0, 5], [0.0, 90.0]) == pytest.approx([30, 30], rel=1e-3)


def test_a_configuration_can_name_every_purchase_model():
    named = set(get_args(Ltv.model_fields["purchase_model"].annotation))
    assert named == {*PURCHASE_MODELS, "select"}


def test_the_fit_of_spend_tests_what_it_assumes(world):
    rng = np.random.default_rng(1)
    for party in range(60):
        for day in range(2, 4 + party % 3):
            world.order(f"p{party}", f"2026-06-{day:02d}", round(float(rng.gamma(6, 5)), 2))
    summarise(world.engine, AS_OF, TimeUnit("week"))
    (independence,) = fit_spend(world.engine, None).checks["independence"]
    assert independence["customers"] == 60
    assert abs(independence["spearman"]) < 0.4
