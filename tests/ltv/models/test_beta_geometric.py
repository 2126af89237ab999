import numpy as np
import pytest

from valuekit.errors import ConfigError, FitError
from valuekit.ltv.models import BgNbd, MbgNbd
from valuekit.ltv.models.likelihood import _hessian

TRUTH = {"r": 0.6, "alpha": 6.0, "a": 0.8, "b": 2.5}


@pytest.mark.parametrize("model", [BgNbd(), MbgNbd()], ids=["bg", "mbg"])
def test_planted_parameters_are_recovered_within_their_standard_errors(model, simulate_buyers):
    rows, later = simulate_buyers(20_000, **TRUTH, tosses=model.tosses, ahead=52.0)
    model.fit(rows)
    for name, true in TRUTH.items():
        assert abs(model.parameters_[name] - true) < 3.5 * model.standard_errors_[name]
    expected = model.expected_purchases(52.0, rows).sum()
    assert expected == pytest.approx(later.sum(), rel=0.03)


@pytest.mark.parametrize("model", [BgNbd, MbgNbd])
def test_intervals_cover_the_truth_as_often_as_they_say(model):
    truth, hits = model.from_parameters(list(TRUTH.values())), []
    for seed in range(25):
        rng = np.random.default_rng(seed)
        fitted = model().fit(truth.simulate(rng.integers(20, 80, 1_500).astype(float), rng))
        # In logarithms, in which the climb is, and the likelihood nearest to normal.
        hits += [
            abs(np.log(fitted.parameters_[name] / true))
            < 1.96 * fitted.standard_errors_[name] / fitted.parameters_[name]
            for name, true in TRUTH.items()
        ]
    # 95% of 100 intervals, in 25 groups of four that go together: three deviations are at most 13 points.
    assert np.mean(hits) > 0.95 - 0.13


def test_impossible_parameters_are_never_learned_in_silence():
    model = MbgNbd().fit({"frequency": [1, 2, 0], "recency": [5, 9, 0], "age": [10, 12, 14]})
    assert np.all(np.isfinite(list(model.parameters_.values())))
    assert "Infinity" not in model.to_json()
    assert "NaN" not in model.to_json()


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


@pytest.mark.parametrize("model", [BgNbd, MbgNbd])
def test_mean_and_variance_are_those_of_the_distribution(model):
    fitted, t = model.from_parameters(list(TRUTH.values())), 26.0
    rows = {"frequency": [0, 3, 12], "recency": [0, 20, 50], "age": [52, 52, 52]}
    chances, n = fitted.purchase_distribution(t, rows, 400), np.arange(401)
    assert chances.sum(axis=1) == pytest.approx(1, abs=1e-12)
    mean = chances @ n
    assert fitted.expected_purchases(t, rows) == pytest.approx(mean, rel=1e-9)
    assert fitted.purchase_variance(t, rows) == pytest.approx(chances @ n**2 - mean**2, rel=1e-9)
    assert fitted.probability_active(t, rows) == pytest.approx(1 - chances[:, 0])
    new = fitted.purchase_distribution_new(t, 400)
    assert new.sum() == pytest.approx(1, abs=1e-12)
    assert fitted.expected_purchases_new(t) == pytest.approx(new @ n, rel=1e-9)


@pytest.mark.parametrize("model", [BgNbd, MbgNbd])
def test_a_discounted_future_is_the_long_sum_of_its_weeks(model):
    fitted = model.from_parameters(list(TRUTH.values()))
    rows = {"frequency": [0, 3, 12], "recency": [0, 20, 50], "age": [52, 52, 52]}
    # Fifths of weeks until nothing counts any more at a rate of 400%; counted at their middles, a few millionths off.
    ends = np.arange(1.0, 4_000) / 5
    weight = np.exp(-(ends - 0.1) * np.log(5) / fitted.unit.per_year)
    flow = np.diff(fitted.expected_purchases(ends, rows), axis=1, prepend=0)
    assert fitted.discounted_purchases(4.0, rows) == pytest.approx(flow @ weight, rel=1e-5)
    new = np.diff(fitted.expected_purchases_new(ends), prepend=0)
    assert fitted.discounted_purchases_new(4.0) == pytest.approx(new @ weight, rel=1e-5)
    with pytest.raises(ConfigError, match="rate above 0, not 0"):
        fitted.discounted_purchases(0.0, rows)


@pytest.mark.parametrize("model", [BgNbd, MbgNbd])
def test_simulated_customers_live_as_the_model_says(model):
    fitted, n = model.from_parameters(list(TRUTH.values())), 100_000
    lives = fitted.simulate(np.full(n, 40.0), np.random.default_rng(5))
    x = lives["frequency"]
    for count, chance in enumerate(fitted.purchase_distribution_new(40.0, 6)):
        assert np.mean(x == count) == pytest.approx(chance, abs=4 * np.sqrt(chance / n))
    assert x.mean() == pytest.approx(fitted.expected_purchases_new(40.0), abs=4 * x.std() / np.sqrt(n))
    assert np.all(lives["recency"] <= np.minimum(lives["age"], lives["lifetime"]))
    alive = lives["lifetime"] > lives["age"]
    assert alive.mean() == pytest.approx(fitted.probability_alive(lives).mean(), abs=4 * 0.5 / np.sqrt(n))


def test_several_times_are_columns_and_the_same_as_one_by_one():
    model = MbgNbd.from_parameters(list(TRUTH.values()))
    rows = {"frequency": [0, 3, 3], "recency": [0, 20, 50], "age": [52, 52, 52]}
    for answer in (model.expected_purchases, model.purchase_variance, model.expected_time_alive):
        together = answer(np.array([4.0, 52.0]), rows)
        assert np.array_equal(together, np.column_stack([answer(4.0, rows), answer(52.0, rows)]))


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


@pytest.mark.parametrize("model", [BgNbd, MbgNbd])
def test_the_covariance_rests_on_the_curvature_of_the_likelihood(model):
    """Differences of an exact gradient are good to about 1e-8 with steps of 1e-4."""
    lives = model.from_parameters([0.6, 8.0, 0.9, 2.0]).simulate(np.full(2_000, 80.0), np.random.default_rng(2))
    fitted = model().fit(lives)
    rows, theta = fitted._training_rows(lives), fitted._theta()

    def gradient(z):
        return -fitted._likelihood(np.exp(z), rows)[1] * np.exp(z)

    differenced = np.linalg.inv(_hessian(gradient, np.log(theta))) * np.outer(theta, theta)
    assert fitted.covariance_ == pytest.approx(differenced, rel=1e-6)
