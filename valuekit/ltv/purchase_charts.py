"""What a model of purchases expected beside what came: the tables behind the charts that statisticians judge it by.

Reference: Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2), figures 2-4.
"""

from typing import Any

import numpy as np

from valuekit.ltv.models import PurchaseModel
from valuekit.ltv.models.observations import Array

MOST = 7
"""Customers with so many repeat purchases, or more, are one group."""
AGES = 200
"""Different ages for which a distribution is computed; where there are more, near ones share their mean."""
WEEK = 7

Row = dict[str, Any]


def tracking(model: PurchaseModel, births: Array, repeats: Array) -> list[Row]:
    """Return the repeat purchases of each whole week since the first purchase of all, as expected and as they came.

    Reads, by day since that first purchase: how many customers made their first purchase (`births`) and how many repeat
    purchases there were (`repeats`), both in whole numbers. A customer is expected to have made
    `model.expected_purchases_new(t)` of them by `t` after its first.
    Returns `week` (from 1), `foretold` and `came` in that week alone.
    """
    days = max(len(births), len(repeats)) // WEEK * WEEK
    if not days:
        return []
    born, came = (np.zeros(days) for _ in range(2))
    born[: len(births)], came[: len(repeats)] = births[:days], repeats[:days]
    each = model.expected_purchases_new(model.unit.from_days(1) * np.arange(days, dtype=np.float64))
    so_far = np.convolve(born, each)[:days][WEEK - 1 :: WEEK]
    by_week = np.diff(so_far, prepend=0.0)
    seen = came.reshape(-1, WEEK).sum(axis=1)
    return [
        {"week": week, "foretold": float(foretold), "came": float(came)}
        for week, (foretold, came) in enumerate(zip(by_week, seen, strict=True), start=1)
    ]


def frequencies(model: PurchaseModel, frequency: Array, age: Array) -> list[Row]:
    """Return how many customers made 0, 1, 2, ... repeat purchases by their age, as expected and as counted.

    Reads each customer's `frequency` and `age`, in the model's unit, as the model was fitted on them: this shows how
    well it fits, not how well it foretells. Returns `label`, `foretold` and `came`; the last label holds all beyond.
    """
    expected = np.zeros(MOST + 1)
    for t, customers in zip(*_ages(age), strict=True):
        chances = np.asarray(model.purchase_distribution_new(float(t), MOST - 1)).reshape(-1)
        expected += customers * np.append(chances, max(1 - chances.sum(), 0.0))
    counted = np.bincount(_group(frequency), minlength=MOST + 1)
    return [
        {"label": label, "foretold": float(foretold), "came": float(came)}
        for label, foretold, came in zip(_LABELS, expected, counted, strict=True)
    ]


def _ages(age: Array) -> tuple[Array, Array]:
    """Return the ages that stand for all, and how many customers each stands for."""
    distinct, rows = np.unique(age, return_counts=True)
    counts = rows.astype(np.float64)
    if len(distinct) <= AGES:
        return distinct, counts
    part = (np.arange(len(distinct)) * AGES) // len(distinct)
    customers, summed = (np.zeros(AGES) for _ in range(2))
    np.add.at(customers, part, counts)
    np.add.at(summed, part, counts * distinct)
    return summed / customers, customers


def conditional(frequency: Array, foretold: Array, came: Array) -> list[Row]:
    """Return the mean purchases of the holdout by how many repeat purchases there had been before it.

    Reads, for each customer, `frequency` before, and purchases of the holdout as `foretold` and as they `came`.
    Returns `label`, `customers`, `foretold` and `came` (means) for each group that has customers.

    >>> conditional(np.array([0.0, 0, 9]), np.array([1.0, 0, 5]), np.array([0.0, 2, 4]))[1]
    {'label': '7+', 'customers': 1, 'foretold': 5.0, 'came': 4.0}
    """
    group = _group(frequency)
    customers = np.bincount(group, minlength=MOST + 1)
    means = [np.bincount(group, weights=v, minlength=MOST + 1) / np.maximum(customers, 1) for v in (foretold, came)]
    return [
        {"label": label, "customers": int(count), "foretold": float(expected), "came": float(seen)}
        for label, count, expected, seen in zip(_LABELS, customers, *means, strict=True)
        if count
    ]


def _group(frequency: Array) -> Any:
    return np.minimum(frequency, MOST).astype(np.int64)


_LABELS = (*map(str, range(MOST)), f"{MOST}+")
