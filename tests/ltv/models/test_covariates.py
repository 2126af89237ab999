"""A fit with covariates knows neither their units nor their origin: z and a + b z are one covariate."""

import functools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from valuekit.errors import FitError
from valuekit.ltv.models import (
    BetaDiscreteWeibull,
    BgNbd,
    MbgCnbdK,
    MbgNbd,
    ParetoNbd,
    ShiftedBetaGeometric,
    likelihood_ratio,
)
from valuekit.ltv.models.shifted_beta_geometric import log_survival

MODELS = {
    "bg_nbd": BgNbd(covariates=["z"]),
    "mbg_nbd": MbgNbd(covariates=["z"]),
    "mbg_cnbd_k": MbgCnbdK(covariates=["z"], k=2),
    "pareto_nbd": ParetoNbd(covariates=["z"]),
    "sbg": ShiftedBetaGeometric(covariates=["z"]),
    "bdw": BetaDiscreteWeibull(covariates=["z"]),
}


@functools.cache
def histories(kind):
    """Customers whose z, as it is drawn, has an effect: 400 buyers, or 400 contracts."""
    rng = np.random.default_rng(7)
    z = rng.normal(size=400).round(2)
    if kind in ("sbg", "bdw"):
        planted = ShiftedBetaGeometric.from_parameters([0.8, 2.4, 0.7], covariates=["z"])
        return planted.simulate(rng.integers(1, 9, 400), rng, X={"z": z})
    drawn = [MbgCnbdK.from_parameters([0.8, 5 / f, 0.9, 2.5], k=2).simulate([60.0], rng) for f in np.exp(0.7 * z)]
    return {name: np.concatenate([d[name] for d in drawn]) for name in ("frequency", "recency", "age", "log_gaps")} | {
        "z": z
    }


def fit(kind, **settings):
    model = MODELS[kind]
    return type(model)(**model.get_params() | settings)


@functools.cache
def fitted(kind):
    return fit(kind).fit(histories(kind))


def moved(rows, a, b):
    return {**rows, "z": a + b * rows["z"]}


def answers(model, rows):
    if isinstance(model, ShiftedBetaGeometric | BetaDiscreteWeibull):
        return model.expected_renewals(rows["renewals"], 5, rows)
    return np.concatenate([model.expected_purchases(20.0, rows), model.probability_alive(rows)])


def assert_same_fit(kind, a, b):
    """Whatever of a fit does not name the units of z is as if there were none of the move from z to a + b z."""
    rows, known = moved(histories(kind), a, b), fitted(kind)
    model = fit(kind).fit(rows)
    assert model.log_likelihood_ == pytest.approx(known.log_likelihood_, abs=1e-6)
    assert model.log_likelihood(rows) == pytest.approx(model.log_likelihood_, abs=1e-6)
    assert answers(model, rows) == pytest.approx(answers(known, histories(kind)), rel=2e-4)
    for shift in model.shifts:
        effect = f"{shift}[z]"
        error = known.standard_errors_[effect]
        assert model.parameters_[effect] * b == pytest.approx(known.parameters_[effect], abs=0.01 * error)
        assert model.standard_errors_[effect] * abs(b) == pytest.approx(error, rel=0.01)
    assert model.convergence_["condition"] == pytest.approx(known.convergence_["condition"], rel=0.01)
    assert model.convergence_["at_bound"] == known.convergence_["at_bound"] == []
    return model


@pytest.mark.parametrize(("a", "b"), [(0, 1e-6), (0, -1e6), (1975, 13), (-1e6, -1e6), (100, 1)])
@pytest.mark.parametrize("kind", MODELS)
def test_every_model_fits_the_same_in_any_units(kind, a, b):
    assert_same_fit(kind, a, b)


SIZES = st.floats(-6, 6).map(lambda power: 10.0**power)
SIGNS = st.sampled_from([-1.0, 1.0])


