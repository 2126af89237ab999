import pytest

from valuekit.ltv import FittedModel
from valuekit.ltv.models import MbgNbd, ShiftedBetaGeometric


def test_a_fit_reports_its_parameters_and_how_good_they_are():
    estimator = ShiftedBetaGeometric().fit({"renewals": [0, 1, 1], "churned": [1, 1, 0], "weight": [30, 10, 60]})
    fitted = FittedModel("contracts.renewals.12m", estimator)
    assert fitted.parameters == estimator.parameters_
    assert fitted.metrics["observations"] == 100
    assert fitted.metrics["aic"] == pytest.approx(4 - 2 * fitted.metrics["log_likelihood"])
    assert ShiftedBetaGeometric.from_json(fitted.to_json()).parameters_ == estimator.parameters_


def test_a_stated_prior_has_no_metrics():
    fitted = FittedModel("orders.purchases", MbgNbd.from_parameters([1, 2, 3, 4]), "too few", stated=True)
    assert fitted.metrics == {}
    assert MbgNbd.from_json(fitted.to_json()).parameters_ == {"r": 1, "alpha": 2, "a": 3, "b": 4}
