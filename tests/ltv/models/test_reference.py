"""Answers of the models against arbitrary precision: ordinary and extreme customers.

`reference/make.py` wrote the values, by other formulas and with as many digits as they need. A double carries 16
digits, of which the exponent of 2,000 purchases loses four or five: answers agree to 1e-10 of themselves.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from valuekit.ltv.models import BgBb, GammaGamma, ParetoNbd

FOLDER = Path(__file__).parent / "reference"
MODELS = {"pareto": ParetoNbd("week"), "beta_binomial": BgBb("year")}
CASES = [
    (name, world["t"], world["annual_rate"], customer)
    for name in MODELS
    for world in [json.loads((FOLDER / f"{name}.json").read_text())]
    for customer in world["customers"]
]


@pytest.mark.parametrize(("name", "t", "rate", "customer"), CASES)
def test_answers_agree_with_arbitrary_precision(name, t, rate, customer):
    blank = MODELS[name]
    model = type(blank).from_parameters([customer[k] for k in blank.basic], **blank.get_params())
    row = {k: [customer[k]] for k in blank.columns}
    answers = {
        "log_likelihood": model.log_likelihood(row),
        "probability_alive": model.probability_alive(row)[0],
        "expected_purchases": model.expected_purchases(t, row)[0],
        "purchase_variance": model.purchase_variance(t, row)[0],
        "expected_time_alive": model.expected_time_alive(t, row)[0],
        "discounted_purchases": model.discounted_purchases(rate, row)[0],
        "purchase_distribution": model.purchase_distribution(t, row, 3)[0],
    }
    wanted = customer["answers"]
    assert answers.keys() == wanted.keys()
    for answer, value in answers.items():
        assert np.asarray(value) == pytest.approx(np.asarray(wanted[answer]), rel=1e-10, abs=1e-290), answer


def test_the_likelihood_of_spend_agrees_for_any_amount_and_many_purchases():
    customers = json.loads((FOLDER / "gamma_gamma.json").read_text())["customers"]
    assert len(customers) == 18
    for customer in customers:
        model = GammaGamma.from_parameters([customer[k] for k in GammaGamma.basic])
        row = {k: [customer[k]] for k in GammaGamma.columns}
        assert model.log_likelihood(row) == pytest.approx(customer["answers"]["log_likelihood"], rel=1e-9)
