import pytest

from valuekit.ltv import FittedModel
from valuekit.ltv.model_record import parameter_rows
from valuekit.ltv.models import BgCnbdK, MbgNbd, ShiftedBetaGeometric


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


def test_the_record_of_regular_buyers_tells_how_regular_they_are():
    model = BgCnbdK.from_parameters([0.243, 1.471, 0.793, 2.426], k=3)
    rows = parameter_rows(FittedModel("orders.purchases", model))
    assert [(row["parameter"], row["estimate"], row["standard_error"]) for row in rows[-2:]] == [
        ("b", 2.426, None), ("k", 3.0, None),
    ]  # fmt: skip
