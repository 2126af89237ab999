import numpy as np

from valuekit.ltv import retention_check
from valuekit.ltv.models import ShiftedBetaGeometric


def test_a_right_model_lies_in_kaplan_meiers_band_and_a_wrong_one_does_not():
    rng = np.random.default_rng(11)
    quits, offered = rng.beta(0.8, 2.4, 5_000), rng.integers(0, 9, 5_000)
    survived = rng.geometric(quits) - 1
    rows = {"renewals": np.minimum(survived, offered), "churned": survived < offered}
    right = retention_check(rows, ShiftedBetaGeometric().fit(rows))
    assert all(r["lower"] - 0.01 <= r["model"] <= r["upper"] + 0.01 for r in right)
    wrong = retention_check(rows, ShiftedBetaGeometric.from_parameters([100.0, 300.0]))
    assert not all(r["lower"] <= r["model"] <= r["upper"] for r in wrong)
    assert [r["kaplan_meier"] for r in wrong] == [r["kaplan_meier"] for r in right]
