import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from valuekit.ltv.lines import months_alive, payments_by_year
from valuekit.ltv.models import BetaDiscreteWeibull, ShiftedBetaGeometric
from valuekit.ltv.renewals import Curve


def state(**given):
    row = {
        "term_months": 12,
        "segment": 1,
        "renewals": 0,
        "months_to_next": 6,
        "days_to_next": 0,
        "months_to_first": -1,
        "pending": 0,
        "silent": 0,
        "ends": 0,
    } | given
    row = {"billed_every": row["term_months"]} | row
    return {name: np.array([float(v)]) for name, v in row.items()}


# S(t) = B(1, 3 + t) / B(1, 3) = 3 / (3 + t): a quarter leaves at the first renewal.
CURVE = Curve(ShiftedBetaGeometric.from_parameters([1.0, 3.0]), 1.0, stated=False)


def test_a_yearly_contract_pays_once_a_year_if_it_survives():
    payments, alive = by_year(state())
    assert payments[0, :3] == pytest.approx([3 / 4, 3 / 5, 3 / 6])
    assert alive[0, 0] == pytest.approx(6 + 6 * 3 / 4)


def test_a_monthly_contract_pays_every_month():
    payments, _ = by_year(state(term_months=1, months_to_next=0))
    assert payments[0, 0] == pytest.approx(sum(3 / (3 + t) for t in range(1, 13)))


def test_renewals_behind_raise_the_chance_of_the_next():
    payments, _ = by_year(state(renewals=5))
    assert payments[0, 0] == pytest.approx(8 / 9)


@pytest.mark.parametrize(("months", "days", "lives"), [(0, 0, 0), (0, 14, 0.46), (1, 0, 1), (6, 0, 6), (8, 10, 8.33)])
def test_after_notice_nothing_is_paid_and_the_customer_stays_until_the_end(months, days, lives):
    payments, alive = by_year(state(ends=1, months_to_next=months, days_to_next=days))
    assert payments.sum() == 0
    assert alive[0].tolist() == pytest.approx([lives] + [0] * 9, abs=0.005)


def test_a_signed_term_is_paid_and_a_pending_renewal_may_not_be():
    certain, _ = by_year(state(months_to_first=1, months_to_next=13))
    assert certain[0, :2] == pytest.approx([1, 3 / 4])
    pending, _ = by_year(state(pending=1))
    assert pending[0, 0] == pytest.approx(3 / 5)


def by_year(row):
    """Expected payments and months alive of each year."""
    return payments_by_year(row, CURVE)[0], months_alive(row, CURVE)


def test_a_term_that_is_paid_in_parts_brings_what_is_left_of_it_and_then_a_part_at_a_time():
    payments, _ = by_year(state(billed_every=1))
    assert payments[0, :2] == pytest.approx([(6 + 6 * 3 / 4) / 12, (6 * 3 / 4 + 6 * 3 / 5) / 12])
    quarterly, _ = by_year(state(billed_every=3, months_to_next=7))  # parts in 1, 4, 7 and 10 months
    assert quarterly[0, 0] == pytest.approx((2 + 2 * 3 / 4) / 4)
    years, _ = by_year(state(term_months=36, billed_every=12, months_to_next=30))
    assert years[0, :4] == pytest.approx([1 / 3, 1 / 3, 3 / 4 / 3, 3 / 4 / 3])
    noticed, _ = by_year(state(billed_every=1, ends=1))
    assert noticed[0, :2] == pytest.approx([6 / 12, 0])
    signed, _ = by_year(state(billed_every=6, months_to_first=2, months_to_next=14))
    assert signed[0, :2] == pytest.approx([1, 3 / 4])


