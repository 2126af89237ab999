"""Intervals of counts hold what they say, of customers drawn from the models and fitted anew."""

import numpy as np
import pytest

from valuekit.ltv.forecasters import purchase_interval
from valuekit.ltv.models import ParetoNbd
from valuekit.ltv.quantiles import mixture_quantile

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
