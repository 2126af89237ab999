"""Tables behind the charts that judge a model of purchases, by hand."""

import numpy as np
import pytest

from valuekit.ltv.models import MbgNbd
from valuekit.ltv.purchase_charts import AGES, conditional, frequencies, tracking
from valuekit.ltv.units import TimeUnit


class Steady:
    """Everybody buys again 0.1 times a day; of three, one never, one once, one twice."""

    unit = TimeUnit("day")

    def expected_purchases_new(self, t):
        return 0.1 * np.asarray(t)

    def purchase_distribution_new(self, t, up_to):
        return np.array([1, 1, 1, *[0] * 10])[: up_to + 1] / 3


def test_customers_are_expected_to_buy_from_their_first_purchase_on():
    births, repeats = np.zeros(14), np.zeros(14)
    births[0], births[9] = 2, 10  # two from the first day on, ten from the tenth
    repeats[[3, 7, 13]] = [1, 2, 4]
    rows = tracking(Steady(), births, repeats)
    # By the end of day 7 two customers had 6 days: 1.2; by that of day 14, 13 days: 2.6, and ten had 4: 4.0.
    assert [r["foretold"] for r in rows] == pytest.approx([1.2, 5.4])
    assert [(r["week"], r["came"]) for r in rows] == [(1, 1.0), (2, 6.0)]


def test_a_week_that_is_not_over_is_left_out():
    assert len(tracking(Steady(), np.ones(3), np.ones(13))) == 1
    assert tracking(Steady(), np.ones(3), np.ones(5)) == []


def test_frequencies_add_up_to_the_customers():
    rows = frequencies(Steady(), np.array([0.0, 0, 2, 9, 12, 1]), np.array([5.0, 5, 9, 1, 2, 3]))
    assert [r["label"] for r in rows] == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    assert [r["came"] for r in rows] == [2, 1, 1, 0, 0, 0, 0, 2]
    assert [r["foretold"] for r in rows] == pytest.approx([2, 2, 2, 0, 0, 0, 0, 0])


def test_many_ages_are_taken_together_without_an_error_that_matters():
    model, age = MbgNbd.from_parameters([0.5, 10.0, 0.8, 2.5]), np.linspace(1, 100, 5 * AGES)
    rows = frequencies(model, np.zeros(len(age)), age)
    exact = sum(model.purchase_distribution_new(float(t), 0).reshape(-1)[0] for t in age)
    assert rows[0]["foretold"] == pytest.approx(exact, rel=1e-4)


def test_conditional_means_leave_out_groups_without_customers():
    rows = conditional(np.array([0.0, 0, 3]), np.array([0.2, 0.4, 2]), np.array([1.0, 0, 5]))
    assert [(r["label"], r["customers"], r["came"]) for r in rows] == [("0", 2, 0.5), ("3", 1, 5.0)]
    assert rows[0]["foretold"] == pytest.approx(0.3)
