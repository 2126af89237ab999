import numpy as np
import pytest

from valuekit.errors import ConfigError, FitError, UnknownNameError
from valuekit.ltv.models import BgCnbdK, BgNbd, MbgCnbdK, MbgNbd, regular_buyers, regular_future
from valuekit.ltv.models.regular_buyers import row_likelihood
from valuekit.ltv.models.regular_future import AliveRegular

TRUTH = [0.9, 2.0, 0.8, 2.5]
ROWS = {"frequency": np.array([0.0, 3, 12]), "recency": np.array([0.0, 20, 50]), "age": np.array([52.0, 52, 52])}
PAIRS = [(BgCnbdK, BgNbd), (MbgCnbdK, MbgNbd)]


@pytest.mark.parametrize(("regular", "random"), PAIRS)
def test_one_event_per_purchase_is_the_plain_model_to_the_last_digit(regular, random):
    lives = regular.from_parameters(TRUTH, k=1).simulate(np.full(500, 40.0), np.random.default_rng(3))
    ours, plain = regular(k=1).fit(lives), random().fit(lives)
    assert ours.parameters_ == plain.parameters_
    assert ours.log_likelihood_ == plain.log_likelihood_
    assert np.array_equal(ours.expected_purchases(10, ROWS), plain.expected_purchases(10, ROWS))
    assert np.array_equal(ours.probability_alive(ROWS), plain.probability_alive(ROWS))


@pytest.mark.parametrize("tosses", [0, 1])
def test_the_sums_over_events_agree_with_the_integrals_of_the_plain_model(tosses):
    plain = (BgNbd, MbgNbd)[tosses].from_parameters(TRUTH)
    alive, _ = plain._alive(ROWS)
    sums = AliveRegular(alive.s, alive.beta, alive.a, alive.b, np.ones(3, int), k=1)
    for t in (1.0, 26.0, 260.0):
        for mine, theirs in ((sums.mean, alive.mean), (sums.pairs, alive.pairs), (sums.lifetime, alive.lifetime)):
            assert mine(t) == pytest.approx(theirs(t), rel=1e-10)
        assert sums.distribution(t, 5) == pytest.approx(alive.distribution(t, 5), rel=1e-10)
    assert sums.discounted(0.1, plain.unit) == pytest.approx(alive.discounted(0.1, plain.unit), rel=1e-10)
    value, slopes = row_likelihood(TRUTH, ROWS | {"log_gaps": np.zeros(3)}, tosses, 1)
    plain_value, plain_slopes = plain._row_likelihood(TRUTH, ROWS)
    assert value == pytest.approx(plain_value, rel=1e-12)
    assert np.array(slopes) == pytest.approx(np.array(plain_slopes), rel=1e-10)


@pytest.mark.parametrize("model", [BgCnbdK, MbgCnbdK])
def test_mean_and_variance_are_those_of_the_distribution(model):
    fitted = model.from_parameters(TRUTH, k=3)
    chances, n = fitted.purchase_distribution(26.0, ROWS, 300), np.arange(301)
    assert chances.sum(axis=1) == pytest.approx(1, abs=1e-11)
    mean = chances @ n
    assert fitted.expected_purchases(26.0, ROWS) == pytest.approx(mean, rel=1e-9)
    assert fitted.purchase_variance(26.0, ROWS) == pytest.approx(chances @ n**2 - mean**2, rel=1e-9)
    assert fitted.expected_purchases_new(26.0) == pytest.approx(fitted.purchase_distribution_new(26.0, 300) @ n)


@pytest.mark.parametrize("model", [BgCnbdK, MbgCnbdK])
def test_a_discounted_future_is_the_long_sum_of_its_days(model):
    fitted = model.from_parameters(TRUTH, k=3)
    ends = np.arange(1.0, 750) / 3  # thirds of weeks at a rate of 5,000%, counted at their middles
    weight = np.exp(-(ends - 1 / 6) * np.log(51) / fitted.unit.per_year)
    new = np.diff(fitted.expected_purchases_new(ends), prepend=0)
    assert fitted.discounted_purchases_new(50.0) == pytest.approx(new @ weight, rel=1e-4)
    rows = {name: column[1:2] for name, column in ROWS.items()}
    flow = np.diff(fitted.expected_purchases(ends, rows), axis=1, prepend=0)
    assert fitted.discounted_purchases(50.0, rows) == pytest.approx(flow @ weight, rel=1e-4)


@pytest.mark.parametrize("model", [BgCnbdK, MbgCnbdK])
def test_simulated_customers_live_as_the_model_says(model):
    fitted, n, age, ahead = model.from_parameters(TRUTH, k=4), 12_000, 30.0, 15.0
    rng = np.random.default_rng(8)
    lives, longer = (fitted.simulate(np.full(n, t), rng) for t in (age, age + ahead))
    x = longer["frequency"]
    chances = fitted.purchase_distribution_new(age + ahead, 5)
    assert [np.mean(x == k) for k in range(6)] == pytest.approx(chances, abs=4 * 0.5 / np.sqrt(n))
    error = np.hypot(x.std(), lives["frequency"].std()) / np.sqrt(n)
    assert fitted.expected_purchases(ahead, lives).mean() == pytest.approx(
        x.mean() - lives["frequency"].mean(), abs=4 * error
    )
    really, believed = lives["lifetime"] > age, fitted.probability_alive(lives)
    for part in np.array_split(np.argsort(believed), 5):
        assert really[part].mean() == pytest.approx(believed[part].mean(), abs=4 * 0.5 / np.sqrt(len(part)))
    lived = np.clip(longer["lifetime"], 0, age + ahead) - np.clip(lives["lifetime"], 0, age)
    expected = fitted.expected_time_alive(ahead, lives).mean()
    assert expected == pytest.approx(lived.mean(), abs=4 * 45 / np.sqrt(n))


