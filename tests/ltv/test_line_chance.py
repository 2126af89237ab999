import numpy as np
import pytest

from valuekit.ltv import Discount, Horizon
from valuekit.ltv.line_chance import line_chance
from valuekit.ltv.lines import months_alive, payments_by_year
from valuekit.ltv.models import ShiftedBetaGeometric
from valuekit.ltv.moments import Factors
from valuekit.ltv.renewals import Curve

ALPHA, BETA, PATHS = 0.9, 6.0, 200_000
YEARLY = {
    "term_months": 12, "renewals": 0, "months_to_next": 4, "days_to_next": 11, "months_to_first": -1, "pending": 0,
    "ends": 0, "silent": 0, "billed_every": 12,
}  # fmt: skip
MONTHLY = YEARLY | {"term_months": 1, "months_to_next": 0, "billed_every": 1}
PARTS = YEARLY | {"billed_every": 1, "months_to_next": 7}
NOTICE = YEARLY | {"ends": 1}
SILENT = YEARLY | {"silent": 2}
SILENT_MONTHS = MONTHLY | {"renewals": 5, "silent": 3}
SIGNED = YEARLY | {"months_to_first": 2, "months_to_next": 14}
FACTORS = Factors.of(Horizon(3), Discount(0.10))


def state(line):
    return {name: np.array([float(value)]) for name, value in line.items()}


def chance(line, model=None):
    model = model or ShiftedBetaGeometric.from_parameters([ALPHA, BETA])
    found = line_chance(state(line), Curve(model, 1.0, stated=False, silent_stayers=0.2), FACTORS)
    return {name: float(values[0]) for name, values in found.items()}


def drawn(line):
    """Discounted payments of many futures, each drawn renewal by renewal."""
    rng = np.random.default_rng(5)
    survived = rng.geometric(rng.beta(ALPHA, BETA, PATHS)) - 1
    renewed = np.arange(line["months_to_next"], 36, line["term_months"])
    every, by_month = line["billed_every"], np.zeros(36)
    part = np.arange(
        line["months_to_next"] % every if every < line["term_months"] else line["months_to_next"], 36, every
    )
    by_month[part] = np.repeat(FACTORS.factor[:3], 12)[part] * every / line["term_months"]
    worth = np.append([by_month[:month].sum() for month in renewed], by_month.sum())
    return worth[np.minimum(survived, len(renewed))]


@pytest.mark.parametrize(
    "line", [YEARLY, MONTHLY, PARTS, NOTICE, SIGNED, SIGNED | {"billed_every": 3}, SILENT, SILENT_MONTHS]
)
def test_means_are_those_of_the_cube(line):
    curve = Curve(ShiftedBetaGeometric.from_parameters([ALPHA, BETA]), 1.0, stated=False, silent_stayers=0.2)
    paid, _ = payments_by_year(state(line), curve)
    alive = months_alive(state(line), curve)
    found = chance(line)
    assert found["paid"] == pytest.approx((paid @ FACTORS.factor).item(), rel=1e-12)
    assert found["lived"] == pytest.approx((alive @ FACTORS.factor).item(), rel=1e-12)


@pytest.mark.parametrize("line", [YEARLY, MONTHLY, PARTS], ids=["yearly", "monthly", "in parts"])
def test_deviation_and_cases_are_those_of_drawn_futures(line):
    found, paid = chance(line), drawn(line)
    assert found["paid"] == pytest.approx(paid.mean(), rel=0.01)
    assert found["paid_sd"] == pytest.approx(paid.std(), rel=0.01)
    assert (found["paid_worst"], found["paid_best"]) == pytest.approx((paid.min(), paid.max()))
    shares = (np.mean(paid == paid.min()), np.mean(paid == paid.max()))
    assert (found["worst_chance"], found["best_chance"]) == pytest.approx(shares, abs=0.005)


def test_a_notice_leaves_one_case():
    found = chance(NOTICE)
    assert (found["paid"], found["paid_sd"], found["paid_worst"]) == (0, 0, 0)
    assert (found["worst_chance"], found["best_chance"]) == (1, 0)
    assert found["lived_sd"] == pytest.approx(0, abs=1e-9)
