import numpy as np
import pytest

from valuekit.errors import FitError
from valuekit.ltv.models import GammaGamma


def test_planted_parameters_are_recovered_within_their_standard_errors():
    rng = np.random.default_rng(5)
    p, q, v = 6.0, 4.0, 15.0
    x = 1 + rng.poisson(2.0, 20_000)
    scale = rng.gamma(q, 1 / v, 20_000)
    monetary = rng.gamma(p * x, 1 / (scale * x))
    model = GammaGamma().fit({"frequency": x, "monetary": monetary})
    for name, true in {"p": p, "q": q, "v": v}.items():
        assert abs(model.parameters_[name] - true) < 3.5 * model.standard_errors_[name]
    assert model.population_mean == pytest.approx(p * v / (q - 1), rel=0.02)


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


@pytest.mark.parametrize(("row", "rule"), [((0, 10.0), "needs a purchase"), ((1, 0.0), "is above 0")])
def test_rows_without_a_purchase_or_its_value_are_refused(row, rule):
    with pytest.raises(FitError, match=rule):
        GammaGamma().fit({"frequency": [row[0]], "monetary": [row[1]]})
