import numpy as np
import pytest

from valuekit.errors import FitError
from valuekit.ltv import judging

ACTUAL, PREDICTED = [0.0, 2.0, 1.0, 5.0], [1.0, 1.0, 2.0, 3.0]


def test_metrics_by_hand():
    found = judging.judge(ACTUAL, PREDICTED, low=[0, 0, 0, 0], high=[1, 1, 3, 4])
    assert (found["actual"], found["predicted"]) == (8.0, 7.0)
    assert found["bias"] == pytest.approx(-1 / 8)
    assert found["wmae"] == pytest.approx((1 + 1 + 1 + 2) / 8)
    assert found["rmse"] == pytest.approx(np.sqrt((1 + 1 + 1 + 4) / 4))
    assert found["coverage"] == 0.5
    # ranks 1 3 2 4 against 1.5 1.5 3 4: covariance 3 over the root of 5 and 4.5
    assert found["spearman"] == pytest.approx(3 / np.sqrt(5 * 4.5))
    assert judging.top_share(ACTUAL, PREDICTED, 0.25) == 5 / 8


def test_gini_by_hand():
    # gathered by prediction 0 5 6 7 8, by what came 0 5 7 8 8: areas (sum of middles) / 4
    by_prediction = (2.5 + 5.5 + 6.5 + 7.5) / 4 - 4
    best = (2.5 + 6 + 7.5 + 8) / 4 - 4
    assert judging.gini(ACTUAL, PREDICTED) == pytest.approx(by_prediction / best)


def test_a_forecast_upside_down_is_as_bad_as_can_be():
    assert judging.gini([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert judging.spearman([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)


def test_calibration_shares_ties_and_keeps_every_customer():
    rows = judging.deciles(ACTUAL, PREDICTED, groups=2)
    assert rows == [
        {"decile": 1, "customers": 2, "predicted": 1.0, "actual": 1.0},
        {"decile": 2, "customers": 2, "predicted": 2.5, "actual": 3.0},
    ]
    assert [r["decile"] for r in judging.deciles([1.0, 2.0], [1.0, 2.0])] == [1, 2]


def test_the_order_of_customers_changes_nothing():
    rng = np.random.default_rng(3)
    actual, predicted = rng.poisson(1.0, 200).astype(float), rng.integers(0, 4, 200).astype(float)
    order = rng.permutation(200)
    once, again = judging.judge(actual, predicted), judging.judge(actual[order], predicted[order])
    assert again == pytest.approx(once)
    assert judging.deciles(actual, predicted) == judging.deciles(actual[order], predicted[order])


def test_what_the_data_do_not_define_is_none():
    found = judging.judge([0, 0], [1, 1])
    assert [found[n] for n in ("bias", "wmae", "spearman", "gini", "top_decile", "coverage")] == [None] * 6
    assert judging.judge([], [])["rmse"] is None


def test_columns_that_do_not_match_are_refused():
    with pytest.raises(FitError, match="cannot be judged"):
        judging.judge([1, 2], [1])
    with pytest.raises(FitError, match="1 of 2 customers have no finite number"):
        judging.judge([1, 2], [1, np.nan])
