"""What every model of renewals answers, checked against closed forms, sums and simulated customers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import hyp2f1

from valuekit.errors import ConfigError, FitError
from valuekit.ltv.models import BetaDiscreteWeibull, ShiftedBetaGeometric

PLANTED = {
    "sbg": ShiftedBetaGeometric.from_parameters([0.8, 2.4]),
    "bdw": BetaDiscreteWeibull.from_parameters([0.5, 1.6, 1.5]),
}


@pytest.fixture(params=PLANTED.values(), ids=PLANTED.keys())
def planted(request):
    return request.param


@pytest.mark.parametrize("joined_before", [False, True], ids=["all are seen", "left truncated"])
def test_planted_parameters_are_recovered_within_their_standard_errors(planted, joined_before):
    rng = np.random.default_rng(5)
    entered = rng.integers(0, 6, 40_000) * joined_before
    rows = planted.simulate(entered + rng.integers(0, 8, 40_000), rng, entered)
    model = type(planted)().fit(rows)
    for name, true in planted.parameters_.items():
        assert abs(model.parameters_[name] - true) < 3.5 * model.standard_errors_[name]
    assert model.survival([1, 5]) == pytest.approx(planted.survival([1, 5]), rel=0.08)


def test_to_forget_that_customers_joined_before_calls_them_too_loyal():
    planted, rng = PLANTED["sbg"], np.random.default_rng(6)
    entered = rng.integers(0, 6, 20_000)
    rows = planted.simulate(entered + 4, rng, entered)
    forgetful = ShiftedBetaGeometric().fit({**rows, "entered": np.zeros(len(rows["entered"]))})
    assert forgetful.survival(1) > planted.survival(1) + 0.05


def test_simulated_customers_survive_as_the_curve_says(planted):
    rows = planted.simulate(np.full(40_000, 9), np.random.default_rng(7))
    survived = [(rows["renewals"] >= t).mean() for t in range(10)]
    assert survived == pytest.approx(planted.survival(range(10)), abs=0.01)


def test_a_weibull_of_shape_one_is_the_shifted_beta_geometric():
    rows = PLANTED["sbg"].simulate(np.full(3_000, 6), np.random.default_rng(8))
    geometric = ShiftedBetaGeometric.from_parameters([0.7, 2.0])
    weibull = BetaDiscreteWeibull.from_parameters([0.7, 2.0, 1.0])
    assert weibull.log_likelihood(rows) == pytest.approx(geometric.log_likelihood(rows), rel=1e-12)
    near = BetaDiscreteWeibull.from_parameters([0.7, 2.0, 1.0 + 1e-9])
    for model in (weibull, near):
        assert model.survival(range(30)) == pytest.approx(geometric.survival(range(30)), rel=1e-7)
        assert model.discounted_renewals(0.1, [0, 3]) == pytest.approx(geometric.discounted_renewals(0.1, [0, 3]))
        assert model.own_weight([0, 3]) == pytest.approx(geometric.own_weight([0, 3]))


@settings(deadline=None)  # the first example also loads the models
@given(
    st.floats(0.05, 20), st.floats(0.05, 20), st.sampled_from([0.5, 1.0, 2.0]), st.integers(0, 40), st.integers(1, 12)
)
def test_retention_mean_and_variance_follow_from_the_curve(alpha, beta, c, tenure, within):
    model = BetaDiscreteWeibull.from_parameters([alpha, beta, c])
    ahead = np.arange(1, within + 1)
    there = model.survival(tenure + ahead) / model.survival(tenure)
    count = np.append(1.0, there) - np.append(there, 0.0)  # probabilities of 0, 1, ... within renewals
    mean = float(count @ np.arange(within + 1))
    assert model.retention_rate(tenure + 1) == pytest.approx(there[0])
    assert model.expected_renewals(tenure, within) == pytest.approx(mean)
    variance = float(count @ (np.arange(within + 1) - mean) ** 2)
    assert model.renewals_variance(tenure, within) == pytest.approx(variance, abs=1e-9)


@pytest.mark.parametrize("rate", [1e-4, 0.01, 0.10, 0.50])
@pytest.mark.parametrize("term_months", [1, 12])
def test_discounted_renewals_are_the_closed_form(rate, term_months):
    """Fader and Hardie (2010), Marketing Science 29(1): by Gauss's function, after n renewals."""
    alpha, beta, n = 0.704, 1.182, np.arange(6)
    model = ShiftedBetaGeometric.from_parameters([alpha, beta], term_months=term_months)
    factor = (1 + rate) ** (-term_months / 12)
    closed = (beta + n) / (alpha + beta + n) * hyp2f1(1, beta + n + 1, alpha + beta + n + 1, factor)
    assert model.discounted_renewals(rate, n) == pytest.approx(closed, rel=1e-9)


