"""Intervals of counts hold what they say, of customers drawn from the models and fitted anew."""

import numpy as np
import pytest

from valuekit.ltv.forecasters import purchase_interval
from valuekit.ltv.line_cases import Cases, FromNothing, lapsed_cases, paying_cases
from valuekit.ltv.models import ParetoNbd
from valuekit.ltv.quantiles import mixture_quantile
from valuekit.ltv.stopping import stopping_rate

AHEAD, CUSTOMERS = 26.0, 1_200


def test_intervals_of_counts_hold_as_much_as_the_model_says():
    rng = np.random.default_rng(41)
    rows = ParetoNbd.from_parameters([4.0, 8.0, 0.8, 30.0]).simulate(rng.uniform(1, 100, CUSTOMERS), rng)
    came = rng.poisson(rows["rate"] * np.clip(rows["lifetime"] - rows["age"], 0, AHEAD)).astype(int)
    known = {name: rows[name] for name in ParetoNbd.columns}
    model = ParetoNbd().fit(known)
    reached = np.cumsum(model.purchase_distribution(AHEAD, known, int(3 * came.max())), axis=1)
    below = np.column_stack([np.zeros(CUSTOMERS), reached])
    customer = np.arange(CUSTOMERS)
    for level in (0.50, 0.80, 0.95):
        low, high = (end.astype(int) for end in purchase_interval(model, AHEAD, known, level))
        expected = reached[customer, high] - below[customer, low]
        held = (came >= low) & (came <= high)
        assert np.all(expected >= level - 1e-9)
        error = np.sqrt(np.mean(expected * (1 - expected)) / CUSTOMERS)
        assert abs(held.mean() - expected.mean()) < 3.5 * error
        # A count on an end of the interval counts in part: then the level itself must come out.
        tail, top, bottom = (1 - level) / 2, reached[customer, came], below[customer, came]
        within = np.clip((np.minimum(top, 1 - tail) - np.maximum(bottom, tail)) / (top - bottom), 0, 1)
        assert within.mean() == pytest.approx(level, abs=3.5 * np.sqrt(level * (1 - level) / CUSTOMERS))


def test_quantiles_of_a_mixture_are_those_of_drawn_amounts():
    rng = np.random.default_rng(42)
    weights, means, deviations = (np.array(v)[:, None] for v in ([0.3, 0.5, 0.2], [0.0, 90.0, 40.0], [0.0, 5.0, 20.0]))
    case = rng.choice(3, 100_000, p=weights[:, 0])
    drawn = rng.normal(means[case, 0], deviations[case, 0])
    for probability in (0.2, 0.4, 0.75, 0.975):
        found = mixture_quantile(weights, means, deviations, probability)[0]
        assert found == pytest.approx(np.quantile(drawn, probability), abs=0.6)


def test_a_quantile_that_is_a_step_is_exactly_that():
    weights, means, deviations = (np.array(v)[:, None] for v in ([0.3, 0.6, 0.1], [7.0, 90.0, 4e5], [0.0, 0.0, 9.0]))
    for probability, expected in ((0.1, 7.0), (0.29, 7.0), (0.31, 90.0), (0.75, 90.0), (0.89, 90.0)):
        assert mixture_quantile(weights, means, deviations, probability)[0] == expected


def payer(chance, alive, *, owed=0.0, error=0.0):
    """A row of one party without contract: 10 a month for `alive` of 36 months in the mean, if anything comes."""
    row = {"u_chance": chance, "u_alive": alive, "u_error": error, "whole": 3.0, "ltv": 10 * alive + owed, "owed": owed}
    return {name: np.array([float(value)]) for name, value in row.items()}


@pytest.mark.parametrize(("chance", "alive"), [(0.9, 28.0), (0.7, 10.0), (0.97, 34.0), (0.05, 0.5), (1.0, 20.0)])
def test_ends_of_money_until_it_stops_are_quantiles_of_what_is_drawn(chance, alive):
    rng = np.random.default_rng(11)
    rate = float(stopping_rate(np.array([alive / 36 / chance]))[0])
    drawn = 360 * np.minimum(rng.exponential(size=400_000) / rate, 1.0) * (rng.random(400_000) < chance)
    assert drawn.mean() == pytest.approx(10 * alive, rel=0.02)
    cases = paying_cases(payer(chance, alive), np.array([10 * alive]), np.zeros(1))
    for level in (0.5, 0.8, 0.95):
        from_nothing = 1 - chance >= (1 - level) / 2
        expected = (0.0, level) if from_nothing else ((1 - level) / 2, (1 + level) / 2)
        least, most = np.quantile(drawn, expected)
        assert [float(end[0]) for end in cases.interval(level)] == pytest.approx([least, most], abs=6)


def test_cost_of_who_pays_without_contract_lies_with_the_time_it_stays():
    row = payer(0.7, 20.0) | {"saved": np.array([5.0])}
    cases = paying_cases(row, np.array([200.0]), np.array([100.0])).cases
    assert (cases.means[0], cases.deviations[0]) == (0, 0)  # nothing comes, and nothing is spent
    longer = 36 / 20
    assert (cases.means[-1], cases.deviations[-1] ** 2) == pytest.approx((360 + longer * 5, longer * 100), rel=1e-3)


def test_from_nothing_on_lies_as_much_as_stated_where_less_than_nothing_can_come():
    weights, means, deviations = (np.array(v)[:, None] for v in ([0.3, 0.7], [0.0, 50.0], [0.0, 60.0]))
    rng = np.random.default_rng(12)
    drawn = rng.normal(50, 60, 400_000) * (rng.random(400_000) < 0.7)
    for sign in (1, -1):
        ends = FromNothing(Cases(weights, sign * means, deviations), np.array([sign > 0])).interval(0.6)
        low, high = sorted(sign * float(end[0]) for end in ends)
        assert low == 0
        assert ((drawn >= low) & (drawn <= high)).mean() == pytest.approx(0.6, abs=0.01)


def test_a_wider_interval_holds_a_narrower_one():
    rng = np.random.default_rng(13)
    many = 4_000
    weights = rng.dirichlet([0.7, 0.7, 0.7, 0.7], many).T
    means = rng.normal(rng.choice([-40, 0, 60], (4, many)), 20)
    means[0] = rng.choice([0.0, 7.0], many)
    deviations = rng.exponential(20, (4, many))
    deviations[0] = 0
    cases = FromNothing(Cases(weights, means, deviations), rng.random(many) < 0.8)
    ends = [cases.interval(level) for level in (0.95, 0.8, 0.5)]
    for (low, high), (lower, higher) in zip(ends[1:], ends, strict=False):
        assert np.all(lower <= low + 1e-3)
        assert np.all(low <= high + 1e-3)
        assert np.all(high <= higher + 1e-3)


def test_what_is_owed_comes_also_where_nothing_else_does():
    row = payer(0.5, 6.0, owed=70.0) | {
        name: np.zeros(1)
        for name in (
            "net", "monthly", "l_best_chance", "l_paid_sd", "l_lived_sd", "l_unsure", "l_own_growth", "saved",
            "l_chance_of_growth", "l_changes", "l_flat", "l_by_growth",
            *(f"l_{what}{case}" for what in ("paid", "lived") for case in ("", "_worst", "_best")),
        )
    }  # fmt: skip
    row["l_worst_chance"] = np.ones(1)
    lapsed = lapsed_cases(row, np.array([60.0]), np.zeros(1), np.zeros(1))
    low, high = lapsed.interval(0.8)
    assert low[0] == pytest.approx(70)
    assert high[0] > 70 + 60