FUTURES = st.fixed_dictionaries(
    {
        "term_months": st.sampled_from([1, 3, 12, 24]),
        "renewals": st.integers(0, 20),
        "months_to_next": st.integers(0, 23),
        "parts": st.sampled_from([1, 1, 3, 12]),
        "days_to_next": st.integers(0, 30),
        "pending": st.integers(0, 1),
        "ends": st.sampled_from([0, 0, 0, 1]),
    }
)


def play_out(row, survived):
    """Payments in each year, renewals before them, and months alive, of who survives so many renewals from today on."""
    of = {name: int(values[0]) for name, values in row.items()}
    allowed = (np.zeros_like(survived) if of["ends"] else survived - of["pending"])[:, None]
    month = np.arange(120)
    since = month - of["months_to_next"]
    due = (since >= 0) & (since % of["term_months"] == 0)
    here = (np.cumsum(due) <= allowed) & (survived >= of["pending"])[:, None]
    before = np.column_stack([survived >= of["pending"], here[:, :-1]])
    every = of["billed_every"]
    parts = (since % every == 0) & ((since >= 0) | (every < of["term_months"]) & (month >= of["months_to_first"]))
    first = (month == of["months_to_first"]) & (every == of["term_months"])
    paid = (parts & here | first) * every / of["term_months"]
    passed = of["days_to_next"] / 30.4375
    lived = passed * before + (1 - passed) * here
    years = paid * np.cumsum(due) * of["term_months"] / 12
    return tuple(by_month.reshape(-1, 10, 12).sum(axis=2) for by_month in (paid, years, lived))


@settings(deadline=None)  # the first example also loads the models
@given(FUTURES, st.sampled_from([-1, -1, 0, 5]))
def test_payments_are_those_of_all_ways_in_which_a_line_can_go(future, months_to_first):
    every = max(future["term_months"] // future.pop("parts"), 1)
    future |= {"billed_every": every, "months_to_first": months_to_first}
    if months_to_first >= 0:
        future |= {"months_to_next": months_to_first + future["term_months"], "pending": 0}
    row = state(**future)
    curve = Curve(BetaDiscreteWeibull.from_parameters([1.5, 4.0, 1.2]), 1.0, stated=False)
    ways = np.arange(130)
    reached = curve.survival(np.full(131, row["renewals"][0]), np.arange(131))
    chance = np.append(-np.diff(reached[:130]), reached[129])[:, None]
    paid, years, lived = ((chance * of_way).sum(axis=0) for of_way in play_out(row, ways))
    payments, renewed = payments_by_year(row, curve)
    assert payments[0] == pytest.approx(paid)
    assert renewed[0] * payments[0] == pytest.approx(years, abs=1e-9)
    assert months_alive(row, curve)[0] == pytest.approx(lived)


def test_payments_are_those_of_simulated_customers():
    model, row = ShiftedBetaGeometric.from_parameters([0.8, 9.0]), state(term_months=1, renewals=4, months_to_next=2)
    rows = model.simulate(np.full(60_000, 130), np.random.default_rng(3), entered=4)
    paid, *_ = play_out(row, (rows["renewals"] - 4).astype(int))
    payments, _ = payments_by_year(row, Curve(model, 1.0, stated=False))
    assert paid.mean(axis=0) == pytest.approx(payments[0], rel=0.01)


def test_prices_have_been_renewed_as_often_as_the_contract():
    rows = {name: np.repeat(values, 3) for name, values in state().items()}
    rows["term_months"] = rows["billed_every"] = np.array([12.0, 1.0, 12.0])
    rows["months_to_next"] = np.array([6.0, 0.0, 18.0])
    rows["months_to_first"] = np.array([-1.0, -1.0, 6.0])
    _, passed = payments_by_year(rows, CURVE)
    assert passed[0, :3] == pytest.approx([1, 2, 3])
    there = CURVE.survival(np.zeros(12), np.arange(1, 13))
    assert passed[1, 0] == pytest.approx(np.average(np.arange(1, 13) / 12, weights=there))
    assert passed[2, :3] == pytest.approx([0, 1, 2])
