import numpy as np
import pytest

from valuekit.cashflow.unit_costs import FEWEST_MONTHS, REASONS, fit_curve

MONTH = np.arange(36.0)
UP_AND_DOWN = 1000 + 400 * np.sin(MONTH) + 30 * np.cos(7 * MONTH)


def noise(size, seed=5):
    return np.exp(size * np.random.default_rng(seed).normal(size=36))


@pytest.mark.parametrize("elasticity", [0.3, 0.7, 1.4])
def test_an_exact_curve_is_found(elasticity):
    assert fit_curve(9 * UP_AND_DOWN**elasticity, UP_AND_DOWN, MONTH).elasticity == pytest.approx(elasticity)


def test_prices_that_rise_every_month_are_not_taken_for_scale():
    rising = 9 * UP_AND_DOWN**0.6 * 1.02**MONTH
    assert fit_curve(rising, UP_AND_DOWN, MONTH).elasticity == pytest.approx(0.6)


def test_the_interval_holds_the_truth_under_noise_about_as_often_as_it_says():
    held = []
    for seed in range(60):
        found = fit_curve(9 * UP_AND_DOWN**0.6 * noise(0.05, seed), UP_AND_DOWN, MONTH)
        held.append(found.low <= 0.6 <= found.high)
    assert 0.8 <= np.mean(held) <= 1  # corrected errors are a little short in small samples; 95% is meant


def reason(cost, units, month=MONTH):
    found = fit_curve(cost, units, month)
    assert found.reason in REASONS
    return found.reason, found.elasticity


def test_less_than_a_year_is_too_little():
    few = slice(FEWEST_MONTHS - 1)
    assert reason(UP_AND_DOWN[few] ** 0.6, UP_AND_DOWN[few], MONTH[few]) == ("too_few_months", None)


def test_without_a_month_nothing_is_said():
    assert reason(np.array([]), np.array([]), np.array([])) == ("too_few_months", None)


def test_volume_that_hardly_varies_teaches_nothing():
    assert reason(noise(0.1), 1000 + UP_AND_DOWN / 100) == ("volume_hardly_varies", None)


def test_even_growth_cannot_be_told_from_a_trend():
    even = 100 * 1.03**MONTH * noise(0.002)
    assert reason(even**0.6 * noise(0.05, 6), even) == ("trend_not_told_from_scale", None)


def test_noise_without_a_trend_is_too_wide():
    assert reason(UP_AND_DOWN * noise(1.0), UP_AND_DOWN) == ("interval_too_wide", None)


def test_cost_that_falls_as_volume_rises_is_no_curve():
    assert reason(UP_AND_DOWN**-0.5, UP_AND_DOWN) == ("implausible", None)


def test_cost_in_proportion_is_used_as_such():
    assert reason(UP_AND_DOWN * noise(0.02), UP_AND_DOWN) == ("no_scale_effect_shown", 1.0)
