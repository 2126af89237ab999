import numpy as np
import pytest

from valuekit.errors import FitError
from valuekit.ltv import retention_check
from valuekit.ltv.models import ShiftedBetaGeometric

PLANTED = ShiftedBetaGeometric.from_parameters([0.8, 2.4])


@pytest.mark.parametrize("earlier", [0, 4], ids=["all are seen", "left truncated"])
def test_a_right_model_lies_in_kaplan_meiers_band_and_a_wrong_one_does_not(earlier):
    rng = np.random.default_rng(11)
    entered = rng.integers(0, earlier + 1, 5_000)
    rows = PLANTED.simulate(entered + rng.integers(0, 9, 5_000), rng, entered)
    right = retention_check(rows, ShiftedBetaGeometric().fit(rows))
    assert all(r["lower"] - 0.01 <= r["model"] <= r["upper"] + 0.01 for r in right if r["at_risk"] > 100)
    wrong = retention_check(rows, ShiftedBetaGeometric.from_parameters([100.0, 300.0]))
    assert not all(r["lower"] <= r["model"] <= r["upper"] for r in wrong)
    assert [r["kaplan_meier"] for r in wrong] == [r["kaplan_meier"] for r in right]


def test_the_band_is_greenwoods():
    rows = {"renewals": [0, 1, 2], "churned": [1, 1, 0], "weight": [20, 16, 64]}
    first, second = retention_check(rows, PLANTED)
    assert first["upper"] - first["kaplan_meier"] == pytest.approx(1.96 * (0.8 * 0.2 / 100) ** 0.5)
    assert second["kaplan_meier"] == pytest.approx(0.64)
    assert second["kaplan_meier"] - second["lower"] == pytest.approx(1.96 * (0.64 * 0.36 / 100) ** 0.5)


def test_who_joined_before_the_data_is_at_risk_from_the_next_renewal_on():
    rows = {"renewals": [0, 3, 4], "churned": [1, 1, 0], "entered": [0, 3, 3], "weight": [1, 5, 5]}
    assert [(r["renewal"], r["at_risk"]) for r in retention_check(rows, PLANTED)] == [(1, 1), (4, 10)]
    late = {name: values[1:] for name, values in rows.items()}
    (only,) = retention_check(late, PLANTED)
    assert only["kaplan_meier"] == pytest.approx(0.5)
    assert only["model"] == pytest.approx(float(PLANTED.conditional_survival(3, 1)))


def test_renewals_at_which_nobody_left_are_there_too():
    found = retention_check({"renewals": [3, 1], "churned": [0, 1], "weight": [3, 1]}, PLANTED)
    assert [(r["renewal"], r["at_risk"], r["kaplan_meier"]) for r in found] == [(1, 4, 1), (2, 4, 0.75), (3, 3, 0.75)]
    assert all(r["lower"] == r["upper"] == 1 for r in found[:1])
    assert found[1]["lower"] == found[2]["lower"] < 0.75


def test_a_model_with_covariates_has_more_than_one_curve():
    by_shop = ShiftedBetaGeometric.from_parameters([0.8, 2.4, 0.3], covariates=["shop"])
    with pytest.raises(FitError, match=r"a curve for each value of shop.*Check a model without covariates"):
        retention_check({"renewals": [0, 1], "churned": [1, 0], "shop": [0, 1]}, by_shop)


def test_where_nobody_has_met_a_renewal_there_is_nothing_to_check():
    assert retention_check({"renewals": [2, 0], "churned": [0, 0], "entered": [2, 0]}, PLANTED) == []