@settings(max_examples=25, deadline=None)
@given(SIZES, SIZES, SIGNS, SIGNS)
@example(1e6, 1e-6, 1.0, 1.0)
@example(1e-6, 1e6, 1.0, -1.0)
def test_a_covariate_moved_and_stretched_is_the_same_or_too_far_from_0(a, b, side, turn):
    reach = a / b * abs(fitted("sbg").parameters_["alpha[z]"])  # ln of what the effect of z = -a / b would be
    if reach > 301:
        with pytest.raises(FitError, match=r"so many of their deviations from 0 that alpha.* Centre them"):
            fit("sbg").fit(moved(histories("sbg"), side * a, turn * b))
    elif reach < 299:
        assert_same_fit("sbg", side * a, turn * b)


@pytest.mark.parametrize("kind", ["mbg_nbd", "sbg"])
def test_the_covariance_goes_over_with_the_parameters(kind):
    """ln alpha at z = 0 is ln alpha + sign c a, of one who was at a before: a linear map of what is climbed."""
    known, a = fitted(kind), 30.0
    model = fit(kind).fit(moved(histories(kind), a, 1.0))
    names, basic = list(known.names), len(known.basic)
    way = np.eye(len(names))
    for shift, sign in known.shifts.items():
        way[names.index(shift), names.index(f"{shift}[z]")] = -sign * a
    there, here = (np.array([m.parameters_[n] if n in m.basic else 1.0 for n in names]) for m in (model, known))
    expected = way @ (known.covariance_ / np.outer(here, here)) @ way.T * np.outer(there, there)
    assert model.covariance_ == pytest.approx(expected, rel=0.01)
    on_logs = model.covariance_ / np.outer(there, there)
    assert model.information_ @ on_logs == pytest.approx(np.eye(len(names)), abs=1e-5)
    assert np.log(there[:basic]) == pytest.approx(
        (way @ [*np.log(here[:basic]), *(known.parameters_[n] for n in names[basic:])])[:basic], abs=0.02
    )


def test_weights_are_customers_for_the_scale_too():
    rows = histories("mbg_nbd")
    weight = np.arange(400.0) % 3 + 1
    single = {name: np.repeat(column, weight.astype(int)) for name, column in rows.items()}
    assert fit("mbg_nbd").fit({**rows, "weight": weight}).parameters_ == fit("mbg_nbd").fit(single).parameters_


def test_a_penalty_holds_coefficients_per_deviation_whatever_the_units():
    rows = histories("mbg_nbd")
    held, stretched = (fit("mbg_nbd", penalty=20.0).fit(moved(rows, a, b)) for a, b in ((0, 1), (1975, 13)))
    free = fitted("mbg_nbd")
    assert held.parameters_["alpha[z]"] == pytest.approx(13 * stretched.parameters_["alpha[z]"], rel=1e-3)
    assert abs(held.parameters_["alpha[z]"]) < 0.9 * abs(free.parameters_["alpha[z]"])
    assert held.log_likelihood_ == pytest.approx(stretched.log_likelihood_, abs=1e-4)
    assert held.log_likelihood_ < free.log_likelihood_


def test_the_likelihood_ratio_does_not_depend_on_units():
    rows = histories("mbg_nbd")
    plain = MbgNbd().fit(rows)
    tests = [likelihood_ratio(plain, fit("mbg_nbd").fit(moved(rows, *by))) for by in ((0, 1), (0, 1e-3), (1975, 13))]
    assert [t.statistic for t in tests] == pytest.approx([tests[0].statistic] * 3, abs=1e-5)


def test_a_larger_model_that_fits_worse_is_no_maximum():
    plain, larger = MbgNbd().fit(histories("mbg_nbd")), fit("mbg_nbd").fit(histories("mbg_nbd"))
    larger.log_likelihood_ = plain.log_likelihood_ - 1
    with pytest.raises(FitError, match="the larger one fits worse, by 1 in the log-likelihood"):
        likelihood_ratio(plain, larger)


