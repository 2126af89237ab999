from math import comb

import numpy as np
import pytest

from valuekit.errors import ConfigError, FitError
from valuekit.ltv.models import BgBb

WORLD = [1.2, 0.75, 0.66, 2.8]
HISTORIES = {"frequency": [0, 2, 6, 1], "recency": [0, 4, 6, 1], "occasions": [6, 6, 6, 1]}


def draw(seed, customers, occasions=8):
    return BgBb.from_parameters(WORLD).simulate(np.full(customers, occasions), np.random.default_rng(seed))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_parameters_are_recovered_within_their_standard_errors(seed):
    model = BgBb().fit(draw(seed, 20_000))
    for name, true in zip(model.basic, WORLD, strict=True):
        assert abs(model.parameters_[name] - true) < 3 * model.standard_errors_[name]


def test_the_likelihoods_of_all_histories_add_up_to_one():
    """A history is a frequency and a last occasion; C(recency - 1, frequency - 1) sequences of purchases have it."""
    histories = [(0, 0, 6, 1)] + [
        (x, last, 6, comb(last - 1, x - 1)) for last in range(1, 7) for x in range(1, last + 1)
    ]
    x, recency, n, ways = np.array(histories, float).T
    model = BgBb.from_parameters(WORLD)
    value, _ = model._row_likelihood(WORLD, {"frequency": x, "recency": recency, "occasions": n})
    assert np.sum(ways * np.exp(value)) == pytest.approx(1, rel=1e-12)


def test_what_is_expected_of_donors_is_what_their_planted_future_brings():
    rng = np.random.default_rng(11)
    model, rows, t = BgBb.from_parameters(WORLD), draw(11, 60_000), 5
    ahead = np.clip(rows["lifetime"] - rows["occasions"], 0, t)
    future = rng.binomial(ahead.astype(int), rows["rate"])
    noise = 3.5 / np.sqrt(len(future))
    mean, variance = model.expected_purchases(t, rows), model.purchase_variance(t, rows)
    for error in (
        future - mean,
        np.square(future - mean) - variance,
        ahead - model.expected_time_alive(t, rows),
        (ahead > 0) - model.probability_alive(rows),
        (future > 0) - model.probability_active(t, rows),
    ):
        assert abs(np.mean(error)) < noise * np.std(error)


def test_the_distribution_has_the_mean_and_the_variance():
    model = BgBb.from_parameters(WORLD)
    chances, k = model.purchase_distribution(9, HISTORIES, 11), np.arange(12)
    assert chances.sum(axis=1) == pytest.approx(1, rel=1e-12)
    assert np.all(chances[:, 10:] == 0)
    assert chances @ k == pytest.approx(model.expected_purchases(9, HISTORIES), rel=1e-12)
    assert chances @ k**2 - (chances @ k) ** 2 == pytest.approx(model.purchase_variance(9, HISTORIES), rel=1e-10)
    assert model.purchase_distribution_new(9, 9) @ k[:10] == pytest.approx(model.expected_purchases_new(9), rel=1e-12)


def test_a_new_donor_is_one_without_occasions():
    model, new = BgBb.from_parameters(WORLD), {"frequency": [0], "recency": [0], "occasions": [0]}
    assert model.expected_purchases(7, new)[0] == pytest.approx(model.expected_purchases_new(7))
    assert model.discounted_purchases(0.1, new)[0] == pytest.approx(model.discounted_purchases_new(0.1))
    assert model.purchase_distribution(7, new, 4)[0] == pytest.approx(model.purchase_distribution_new(7, 4))
    assert model.expected_purchases_new(np.array([0, 7]))[0] == 0


def test_discounting_is_by_the_occasion():
    model, occasions = BgBb.from_parameters(WORLD, time_unit="month"), np.arange(6000)
    gains = np.diff(model.expected_purchases(occasions, HISTORIES), axis=1)
    worth = gains @ 1.2 ** (-occasions[1:] / 12)
    assert model.discounted_purchases(0.2, HISTORIES) == pytest.approx(worth, rel=1e-9)


def test_own_history_counts_for_more_the_longer_it_is():
    weight = BgBb.from_parameters(WORLD).own_weight(HISTORIES)
    assert weight == pytest.approx(np.array([6, 6, 6, 1]) / (np.array([6, 6, 6, 1]) + 1.95))


def test_an_occasion_is_whole_and_all_the_future_needs_a_rate():
    model = BgBb.from_parameters(WORLD)
    with pytest.raises(ConfigError, match=r"number of occasions is a whole number from 0 to 36,525: not 2\.5"):
        model.expected_purchases(2.5, HISTORIES)
    with pytest.raises(ConfigError, match="discount rate above 0"):
        model.discounted_purchases(0.0, HISTORIES)


@pytest.mark.parametrize(
    ("row", "rule"),
    [((1, 0, 6), "frequency <= recency"), ((1, 7, 6), "recency <= occasions"), ((1.5, 3, 6), "whole number")],
)
def test_histories_that_cannot_be_are_refused(row, rule):
    with pytest.raises(FitError, match=rule):
        BgBb().fit({name: [v] for name, v in zip(BgBb.columns, row, strict=True)})


def test_without_any_purchase_there_is_no_probability_to_estimate():
    with pytest.raises(FitError, match="nobody has bought"):
        BgBb().fit({"frequency": [0], "recency": [0], "occasions": [4]})
