import numpy as np
import pytest

from valuekit.errors import FitError
from valuekit.ltv.models.likelihood import maximise


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
    with pytest.raises(FitError, match="stopped before a maximum"):
        maximise(lambda theta: (float(theta[0]), -np.ones(1)), [np.array([1.0])], model="wrong gradient")
