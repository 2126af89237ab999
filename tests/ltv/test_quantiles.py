"""Ends of intervals are quantiles of what is drawn, also for those of whom much is expected."""

from dataclasses import fields
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.ltv import value_orders
from valuekit.ltv.quantiles import Amounts
from valuekit.ltv.stopping import lasting_probability, lasting_quantiles, mean_time, time_unevenness

TAILS = np.array([0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975])


@pytest.mark.parametrize(("shape", "rate"), [(0.1, 0.02), (1.7, 0.3), (9.0, 1.1), (40.0, 5.0), (4.0, 0.001)])
def test_quantiles_of_what_lasts_are_those_of_what_is_drawn(shape, rate):
    rng = np.random.default_rng(5)
    time = np.minimum(rng.exponential(1 / rate, 400_000), 1.0)
    came = time * rng.gamma(shape, 1 / shape, 400_000)
    found = lasting_quantiles(np.full(7, shape), np.full(7, rate), TAILS)
    assert (came[:, None] < found).mean(axis=0) == pytest.approx(TAILS, abs=0.013)


def test_less_than_a_quantile_comes_with_its_probability():
    rng = np.random.default_rng(8)
    shape, rate = np.exp(rng.uniform(0, 9, 500)), np.exp(rng.uniform(-7, 4, 500))
    probability = rng.uniform(0.001, 0.999, 500)
    found = lasting_probability(shape, rate, lasting_quantiles(shape, rate, probability))
    assert found == pytest.approx(probability, abs=1e-6)


def lasting(shape, rate, gone=0.0, cost=0.0, waiting=0.0):
    """A row of somebody whose pace has a shape, who leaves at a rate, and is gone, or waits, with a probability."""
    one, some = np.ones(1), 1 - gone - waiting
    time, uneven = mean_time(np.array([rate])), time_unevenness(np.array([rate]))
    square = uneven * time**2 * ((1 - cost) ** 2 + 1 / shape)
    mean = some * time * (1 - cost) - waiting * cost
    variance = some * square + waiting * cost**2 - mean**2
    return Amounts(mean, variance, waiting * one, gone * one, -cost * one, rate * one)


@pytest.mark.parametrize("waiting", [0.0, 0.07, 0.4])
@pytest.mark.parametrize("gone", [0.0, 0.04, 0.3])
@pytest.mark.parametrize("cost", [0.0, 0.2])
def test_ends_hold_as_much_as_they_say_of_those_who_may_leave(gone, cost, waiting):
    rng = np.random.default_rng(6)
    case = rng.random(400_000)
    time = np.minimum(rng.exponential(1 / 0.8, 400_000), 1.0) * (case >= gone)
    came = time * (rng.gamma(5.0, 1 / 5.0, 400_000) - cost)
    came[case >= 1 - waiting] = -cost
    nothing = gone + waiting
    for level in (0.5, 0.8, 0.9):
        tail = (1 - level) / 2
        low, high = np.quantile(came, [tail, 1 - tail])
        if nothing >= min(tail, 0.1):
            low = min(low, 0.0)
            ahead = max(level + np.mean(came < low), 1 - nothing if nothing < 0.1 else 0.0)
            # Who waits lies at the low end once a tail has no more than that; what a lower level held stays within.
            high = np.quantile(came, max(ahead, 1 - waiting) if low == -cost < 0 else ahead)
        found = [float(end[0]) for end in lasting(5.0, 0.8, gone, cost, waiting).interval(level)]
        assert found == pytest.approx([low, high], abs=0.03)


def test_who_is_gone_for_certain_brings_nothing_whatever_staying_costs():
    one = np.ones(1)
    gone = Amounts(0 * one, 1e-4 * one, waiting=1e-9 * one, gone=(1 - 1e-8) * one, least=-285 * one, stops=5 * one)
    for level in (0.5, 0.8, 0.95):
        assert gone.interval(level) == (0, 0)


def test_who_costs_more_than_it_brings_costs_nothing_once_gone():
    low, high = lasting(400.0, 0.001, gone=0.6, cost=1.5).interval(0.5)
    assert low == pytest.approx(-0.5, abs=0.03)
    assert high == 0


@given(
    st.floats(0.05, 500), st.floats(0.001, 20), st.floats(0.0, 0.99), st.floats(0.0, 0.9), st.floats(0.0, 0.9),
    st.floats(0.05, 0.98), st.floats(0.001, 0.02),
)  # fmt: skip
def test_a_higher_level_never_has_a_narrower_interval(shape, rate, gone, waits, cost, level, more):
    row = lasting(shape, rate, gone, cost, waits * (1 - gone))
    (low, high), (lower, higher) = row.interval(level), row.interval(min(level + more, 0.995))
    assert lower[0] <= low[0] + 1e-9
    assert high[0] <= higher[0] + 1e-9


def test_an_interval_holds_its_level_at_least():
    rng = np.random.default_rng(9)
    shares = rng.dirichlet([0.6, 0.6, 0.6], 300).T
    costs, rates, shapes = rng.gamma(1.0, 0.3, 300), rng.uniform(0.01, 20, 300), np.exp(rng.uniform(-1, 6, 300))
    parts = zip(shapes, rates, shares[0], costs, shares[1], strict=True)
    rows = [lasting(shape, rate, gone, cost, waiting) for shape, rate, gone, cost, waiting in parts]
    amounts = Amounts(*(np.concatenate([getattr(row, f.name) for row in rows]) for f in fields(Amounts)))
    every, at = np.arange(300), (np.arange(1_000) + 0.5) / 1_000
    came = np.array([amounts._quantile(np.full(300, probability), every) for probability in at])
    assert np.all(np.mean(came == 0, axis=0) >= amounts.gone - 0.002)
    for level in (0.3, 0.5, 0.8, 0.95):
        low, high = amounts.interval(level)
        assert np.all(low <= high)
        assert np.all(np.mean((came >= low - 1e-9) & (came <= high + 1e-9), axis=0) >= level - 0.002)


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
