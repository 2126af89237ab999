import subprocess
import sys

import numpy as np
import pytest

from valuekit.errors import FitError
from valuekit.ltv.models import (
    BgNbd,
    GammaGamma,
    LifetimesBackend,
    LifetimesGammaGamma,
    LifetimesPareto,
    MbgNbd,
    ParetoNbd,
)


@pytest.mark.parametrize(("name", "ours"), [("bg_nbd", BgNbd()), ("mbg_nbd", MbgNbd())])
def test_both_packages_find_the_same_model_and_give_the_same_answers(name, ours, simulate_buyers):
    rows, _ = simulate_buyers(3_000, 0.6, 6.0, 0.8, 2.5, tosses=ours.tosses)
    theirs = LifetimesBackend(name).fit(rows)
    assert ours.fit(rows).parameters_ == pytest.approx(theirs.parameters_, rel=1e-4)
    assert ours.log_likelihood_ >= theirs.log_likelihood_ - 1e-6
    ours.parameters_ = theirs.parameters_
    assert ours.expected_purchases(39, rows) == pytest.approx(theirs.expected_purchases(39, rows), rel=1e-8)
    assert ours.probability_alive(rows) == pytest.approx(theirs.probability_alive(rows), rel=1e-10)
    assert ours.expected_purchases_new(39) == pytest.approx(theirs.expected_purchases_new(39), rel=1e-8)


def test_pareto_nbd_is_the_same_model_there_and_gives_the_same_answers():
    world = ParetoNbd.from_parameters([0.6, 8.0, 0.7, 12.0])
    rows = world.simulate(np.random.default_rng(3).integers(10, 60, 1_000), np.random.default_rng(4))
    ours, theirs = ParetoNbd().fit(rows), LifetimesPareto().fit(rows)
    assert ours.parameters_ == pytest.approx(theirs.parameters_, rel=5e-3)  # it stops its search early
    assert ours.log_likelihood_ >= theirs.log_likelihood_ - 1e-6
    ours.parameters_ = theirs.parameters_
    assert ours.expected_purchases(39, rows) == pytest.approx(theirs.expected_purchases(39, rows), rel=1e-8)
    assert ours.probability_alive(rows) == pytest.approx(theirs.probability_alive(rows), rel=1e-8)
    assert ours.expected_purchases_new(39) == pytest.approx(theirs.expected_purchases_new(39), rel=1e-10)


def test_gamma_gamma_is_the_same_model_there():
    frequency = np.random.default_rng(5).poisson(2, 2_000) + 1
    rows = GammaGamma.from_parameters([6.0, 4.0, 15.0]).simulate(frequency, np.random.default_rng(6))
    ours, theirs = GammaGamma().fit(rows), LifetimesGammaGamma().fit(rows)
    assert ours.parameters_ == pytest.approx(theirs.parameters_, rel=2e-3)  # its likelihood is flat
    assert ours.log_likelihood_ >= theirs.log_likelihood_ - 1e-6
    ours.parameters_ = theirs.parameters_
    spends = [model.expected_spend(rows["frequency"], rows["monetary"]) for model in (ours, theirs)]
    assert spends[0] == pytest.approx(spends[1], rel=1e-10)


def test_its_failures_are_ours():
    with pytest.raises(FitError, match="nobody has bought twice"):
        LifetimesBackend().fit({"frequency": [0], "recency": [0], "age": [3]})


def test_it_is_loaded_only_when_asked_for():
    code = "import sys, valuekit.ltv.models; sys.exit('lifetimes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
