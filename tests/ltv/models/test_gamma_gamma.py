import numpy as np
import pytest

from valuekit.errors import FitError
from valuekit.ltv.models import GammaGamma


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_planted_parameters_are_recovered_within_their_standard_errors(seed):
    rng = np.random.default_rng(seed)
    p, q, v = 6.0, 4.0, 15.0
    world = GammaGamma.from_parameters([p, q, v])
    model = GammaGamma().fit(world.simulate(1 + rng.poisson(2.0, 20_000), rng))
    for name, true in world.parameters_.items():
        assert abs(model.parameters_[name] - true) < 3 * model.standard_errors_[name]
    assert model.population_mean == pytest.approx(p * v / (q - 1), rel=0.02)


def test_the_covariance_is_the_inverse_curvature_of_the_likelihood():
    rng = np.random.default_rng(9)
    rows = GammaGamma.from_parameters([6.0, 4.0, 15.0]).simulate(1 + rng.poisson(2.0, 3_000), rng)
    model = GammaGamma().fit(rows)
    theta = np.array(list(model.parameters_.values()))
    read = model._read(rows)
    steps = np.diag(theta * 1e-4)
    curvature = [(model._likelihood(theta + h, read)[1] - model._likelihood(theta - h, read)[1]) / 2 for h in steps]
    inverse = np.linalg.inv(-np.array(curvature) / (theta * 1e-4)[:, None])
    assert model.covariance_ == pytest.approx(inverse, rel=1e-3)


def test_how_spend_is_spread_is_how_planted_spend_is_spread():
    rng = np.random.default_rng(8)
    p, q, v = 6.0, 9.0, 40.0
    world = GammaGamma.from_parameters([p, q, v])
    rows = world.simulate(1 + rng.poisson(1.0, 40_000), rng)
    history = rows["frequency"], rows["monetary"]
    purchase = rows["mean_spend"] * rng.gamma(p, 1 / p, len(rows["mean_spend"]))
    levels = [0.05, 0.5, 0.9]
    for truth, variance, quantiles in (
        (rows["mean_spend"], world.spend_variance(*history), world.spend_quantiles(*history, levels)),
        (purchase, world.purchase_spend_variance(*history), world.purchase_spend_quantiles(*history, levels)),
    ):
        squared = np.square(truth - world.expected_spend(*history)) - variance
        assert abs(squared.mean()) < 3.5 * squared.std() / np.sqrt(len(squared))
        assert (truth[:, None] < quantiles).mean(axis=0) == pytest.approx(levels, abs=0.008)


def test_a_variance_that_does_not_exist_is_infinite():
    model = GammaGamma.from_parameters([0.5, 1.8, 15.0])
    assert np.isinf(model.spend_variance([0], [0.0])).all()
    assert np.isinf(model.purchase_spend_variance([0], [0.0])).all()
    assert np.isfinite(model.spend_variance([1], [30.0])).all()


@pytest.mark.parametrize("currency", [1e-6, 1e9])
def test_the_currency_changes_nothing_but_the_scale(currency):
    rng = np.random.default_rng(4)
    rows = GammaGamma.from_parameters([6.0, 4.0, 15.0]).simulate(1 + rng.poisson(2.0, 2_000), rng)
    model = GammaGamma().fit(rows)
    other = GammaGamma().fit(rows | {"monetary": rows["monetary"] * currency})
    p, q, v = model.parameters_.values()
    assert list(other.parameters_.values()) == pytest.approx([p, q, v * currency], rel=1e-6)
    errors = [error * scale for error, scale in zip(model.standard_errors_.values(), (1, 1, currency), strict=True)]
    assert list(other.standard_errors_.values()) == pytest.approx(errors, rel=1e-4)


def test_expected_spend_moves_from_the_population_to_the_own_mean():
    model = GammaGamma.from_parameters([6.0, 4.0, 15.0])
    spend = model.expected_spend([0, 1, 10, 1000], [0.0, 90.0, 90.0, 90.0])
    assert spend[0] == pytest.approx(30)
    assert np.all(np.diff(spend) > 0)
    assert spend[-1] == pytest.approx(90, rel=0.001)
    weight = model.own_weight([0, 1, 10, 1000])
    assert spend == pytest.approx(weight * 90 + (1 - weight) * 30)


def test_with_q_up_to_one_the_population_has_no_mean_and_the_own_mean_stands():
    rows = {"frequency": [1, 2, 4], "monetary": [10.0, 50.0, 30.0]}
    fitted = GammaGamma().fit({**rows, "weight": [9, 4, 5]})
    guarded = GammaGamma.from_json(fitted.to_json())
    guarded.parameters_["q"] = 0.9
    assert guarded.expected_spend([2, 0], [50.0, 0.0]).tolist() == [50.0, fitted.mean_spend_]
    with pytest.raises(FitError, match="q <= 1"):
        GammaGamma.from_parameters([6.0, 0.9, 15.0]).expected_spend([0], [0.0])


@pytest.mark.parametrize(
    ("row", "rule"),
    [((0, 10.0), "needs a purchase"), ((1, 0.0), r"is above 0.*Leave out .* worth nothing: monetary > 0\.")],
)
def test_rows_without_a_purchase_or_its_value_are_refused(row, rule):
    with pytest.raises(FitError, match=rule):
        GammaGamma().fit({"frequency": [row[0]], "monetary": [row[1]]})