def test_k_and_parameters_are_found_and_kept():
    truth = MbgCnbdK.from_parameters(TRUTH, k=3)
    rng = np.random.default_rng(2)
    lives = truth.simulate(rng.integers(10, 60, 1_000).astype(float), rng)
    fitted = MbgCnbdK().fit(lives)
    assert fitted.k_ == 3
    assert fitted.k is None
    for name, true in zip(fitted.names, TRUTH, strict=True):
        assert abs(fitted.parameters_[name] - true) < 3 * fitted.standard_errors_[name]
    assert MbgCnbdK.from_json(fitted.to_json()).k_ == 3


def test_regular_buyers_who_fall_silent_are_given_up_sooner():
    silent = {"frequency": [10], "recency": [40], "age": [60]}
    by_chance = MbgNbd.from_parameters([0.9, 4.0, 0.8, 2.5]).probability_alive(silent)
    assert MbgCnbdK.from_parameters([0.9, 1.0, 0.8, 2.5], k=4).probability_alive(silent) < by_chance / 2


def test_heavy_buyers_over_long_times_give_numbers():
    rows = {"frequency": [2000, 2000, 0], "recency": [99_990.0, 100.0, 0.0], "age": [1e5, 1e5, 1e5]}
    fitted = MbgCnbdK.from_parameters([0.24, 0.4, 0.79, 2.4], k=12)
    alive, bought = fitted.probability_alive(rows), fitted.expected_purchases(520, rows)
    assert np.all(np.isfinite([*alive, *bought, *fitted.purchase_variance(520, rows)]))
    assert alive[0] > 0.99
    assert alive[1] == pytest.approx(0, abs=1e-12)
    assert bought[0] == pytest.approx(520 * 2000 / 1e5, abs=0.5)  # regular: 10 or 11


def test_what_cannot_be_answered_is_refused():
    lives = BgCnbdK.from_parameters(TRUTH, k=2).simulate(np.full(50, 40.0), np.random.default_rng(3))
    without = {name: lives[name] for name in ("frequency", "recency", "age")}
    with pytest.raises(UnknownNameError, match="log_gaps"):
        BgCnbdK(k=2).fit(without)
    with pytest.raises(FitError, match="log_gaps is at most frequency times"):
        BgCnbdK(k=2).fit(without | {"log_gaps": lives["frequency"] * 9})
    with pytest.raises(ConfigError, match="a k of 0 is no whole number from 1 to 1,000"):
        BgCnbdK(k=0).fit(lives)
    with pytest.raises(ConfigError, match="need a stated k"):
        BgCnbdK.from_parameters(TRUTH)
    with pytest.raises(ConfigError, match="too many to sum"):
        BgCnbdK.from_parameters(TRUTH, k=2).expected_purchases_new(1e7)


def test_of_many_rows_the_likeliest_k_for_a_sample_are_climbed_on_all(monkeypatch):
    """k is found as if each had been climbed from everywhere; rows of thousands of ages are all their own."""
    monkeypatch.setattr("valuekit.ltv.models.estimator._ENOUGH", 500)
    rng = np.random.default_rng(5)
    lives = BgCnbdK.from_parameters(TRUTH, k=3).simulate(rng.uniform(20, 60, 2_000), rng)
    found, by_k = BgCnbdK().fit(lives), [BgCnbdK(k=k).fit(lives) for k in range(1, 6)]
    best = max(by_k, key=lambda model: model.log_likelihood_)
    assert found.k_ == best.k_ == 3
    assert found.log_likelihood_ == pytest.approx(best.log_likelihood_, rel=1e-12)
    assert found.parameters_ == pytest.approx(best.parameters_, rel=1e-6)
    assert found.information_ == pytest.approx(best.information_, rel=1e-4)


def test_many_customers_are_answered_along_curves_as_each_would_be_alone(monkeypatch):
    model, rng = MbgCnbdK.from_parameters(TRUTH, k=3), np.random.default_rng(6)
    lives, t = model.simulate(rng.uniform(1, 60, 150), rng), np.arange(1.0, 13) * 4
    asks = [
        lambda: model.expected_purchases(t, lives),
        lambda: model.purchase_variance(t, lives),
        lambda: model.expected_time_alive(t, lives),
        lambda: model.discounted_purchases(0.1, lives),
    ]
    together = [ask() for ask in asks]
    monkeypatch.setattr(regular_future, "interpolate", lambda exact, curve, x: exact(curve, x))
    monkeypatch.setattr(regular_buyers, "_BLOCK", 120)
    for answer, ask in zip(together, asks, strict=True):
        assert answer == pytest.approx(ask(), rel=1e-10)


def test_the_time_alive_is_the_same_in_one_go_and_step_by_step(monkeypatch):
    fitted = MbgCnbdK.from_parameters(TRUTH, k=3)
    at_once = fitted.expected_time_alive(26.0, ROWS)
    monkeypatch.setattr("valuekit.ltv.models.regular_future._HIGHEST", -1.0)
    assert fitted.expected_time_alive(26.0, ROWS) == pytest.approx(at_once, rel=1e-12)
