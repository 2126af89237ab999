import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.errors import FitError
from valuekit.ltv.models import ShiftedBetaGeometric


def simulate_runs(n, alpha, beta, longest, step=1.0, seed=2):
    """Customers who sign one after the other and refuse each renewal with a probability of their own."""
    rng = np.random.default_rng(seed)
    quits, offered = rng.beta(alpha, beta, n), rng.integers(0, longest + 1, n)
    survived = rng.geometric(quits) - 1
    churned = survived < offered
    return {"renewals": np.minimum(survived, offered) * step, "churned": churned, "step": np.full(n, step)}


def test_planted_parameters_are_recovered_within_their_standard_errors():
    model = ShiftedBetaGeometric().fit(simulate_runs(20_000, 0.8, 2.4, longest=12))
    for name, true in {"alpha": 0.8, "beta": 2.4}.items():
        assert abs(model.parameters_[name] - true) < 3.5 * model.standard_errors_[name]


def test_a_curve_in_years_can_be_learned_from_short_and_long_terms():
    # One churn in four in the first year, whatever the term: S(t) = B(1, 3 + t) / B(1, 3) = 3 / (3 + t).
    rng = np.random.default_rng(4)
    step = rng.choice([0.25, 1.0], 20_000)
    left_at = 3 * (1 / rng.random(20_000) - 1)
    survived = np.floor(left_at / step)
    offered = np.floor(rng.uniform(0, 5, 20_000) / step)
    rows = {"renewals": np.minimum(survived, offered) * step, "churned": survived < offered, "step": step}
    model = ShiftedBetaGeometric().fit(rows)
    assert model.survival([0.5, 1, 3]) == pytest.approx([3 / 3.5, 3 / 4, 3 / 6], rel=0.02)


@given(st.floats(0.01, 50), st.floats(0.01, 50), st.integers(0, 60), st.integers(1, 60))
def test_survival_falls_and_conditional_survival_rises_with_tenure(alpha, beta, tenure, ahead):
    model = ShiftedBetaGeometric.from_parameters([alpha, beta])
    assert model.survival(0) == pytest.approx(1)
    assert 0 < model.survival(tenure + ahead) < model.survival(tenure) <= 1 + 1e-12
    younger, older = model.conditional_survival([tenure, tenure + 1], ahead)
    assert younger <= older * (1 + 1e-12)
    whole = model.survival(tenure) * model.conditional_survival(tenure, ahead)
    assert whole == pytest.approx(float(model.survival(tenure + ahead)))


@pytest.mark.parametrize("churned", [0, 1])
def test_retention_needs_both_those_who_stay_and_those_who_leave(churned):
    with pytest.raises(FitError, match="retention cannot be estimated"):
        ShiftedBetaGeometric().fit({"renewals": [0, 0], "churned": [churned, churned]})
