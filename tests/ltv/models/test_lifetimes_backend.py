import subprocess
import sys

import pytest

from valuekit.errors import FitError
from valuekit.ltv.models import BgNbd, LifetimesBackend, MbgNbd


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


def test_its_failures_are_ours():
    with pytest.raises(FitError, match="nobody has bought twice"):
        LifetimesBackend().fit({"frequency": [0], "recency": [0], "age": [3]})


def test_it_is_loaded_only_when_asked_for():
    code = "import sys, valuekit.ltv.models; sys.exit('lifetimes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