def test_discounted_renewals_of_the_weibull_are_their_sum():
    model, k = PLANTED["bdw"], np.arange(1, 20_000)
    one_by_one = (model.conditional_survival(2, k) * 1.01 ** -(k - 1.0)).sum()
    assert model.discounted_renewals(0.01, 2) == pytest.approx(one_by_one, rel=1e-9)


def test_without_discount_the_infinite_horizon_is_refused():
    with pytest.raises(ConfigError, match="all the future needs a yearly discount rate above 0, not 0"):
        PLANTED["sbg"].discounted_renewals(0.0, 1)


def test_a_planted_covariate_is_found_and_changes_the_curve():
    rng, size = np.random.default_rng(9), 20_000
    z = rng.integers(0, 2, size).astype(float)
    planted = ShiftedBetaGeometric.from_parameters([0.8, 2.4, 0.7], covariates=["self_serve"])
    entered = rng.integers(0, 3, size)
    rows = planted.simulate(entered + rng.integers(0, 8, size), rng, entered, {"self_serve": z})
    model = ShiftedBetaGeometric(covariates=["self_serve"]).fit(rows)
    for name, true in planted.parameters_.items():
        assert abs(model.parameters_[name] - true) < 3.5 * model.standard_errors_[name]
    loyal, fickle = model.survival(3, {"self_serve": [0.0, 1.0]})
    assert loyal > fickle + 0.1
    plain = ShiftedBetaGeometric().fit(rows)
    assert model.bic_ < plain.bic_
    assert model.expected_renewals([2, 2], 3, {"self_serve": [0, 1]})[1] < model.expected_renewals(
        2, 3, {"self_serve": [0]}
    )
    with pytest.raises(FitError, match="covariates, and their values are missing"):
        model.survival(1)


def test_who_entered_after_more_renewals_than_it_survived_is_impossible():
    with pytest.raises(FitError, match="1 of 2 rows break the rule that a customer enters"):
        ShiftedBetaGeometric().fit({"renewals": [3, 1], "churned": [1, 0], "entered": [1, 2]})


@pytest.mark.parametrize("parameters", [[1e-3, 1e3, 1.0], [1e3, 1e-3, 3.0], [1e-3, 1e-3, 0.01], [64.0, 7721.0, 8.0]])
def test_answers_stay_finite_far_out(parameters):
    model = BetaDiscreteWeibull.from_parameters(parameters)
    tenure = np.array([0.0, 1.0, 2_000.0])
    answers = [
        model.survival([0, 1, 1e5]), model.conditional_survival(tenure, 5), model.own_weight(tenure),
        model.expected_renewals(tenure, 120), model.renewals_variance(tenure, 120),
        model.discounted_renewals(0.1, tenure),
    ]  # fmt: skip
    assert all(np.isfinite(a).all() and (a >= 0).all() for a in answers)
    rows = {"renewals": [0, 2_000, 3], "churned": [1, 0, 1]}
    assert np.isfinite(model.log_likelihood(rows))
