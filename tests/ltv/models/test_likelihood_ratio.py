import numpy as np
import pytest

from valuekit.errors import FitError
from valuekit.ltv.models import BgNbd, MbgNbd, likelihood_ratio
from valuekit.ltv.models.beta_geometric import simulate_lives


def shoppers(n, effect, seed):
    """Customers of whom half come through a channel that slows them down, and others at random."""
    rng = np.random.default_rng(seed)
    channel, noise = rng.integers(0, 2, n).astype(float), rng.integers(0, 2, n).astype(float)
    own = (0.7, 6.0 * np.exp(effect * channel), 0.8, 2.5)
    lives = simulate_lives(own, rng.integers(20, 80, n).astype(float), 1, rng)
    return {name: lives[name] for name in ("frequency", "recency", "age")} | {"channel": channel, "noise": noise}


def test_a_covariate_that_matters_is_found_and_one_that_does_not_is_not():
    rows = shoppers(3_000, 0.8, seed=1)
    plain, channel = MbgNbd().fit(rows), MbgNbd(covariates=["channel"]).fit(rows)
    both = MbgNbd(covariates=["channel", "noise"]).fit(rows)
    assert channel.parameters_["alpha[channel]"] == pytest.approx(
        -0.8, abs=3 * channel.standard_errors_["alpha[channel]"]
    )
    test = likelihood_ratio(plain, channel)
    assert test.statistic == pytest.approx(2 * (channel.log_likelihood_ - plain.log_likelihood_))
    assert test.degrees_of_freedom == 3
    assert test.p_value < 1e-6
    assert likelihood_ratio(channel, both).p_value > 0.01


def test_covariates_make_customers_with_one_history_differ():
    rows = shoppers(2_000, 0.8, seed=2)
    model = MbgNbd(covariates=["channel"]).fit(rows)
    pair = {"frequency": [2, 2], "recency": [20, 20], "age": [40, 40], "channel": [0, 1]}
    for answer in (model.expected_purchases, model.purchase_variance, model.expected_time_alive):
        together = answer(26.0, pair)
        alone = [answer(26.0, {name: [column[i]] for name, column in pair.items()})[0] for i in (0, 1)]
        assert together.tolist() == alone
        assert together[0] != together[1]
    assert model.purchase_distribution(26.0, pair, 400).sum(axis=1) == pytest.approx(1, abs=1e-9)


def test_what_is_not_nested_or_not_the_same_data_has_no_test():
    rows, others = shoppers(300, 0.8, seed=3), shoppers(300, 0.8, seed=4)
    plain, channel = MbgNbd().fit(rows), MbgNbd(covariates=["channel"]).fit(rows)
    for smaller, larger, reason in (
        (BgNbd().fit(rows), channel, "more than covariates"),
        (channel, plain, "no covariates beyond"),
        (MbgNbd().fit(others), channel, "other data"),
        (plain, MbgNbd(covariates=["channel"], penalty=1.0).fit(rows), "penalised"),
    ):
        with pytest.raises(FitError, match=reason):
            likelihood_ratio(smaller, larger)