@pytest.mark.parametrize("far", [0.0, 1e6, -1e12])
def test_covariates_that_are_constant_or_follow_from_each_other_are_found_far_from_0_too(far):
    rows = histories("mbg_nbd")
    with pytest.raises(FitError, match=r"covariate 'z' is .* for every customer"):
        fit("mbg_nbd").fit({**rows, "z": far + np.tile([0.3, 0.1 + 0.2], 200)})
    with pytest.raises(FitError, match="covariates z, y follow from each other"):
        fit("mbg_nbd", covariates=["z", "y"]).fit({**rows, "y": far - 2 * rows["z"]})
    apart = {**rows, "y": far / 1e10 + np.random.default_rng(1).normal(size=400)}
    assert fit("mbg_nbd", covariates=["z", "y"]).fit(apart).covariance_ is not None


def alike(n, effect, seed):
    """Contracts whose customers differ by z alone: without z they have one common chance to leave."""
    rng = np.random.default_rng(seed)
    z = rng.standard_t(3, n)
    survived = rng.geometric(1 / (1 + np.exp(1.5 - effect * z))) - 1.0
    return {"renewals": np.minimum(survived, 5), "churned": (survived < 5) * 1.0, "z": z}


def test_customers_who_are_else_alike_let_parameters_run_off_and_the_report_says_so():
    rows = alike(3_000, 1.5, seed=1)
    found = ShiftedBetaGeometric(covariates=["z"]).fit(rows)
    assert "beta" in found.convergence_["at_bound"]
    assert found.convergence_["condition"] is None
    assert found.covariance_ is None
    assert found.parameters_["alpha[z]"] == pytest.approx(1.5, abs=0.2)  # no separation, though some are at e^20


@pytest.mark.parametrize("seed", range(4))
def test_retention_that_falls_is_a_limit_of_the_model_with_and_without_covariates(seed):
    rng = np.random.default_rng(seed)
    rows = {"renewals": rng.integers(0, 6, 1000), "churned": rng.integers(0, 2, 1000), "z": rng.normal(size=1000)}
    plain, larger = (ShiftedBetaGeometric(covariates=z).fit(rows) for z in ([], ["z"]))
    churned, asked = rows["churned"].sum(), rows["renewals"].sum() + rows["churned"].sum()
    geometric = churned * np.log(churned / asked) + (asked - churned) * np.log(1 - churned / asked)
    assert plain.log_likelihood_ == pytest.approx(geometric, abs=1e-3)
    assert "beta" in plain.convergence_["at_bound"]
    assert "beta" in larger.convergence_["at_bound"]
    assert 0 <= likelihood_ratio(plain, larger).statistic < 10


@pytest.mark.parametrize("beta", [0.01, 9.9, 10.1, 300.0, 1e7])
@pytest.mark.parametrize("alpha", [0.01, 7.0, 101.0, 1e4, 1e7])
def test_survival_is_the_product_of_its_renewals_however_little_customers_differ(alpha, beta):
    product = -sum(np.log1p(alpha / (beta + n)) for n in range(36))
    assert log_survival(36.0, alpha, beta) == pytest.approx(product, rel=2e-13)
    both = np.array([alpha, 0.5])
    assert log_survival(36.0, both, beta)[0] == pytest.approx(product, rel=2e-13)
    halves = log_survival(np.array([0.5, 1.5]), alpha, beta)
    assert halves[1] - halves[0] == pytest.approx(-np.log1p(alpha / (beta + 0.5)), rel=1e-11)


@pytest.mark.parametrize(("a", "b"), [(0, 1), (70, 1e-3)])
@pytest.mark.parametrize("seed", range(3))
def test_a_covariate_without_which_nobody_leaves_is_no_finite_effect_in_any_units(seed, a, b):
    rng = np.random.default_rng(seed)
    z = rng.integers(0, 2, 300)
    survived = np.where(z > 0, rng.geometric(rng.beta(1, 2, 300)) - 1, 9)
    offered = rng.integers(1, 6, 300)
    rows = {"renewals": np.minimum(survived, offered), "churned": (survived < offered) * 1, "z": a + b * z}
    with pytest.raises(FitError, match=r"'z' separates the customers: .* per standard deviation"):
        fit("sbg").fit(rows)
