import numpy as np
import pytest

from valuekit.errors import FitError
from valuekit.ltv.models import BgNbd, MbgNbd

TRUTH = {"r": 0.6, "alpha": 6.0, "a": 0.8, "b": 2.5}


@pytest.mark.parametrize("model", [BgNbd(), MbgNbd()], ids=["bg", "mbg"])
def test_planted_parameters_are_recovered_within_their_standard_errors(model, simulate_buyers):
    rows, later = simulate_buyers(20_000, **TRUTH, tosses=model.tosses, ahead=52.0)
    model.fit(rows)
    for name, true in TRUTH.items():
        assert abs(model.parameters_[name] - true) < 3.5 * model.standard_errors_[name]
    expected = model.expected_purchases(52.0, rows).sum()
    assert expected == pytest.approx(later.sum(), rel=0.03)


def test_one_time_buyers_are_alive_in_bg_and_fade_in_mbg():
    rows = {"frequency": [0, 0, 0], "recency": [0, 0, 0], "age": [0, 20, 100]}
    parameters = list(TRUTH.values())
    assert BgNbd.from_parameters(parameters).probability_alive(rows).tolist() == [1, 1, 1]
    fading = MbgNbd.from_parameters(parameters).probability_alive(rows)
    assert fading[0] == pytest.approx(TRUTH["b"] / (TRUTH["a"] + TRUTH["b"]))
    assert np.all(np.diff(fading) < 0)
    assert fading[-1] < 0.5


@pytest.mark.parametrize("model", [BgNbd, MbgNbd])
def test_heavy_buyers_over_long_times_give_numbers(model):
    rows = {"frequency": [2000, 2000, 0], "recency": [99_990.0, 100.0, 0.0], "age": [1e5, 1e5, 1e5]}
    fitted = model.from_parameters([0.24, 4.4, 0.79, 2.4])
    alive, bought = fitted.probability_alive(rows), fitted.expected_purchases(520, rows)
    assert np.all(np.isfinite([*alive, *bought, *fitted.expected_time_alive(520, rows)]))
    assert 0.99 < alive[0] <= 1
    assert alive[1] == pytest.approx(0, abs=1e-12)
    # A steady buyer goes on at its own pace of 2,000 in 100,000, less a little for dropout.
    assert bought[0] == pytest.approx(520 * 2000 / 1e5, rel=0.01)


def test_time_alive_lies_within_the_time_and_never_shrinks():
    model = MbgNbd.from_parameters(list(TRUTH.values()))
    rows = {"frequency": [0, 3, 12], "recency": [0, 20, 50], "age": [52, 52, 52]}
    years = np.array([model.expected_time_alive(52.0 * k, rows) for k in range(11)])
    assert np.all(years[0] == 0)
    assert np.all(np.diff(years, axis=0) > 0)
    assert np.all(years <= 52.0 * np.arange(11)[:, None])


def test_rows_in_another_unit_are_refused():
    model = MbgNbd.from_parameters(list(TRUTH.values()), time_unit="week")
    rows = {"frequency": [0], "recency": [0], "age": [30]}
    assert model.probability_alive(rows | {"time_unit": ["week"]}) == model.probability_alive(rows)
    with pytest.raises(FitError, match="rows are in day, the model is in week"):
        model.probability_alive(rows | {"time_unit": ["day"]})


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ((1.5, 1, 2), "whole number"),
        ((1, 3, 2), "between 0 and age"),
        ((0, 1, 2), "recency is 0 without repeat purchase"),
    ],
)
def test_impossible_histories_are_refused(row, rule):
    rows = dict(zip(("frequency", "recency", "age"), ([v] for v in row), strict=True))
    with pytest.raises(FitError, match=rule):
        BgNbd().fit(rows)


def test_without_a_repeat_purchase_there_is_no_rate():
    with pytest.raises(FitError, match="nobody has bought twice"):
        MbgNbd().fit({"frequency": [0, 0], "recency": [0, 0], "age": [10, 20]})


def test_what_the_data_do_not_identify_has_no_standard_error():
    # Everybody still buys every week: any small dropout explains it as well as another.
    rows = {"frequency": np.full(50, 52), "recency": np.full(50, 52.0), "age": np.full(50, 52.0)}
    model = MbgNbd().fit(rows)
    assert np.all(np.isfinite(list(model.parameters_.values())))
    assert max(model.standard_errors_.values()) == np.inf
