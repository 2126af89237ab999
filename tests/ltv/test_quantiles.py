"""Ends of intervals are quantiles of what is drawn, also for those of whom much is expected."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.ltv import value_orders
from valuekit.ltv.quantiles import Amounts
from valuekit.ltv.stopping import lasting_quantiles, mean_time, time_unevenness

TAILS = np.array([0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975])


@pytest.mark.parametrize(("shape", "rate"), [(0.1, 0.02), (1.7, 0.3), (9.0, 1.1), (40.0, 5.0), (4.0, 0.001)])
def test_quantiles_of_what_lasts_are_those_of_what_is_drawn(shape, rate):
    rng = np.random.default_rng(5)
    time = np.minimum(rng.exponential(1 / rate, 400_000), 1.0)
    came = time * rng.gamma(shape, 1 / shape, 400_000)
    found = lasting_quantiles(np.full(7, shape), np.full(7, rate), TAILS)
    assert (came[:, None] < found).mean(axis=0) == pytest.approx(TAILS, abs=0.013)


def lasting(shape, rate, gone=0.0, cost=0.0):
    """A row of somebody whose pace has a shape, who leaves at a rate, and who is gone already with a probability."""
    one, alive = np.ones(1), 1 - gone
    time, uneven = mean_time(np.array([rate])), time_unevenness(np.array([rate]))
    square = uneven * time**2 * ((1 - cost) ** 2 + 1 / shape)
    mean = alive * time * (1 - cost)
    return Amounts(mean, alive * square - mean**2, 0 * one, gone * one, -cost * one, rate * one)


@pytest.mark.parametrize("gone", [0.0, 0.04, 0.3])
@pytest.mark.parametrize("cost", [0.0, 0.2])
def test_ends_hold_as_much_as_they_say_of_those_who_may_leave(gone, cost):
    rng = np.random.default_rng(6)
    time = np.minimum(rng.exponential(1 / 0.8, 400_000), 1.0) * (rng.random(400_000) >= gone)
    came = time * (rng.gamma(5.0, 1 / 5.0, 400_000) - cost)
    for level in (0.5, 0.8, 0.9):
        tail = (1 - level) / 2
        ends = np.quantile(came, [tail, 1 - tail]) if gone < tail else (0.0, np.quantile(came, level))
        least = -cost if gone >= tail else ends[0]
        found = [float(end[0]) for end in lasting(5.0, 0.8, gone, cost).interval(level)]
        assert found == pytest.approx([least, ends[1]], abs=0.03)


@given(
    st.floats(0.05, 500), st.floats(0.001, 20), st.floats(0.0, 0.99), st.floats(0.0, 0.9),
    st.floats(0.05, 0.98), st.floats(0.001, 0.02),
)  # fmt: skip
def test_a_higher_level_never_has_a_narrower_interval(shape, rate, gone, cost, level, more):
    row = lasting(shape, rate, gone, cost)
    (low, high), (lower, higher) = row.interval(level), row.interval(min(level + more, 0.995))
    assert lower[0] <= low[0] + 1e-9
    assert high[0] <= higher[0] + 1e-9


def drawn_orders(rng, customers, known, ahead):
    """Orders of buyers at a gamma-distributed pace, each of whom may be the last: the process of MBG/NBD, by day."""
    pace, last = rng.gamma(1.5, 0.5, customers) / 7, rng.beta(0.6, 6.0, customers)
    day, stays = rng.integers(0, known // 2, customers).astype(float), rng.random(customers) > last
    worth = 1 / rng.gamma(6.0, 0.01, customers)
    bought = [(np.arange(customers), day)]
    while stays.any():
        day = day + rng.exponential(1 / pace)
        stays &= day < known + ahead
        bought.append((np.flatnonzero(stays), day[stays]))
        stays &= rng.random(customers) > last
    who, when = (np.concatenate(column) for column in zip(*bought, strict=True))
    return pd.DataFrame({"customer": who, "day": when, "amount": rng.gamma(4.0, size=len(who)) * worth[who]})


def test_the_best_customers_fall_below_their_intervals_as_often_as_stated():
    rng, known, first = np.random.default_rng(7), 1_000, date(2022, 1, 1)
    orders = drawn_orders(rng, 4_000, known, 3 * 365)
    later = orders[orders.day >= known]
    year = ((later.day - known) // 365.25).astype(int)
    came = (later.amount * 1.1 ** -(year + 0.5)).groupby(later.customer).sum()
    seen = orders[orders.day < known]
    dates = pd.to_datetime(first) + pd.to_timedelta(np.floor(seen.day), "D")
    table = pd.DataFrame({"customer": seen.customer, "date": dates, "amount": seen.amount.round(2) + 0.01})
    for level in (0.8, 0.9, 0.95):
        found = value_orders(table, as_of=first + timedelta(known - 1), level=level).to_pandas()
        best = found[found.low > 0]
        below = (came.reindex(best.customer.astype(int)).fillna(0.0).to_numpy() < best.low).mean()
        assert len(best) > 300
        assert below == pytest.approx((1 - level) / 2, abs=0.03)
