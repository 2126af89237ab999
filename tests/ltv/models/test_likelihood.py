import numpy as np
import pytest

from valuekit.errors import FitError
from valuekit.ltv.models.likelihood import _covariance, maximise


def hill(theta):
    """Exponential lifetimes, 100 of them that sum to 25: the rate is 4 and its standard error 4 / sqrt(100)."""
    return float(100 * np.log(theta[0]) - 25 * theta[0]), 100 / theta - 25


def test_it_finds_the_maximum_and_its_curvature_from_any_start():
    found = maximise(hill, [np.array([0.01]), np.array([300.0])], model="exponential")
    assert found.parameters == pytest.approx([4.0])
    assert found.log_likelihood == pytest.approx(100 * np.log(4) - 100)
    assert np.sqrt(found.covariance) == pytest.approx(np.array([[0.4]]), rel=1e-4)


def test_a_likelihood_that_never_bends_has_parameters_but_no_covariance():
    found = maximise(lambda theta: (float(-1 / theta[0]), theta**-2), [np.array([1.0])], model="flat")
    assert np.isfinite(found.parameters).all()
    assert found.covariance is None


def test_no_number_is_a_clear_failure_and_never_a_parameter():
    with pytest.raises(FitError, match="broken: the likelihood has no finite maximum"):
        maximise(lambda theta: (float("nan"), theta * np.nan), [np.array([1.0])], model="broken")


def test_a_climb_that_gets_stuck_is_a_clear_failure():
    with pytest.raises(FitError, match="stopped before a maximum") as refused:
        maximise(lambda theta: (float(theta[0]), -np.ones(1)), [np.array([1.0])], model="wrong gradient")
    assert "take another model" in refused.value.next_step
    assert "covariates" not in refused.value.next_step  # there are none


def bowl(theta):
    """A likelihood in two logarithms, one of which bends a hundred times as much as the other."""
    u, v = np.log(theta)
    return float(-50 * (u - 1) ** 2 - (v + 1) ** 2 / 2), np.array([-100 * (u - 1), -(v + 1)]) / theta


def test_the_report_says_how_the_climb_ended():
    found = maximise(bowl, [np.array([1.0, 1.0]), np.array([9.0, 0.1])], model="bowl")
    report = found.convergence
    assert report.gradient < 1e-5
    assert report.condition == pytest.approx(100, rel=1e-4)
    assert (report.starts, report.agreeing, report.at_bound) == (2, 2, ())


def test_starts_that_end_elsewhere_do_not_agree():
    def two_hills(theta):
        z = np.log(theta[0])
        near, far = np.exp(-((z - 1) ** 2) * 8), 2 * np.exp(-((z + 2) ** 2) * 8)
        return float(100 * (near + far)), np.array([-1600 * ((z - 1) * near + (z + 2) * far)]) / theta

    found = maximise(two_hills, [np.array([3.0]), np.array([0.2]), np.array([0.1])], model="two hills")
    assert found.parameters == pytest.approx([np.exp(-2)], rel=1e-4)
    assert (found.convergence.starts, found.convergence.agreeing) == (3, 2)


def test_a_parameter_that_runs_to_its_bound_is_named_and_has_no_condition():
    def cliff(theta):
        u, v = np.log(theta)
        return float(v - (u - 1) ** 2), np.array([-2 * (u - 1), 1.0]) / theta

    found = maximise(cliff, [np.array([2.0, 3.0])], model="cliff")
    assert found.parameters == pytest.approx([np.e, np.exp(16)], rel=1e-4)
    assert found.convergence.at_bound == (1,)
    assert found.convergence.condition is None
    assert found.covariance is None
    assert found.convergence.gradient < 1e-4  # of the other parameter, which the likelihood limits


def test_a_parameter_on_the_way_to_its_bound_where_no_slope_is_left_has_run_there():
    found = maximise(lambda theta: (float(-0.1 / theta[0]), 0.1 * theta**-2), [np.array([2e6])], model="fading")
    assert found.parameters == pytest.approx([2e6])
    assert found.convergence.at_bound == (0,)
    assert found.covariance is None


def test_a_sample_leads_to_the_same_maximum_with_a_few_newton_steps():
    asked = []

    def all_rows(theta):
        asked.append(theta)
        return tuple(10 * part for part in hill(theta))

    def sample(theta):
        return float(100 * np.log(theta[0]) - 24 * theta[0]), 100 / theta - 24

    near = maximise(sample, [np.array([1.0])], model="sample")
    found = maximise(all_rows, [near.parameters], model="all", near=near, scale=10.0)
    assert found.parameters == pytest.approx([4.0], rel=1e-6)
    assert np.sqrt(found.covariance) == pytest.approx(np.array([[4 / np.sqrt(1000)]]), rel=1e-4)
    assert len(asked) < 10


def test_a_misleading_sample_only_costs_time():
    near = maximise(bowl, [np.array([1.0, 1.0])], model="sample")
    wrong = type(near)(near.parameters * [5, 0.1], 0.0, None, -near.hessian, near.convergence)
    assert maximise(bowl, [wrong.parameters], model="all", near=wrong).parameters == pytest.approx(
        np.exp([1, -1]), rel=1e-4
    )


def test_a_hessian_within_rounding_of_a_singular_one_has_no_covariance():
    assert _covariance(np.array([[1.0, 1.0], [1.0, 1.0 + 2e-16]]), np.ones(2)) is None
    assert np.allclose(_covariance(np.diag([1e-8, 4.0]), np.ones(2)), np.diag([1e8, 0.25]))
