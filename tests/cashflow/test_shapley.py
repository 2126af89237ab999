from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from valuekit.cashflow.shapley import MOST_GROUPS, balanced_cents, shapley_costs
from valuekit.errors import ConfigError


def shares(units, cost=100.0, elasticity=0.5):
    return shapley_costs(np.array([[float(u)] for u in units]), np.array([cost]), np.array([elasticity]))[:, 0]


def by_orders(units, cost, elasticity):
    """The definition: the mean of what each group adds, over all orders of arrival."""

    def worth(volume):
        return cost * (volume / sum(units)) ** elasticity if volume else 0.0

    added = np.zeros(len(units))
    orders = list(permutations(range(len(units))))
    for order in orders:
        volume = 0
        for group in order:
            added[group] += worth(volume + units[group]) - worth(volume)
            volume += units[group]
    return added / len(orders)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=5).filter(any), st.sampled_from([0.0, 0.3, 1.0, 1.7]))
def test_subsets_with_weights_say_what_all_orders_say(units, elasticity):
    assert shares(units, 90.0, elasticity) == pytest.approx(by_orders(units, 90.0, elasticity))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=MOST_GROUPS).filter(any))
def test_nothing_is_left_over(units):
    assert shares(units).sum() == pytest.approx(100)


def test_equal_groups_bear_equal_cost_and_unused_pools_cost_nothing():
    assert shares([4, 4, 0]) == pytest.approx([50, 50, 0])


def test_in_proportion_every_group_bears_its_average_cost():
    assert shares([3, 1], elasticity=1.0) == pytest.approx([75, 25])


def test_thirteen_groups_are_refused():
    with pytest.raises(ConfigError, match="13 groups are too many"):
        shares([1] * 13)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12))
def test_cents_stay_balanced_and_near(amounts):
    amounts = np.array(amounts) - np.mean(amounts)
    cents = balanced_cents(amounts)
    assert sum(cents) == 0
    assert np.abs(np.array(cents) / 100 - amounts).max() < 0.0101
