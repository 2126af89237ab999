"""Cases of contract lines: together they have the mean and the variance of the value, however often prices change."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gamma

from tests.engines import fresh_engine
from valuekit.ltv import Discount, Horizon
from valuekit.ltv.intervals import _growth_slots
from valuekit.ltv.line_cases import growth_variances, leaving_cases, line_cases, line_deviation, saved_by_most
from valuekit.ltv.moments import Factors
from valuekit.ltv.stopping import stopping_rate


def row(**given):
    """A line of 100 a year for three years: it ends at once in 2 cases of 10, stays throughout in 5."""
    return {name: np.array([float(value)]) for name, value in {
        "net": 1.0, "monthly": 0.0, "ltv": 190.0, "l_paid": 190.0, "l_paid_worst": 50.0, "l_paid_best": 300.0,
        "l_lived": 24.0, "l_lived_worst": 6.0, "l_lived_best": 36.0, "l_worst_chance": 0.2, "l_best_chance": 0.5,
        "l_paid_sd": 12_520**0.5, "l_lived_sd": 0.0, "l_unsure": 0.0, "l_own_growth": 4.0, "l_chance_of_growth": 20.0,
        "l_flat": 183.0, "saved": 0.0, "l_changes": 0.4, "l_by_growth": 0.0,
    }.items()} | {name: np.array([float(value)]) for name, value in given.items()}  # fmt: skip


def moments(cases):
    mean = (cases.weights * cases.means).sum(axis=0)
    return mean, (cases.weights * (cases.deviations**2 + (cases.means - mean) ** 2)).sum(axis=0)


@given(changes=st.floats(0.2, 5.0), flat=st.floats(185.0, 190.0), cost=st.floats(0, 500))
def test_changes_of_price_are_apart_and_leave_mean_and_variance_as_they_are(changes, flat, cost):
    cost, beside = np.array([cost]), np.array([9.0])
    mean, variance = moments(line_cases(row(l_changes=changes, l_flat=flat), cost, beside))
    assert mean == pytest.approx(190)
    never = moments(line_cases(row(l_changes=50.0, l_flat=flat), cost, beside))[1]
    assert variance == pytest.approx(never, rel=1e-9)


def test_who_keeps_a_price_is_known_better_than_who_does_not():
    cases = line_cases(row(), np.zeros(1), np.zeros(1))
    _, kept, changed, *_ = cases.deviations[:, 0]
    assert kept < changed / 3
    assert cases.weights[:, 0].sum() == pytest.approx(1)
    assert cases.weights[1, 0] == pytest.approx(0.5 * np.exp(-0.4 * 3))
    assert cases.means[1, 0] == pytest.approx(300 - 7 * 36 / 24)  # what growth brings is not there without it


def test_where_no_price_changes_there_are_the_three_cases_alone():
    cases = line_cases(row(l_changes=0, l_flat=190, l_chance_of_growth=0, l_own_growth=0), np.zeros(1), np.zeros(1))
    assert cases.weights[:, 0].tolist() == pytest.approx([0.2, 0.5, 0, 0.3, 0])
    mean, variance = moments(cases)
    assert (mean[0], variance[0]) == pytest.approx((190, line_deviation(row())[0] ** 2))
    assert growth_variances(row())[1] == pytest.approx(400)


def test_what_all_share_moves_a_case_by_as_much_as_there_is_of_it():
    known, unknown = (line_cases(row(l_by_growth=by), np.zeros(1), np.zeros(1)).deviations for by in (0.0, 10.0))
    assert unknown[0, 0] == known[0, 0] == 0  # before the first renewal no price grows
    assert np.all(unknown[1:, 0] > known[1:, 0])
    costs = line_cases(row(l_own_growth=0, l_changes=0), np.zeros(1), np.zeros(1), np.array([16.0])).deviations[:2, 0]
    assert costs == pytest.approx([4 * 6 / 24, 4 * 36 / 24])


AFTER = {"u_alive": 3.0, "u_chance": 0.2, "u_leaves": 0.8, "u_error": 0.0, "ends": 0.0, "ltv": 220.0}


@given(first=st.floats(0, 0.5), best=st.floats(0, 0.5), chance=st.floats(0.0, 0.8), alive=st.floats(0.0, 5.0))
def test_money_after_leaving_comes_to_who_leaves_and_leaves_the_mean_as_it_is(first, best, chance, alive):
    lived = 6 * first + 36 * best + 20 * (1 - first - best)
    paid = 50 * first + 300 * best + 170 * (1 - first - best)
    given_ = AFTER | {"l_worst_chance": first, "l_best_chance": best, "l_lived": lived, "l_paid": paid, "l_flat": paid}
    one = row(**given_ | {"u_chance": chance, "u_alive": alive, "ltv": paid + 30})
    cases = leaving_cases(one, np.array([30.0]), np.zeros(1), np.zeros(1)).cases
    assert moments(cases)[0] == pytest.approx(paid + 30, rel=1e-6)
    without = line_cases(one | {"ltv": one["ltv"] - 30}, np.zeros(1), np.zeros(1))
    assert cases.means[-4:-2] == pytest.approx(without.means[1:3])  # who stays throughout has none of it
    assert cases.means[0] == pytest.approx(without.means[0])
    assert cases.weights.sum() == pytest.approx(1)


@pytest.mark.parametrize(("chance", "alive"), [(0.3, 4.0), (0.6, 12.0), (0.02, 0.3), (0.9, 20.0)])
def test_who_is_under_notice_has_what_is_left_for_certain_and_then_nothing_or_until_it_stops(chance, alive):
    notice = {"ends": 1, "l_worst_chance": 1, "l_best_chance": 0, "l_paid": 50, "l_flat": 50, "l_lived": 6}
    notice |= {"l_paid_sd": 0, "u_leaves": 1, "u_chance": chance, "u_alive": alive, "ltv": 50 + 10 * alive}
    found = leaving_cases(row(**AFTER | notice), np.array([10 * alive]), np.zeros(1), np.zeros(1))
    rng = np.random.default_rng(14)
    rate = float(stopping_rate(np.array([alive / 30 / chance]))[0])
    drawn = 50 + 300 * np.minimum(rng.exponential(size=400_000) / rate, 1.0) * (rng.random(400_000) < chance)
    for level in (0.5, 0.8, 0.95):
        tail = (1 - level) / 2
        expected = (0.0, level) if 1 - chance >= tail else (tail, 1 - tail)
        assert [float(end[0]) for end in found.interval(level)] == pytest.approx(np.quantile(drawn, expected), abs=6)
    costly = leaving_cases(row(**AFTER | notice), np.array([10 * alive]), np.full(1, 9.0), np.zeros(1))
    if 1 - chance > 0.1:
        assert costly.interval(0.8)[0][0] < 50  # what serving it until then costs is not known


@given(
    st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 8), st.floats(0, 40), st.booleans(),
    st.floats(0, 100),
)  # fmt: skip
def test_higher_levels_of_lines_hold_lower_ones(first, best, chance, alive, by, ends, cost):
    first = 1.0 if ends else first
    best *= 1 - first
    lived = 6 * first + 36 * best + 20 * (1 - first - best)
    paid = 50 * first + 300 * best + 170 * (1 - first - best)
    one = row(**AFTER | {
        "l_worst_chance": first, "l_best_chance": best, "l_lived": lived, "l_paid": paid, "l_flat": paid, "ends": ends,
        "u_chance": chance, "u_alive": alive, "ltv": paid + 10 * alive, "l_by_growth": by * (1 - first),
    })  # fmt: skip
    found = leaving_cases(one, np.array([10 * alive]), np.array([cost]), np.zeros(1))
    for low, high in (found.interval(level) for level in (0.5, 0.8, 0.95)):
        assert low[0] <= high[0]
    (low, high), (lower, higher) = found.interval(0.8), found.interval(0.95)
    assert lower[0] <= low[0] + 1e-2
    assert higher[0] >= high[0] - 1e-2


@pytest.mark.parametrize("uneven", [0.01, 0.1, 0.5, 1.0, 2.0])
def test_what_most_save_is_how_far_the_median_of_a_skewed_cost_lies_below_its_mean(uneven):
    median = gamma.ppf(0.5, 1 / uneven, scale=uneven)
    saved = saved_by_most(np.array([1.0]), np.array([uneven]))
    assert saved == pytest.approx(1 - median, abs=0.02)


def test_cases_lie_where_the_cost_of_most_has_them():
    usual, mean = (line_cases(row(saved=saved), np.zeros(1), np.zeros(1)) for saved in (6.0, 0.0))
    shift = usual.means - mean.means
    assert (usual.weights == mean.weights).all()
    assert (usual.deviations == mean.deviations).all()
    # The longer a customer stays, the more: 6 in 24 months are 1.5 in 6 and 9 in 36.
    assert shift[0] == pytest.approx(1.5)
    assert shift.max() == pytest.approx(9.0)


def test_changes_of_a_price_by_chance_add_up_as_a_random_walk_does():
    """Payments of three years, whose price has been renewed 0.5, 1.5 and 2.5 times: as 200,000 walks have it."""
    walked = _growth_slots([Factors.of(Horizon(3), Discount(0.0))], expansion=False)["payments_walked"].sql
    paid, renewed = [1.0, 0.8, 0.7], [0.5, 1.5, 2.5]
    years = enumerate(zip(paid, renewed, strict=True), start=1)
    state = ", ".join(f"{p} AS payments_{k}, {r} AS renewed_{k}" for k, (p, r) in years)
    found = float(fresh_engine().scalar(f"SELECT {walked} FROM (SELECT {state}) AS s, (SELECT 0 AS rate) AS r"))
    steps = np.random.default_rng(7).normal(size=(200_000, 3)) * np.sqrt([0.5, 1.0, 1.0])
    assert found == pytest.approx((np.cumsum(steps, axis=1) @ paid).std(), rel=0.01)
