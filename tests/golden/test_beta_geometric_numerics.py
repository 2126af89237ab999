"""BG/NBD, MBG/NBD and their regular kin against arbitrary precision: `beta_geometric_grid.py` made the numbers."""

import json
from pathlib import Path

import numpy as np
import pytest

from valuekit.ltv.models import BgCnbdK, MbgCnbdK

GRID = json.loads(Path(__file__).with_name("beta_geometric.json").read_text())
CASES = [(k, tosses) for k, tosses in ((1, 0), (1, 1), (4, 1))]


@pytest.fixture(params=CASES, ids=lambda case: f"k{case[0]}-tosses{case[1]}")
def cases(request):
    """The model and its row of each case of one kind, and what is true of it."""
    k, tosses = request.param
    model = (BgCnbdK, MbgCnbdK)[tosses]
    names = ("frequency", "recency", "age")
    return [
        (model.from_parameters(c["theta"], k=k), dict(zip(names, np.array([c["row"]]).T, strict=True)), c)
        for c in GRID
        if (c["k"], c["tosses"]) == (k, tosses)
    ]


def compare(cases, answer, truth, rel, tiny=0.0):
    """Say which case is furthest off, not only that one is; what lies below `tiny` may be lost."""
    off = []
    for model, rows, case in cases:
        true = np.array(truth(case), float)
        found = np.asarray(answer(model, rows), float)
        known = np.isfinite(true)
        assert np.all(np.isfinite(found[known]))
        error = np.abs(found - true) / np.maximum(np.abs(true), tiny)
        off.append((float(np.max(np.where(known & (true != found), error, 0.0))), case["theta"], case["row"]))
    worst = max(off)
    assert worst[0] < rel, worst


def test_the_likelihood(cases):
    # Up to 2,000 purchases: terms of up to 17,000 nearly cancel, which costs four digits.
    def answer(model, rows):
        gaps = rows | {"log_gaps": np.zeros(1)}
        k = model.k_
        constant = -rows["frequency"] * np.log(np.prod(np.arange(1.0, k)))
        return model._row_likelihood(list(model._theta()), gaps)[0] - constant

    compare(cases, answer, lambda case: [case["log_likelihood"]], rel=1e-11, tiny=1.0)


def test_the_probability_to_be_alive(cases):
    compare(cases, lambda m, rows: m.probability_alive(rows), lambda case: [case["alive"]], rel=1e-10, tiny=1e-300)


def test_expected_purchases(cases):
    compare(
        cases,
        lambda m, rows: [m.expected_purchases(t, rows)[0] for t in (1.0, 520.0)],
        lambda case: case["purchases"],
        rel=1e-8,
        tiny=1e-250,
    )


@pytest.mark.parametrize("cases", [case for case in CASES if case[0] == 1], ids=str, indirect=True)
def test_chances_of_purchases(cases):
    """Of k = 1: the grid holds no chances of regular buyers, who are tested against simulation."""
    compare(
        cases,
        lambda m, rows: [m.purchase_distribution(t, rows, 3)[0] for t in (1.0, 520.0)],
        lambda case: case["chances"],
        rel=1e-10,
        tiny=1e-200,
    )
