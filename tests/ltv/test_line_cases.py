"""Cases of contract lines: together they have the mean and the variance of the value, however often prices change."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.ltv.line_cases import growth_variances, line_cases, line_deviation


def row(**given):
    """A line of 100 a year for three years: it ends at once in 2 cases of 10, stays throughout in 5."""
    return {name: np.array([float(value)]) for name, value in {
        "net": 1.0, "monthly": 0.0, "ltv": 190.0, "l_paid": 190.0, "l_paid_worst": 50.0, "l_paid_best": 300.0,
        "l_lived": 24.0, "l_lived_worst": 6.0, "l_lived_best": 36.0, "l_worst_chance": 0.2, "l_best_chance": 0.5,
        "l_paid_sd": 12_520**0.5, "l_lived_sd": 0.0, "l_unsure": 0.0, "l_own_growth": 4.0, "l_chance_of_growth": 20.0,
        "l_flat": 183.0,
        "l_changes": 0.4,
    }.items()} | {name: np.array([float(value)]) for name, value in given.items()}  # fmt: skip


def moments(cases):
    mean = (cases.weights * cases.means).sum(axis=0)
    return mean, (cases.weights * (cases.deviations**2 + (cases.means - mean) ** 2)).sum(axis=0)


@given(changes=st.floats(0.2, 5.0), flat=st.floats(185.0, 190.0), cost=st.floats(0, 500))
def test_changes_of_price_are_apart_and_leave_mean_and_variance_as_they_are(changes, flat, cost):
    cost, beside = np.array([cost]), np.array([9.0])
    mean, variance = moments(line_cases(row(l_changes=changes, l_flat=flat), cost, beside))
    assert mean == pytest.approx(190)
    never = moments(line_cases(row(l_changes=50.0, l_flat=flat), cost, beside))[1]
    assert variance == pytest.approx(never, rel=1e-9)


def test_who_keeps_a_price_is_known_better_than_who_does_not():
    cases = line_cases(row(), np.zeros(1), np.zeros(1))
    _, kept, changed, *_ = cases.deviations[:, 0]
    assert kept < changed / 3
    assert cases.weights[:, 0].sum() == pytest.approx(1)
    assert cases.weights[1, 0] == pytest.approx(0.5 * np.exp(-0.4 * 3))
    assert cases.means[1, 0] == pytest.approx(300 - 7 * 36 / 24)  # what growth brings is not there without it


def test_where_no_price_changes_there_are_the_three_cases_alone():
    cases = line_cases(row(l_changes=0, l_flat=190, l_chance_of_growth=0, l_own_growth=0), np.zeros(1), np.zeros(1))
    assert cases.weights[:, 0].tolist() == pytest.approx([0.2, 0.5, 0, 0.3, 0])
    mean, variance = moments(cases)
    assert (mean[0], variance[0]) == pytest.approx((190, line_deviation(row())[0] ** 2))
    assert growth_variances(row())[1] == pytest.approx(400)
