"""Who is to be thanked for scale, fairly: Shapley shares of a cost that grows less than its volume."""

from math import factorial

import numpy as np
from numpy.typing import NDArray

from valuekit.errors import ConfigError

Floats = NDArray[np.float64]

MOST_GROUPS = 12
"""Subsets of groups are all looked at: 4,096 of 12."""


def shapley_costs(units: Floats, cost: Floats, elasticity: Floats) -> Floats:
    """Share out costs C(V) = a V^b among groups so that nothing is left over.

    A group bears the mean of what it adds to the cost over all orders in which the groups could have come. Orders are
    not enumerated: each subset S of the others counts with the weight |S|! (n - |S| - 1)! / n!.

    Args:
        units: Volume by group (rows) and period (columns), none negative, with some in each period.
        cost: Cost of each period at the whole volume.
        elasticity: b of each period.

    Returns: cost by group and period; each period sums to its cost.

    Raises: `ConfigError` for more than `MOST_GROUPS` groups.

    Reference: Shapley (1953), A value for n-person games, Contributions to the Theory of Games II.

    >>> shapley_costs(np.array([[3.0], [1.0]]), np.array([8.0]), np.array([0.5])).round(3).ravel().tolist()
    [5.464, 2.536]
    """
    groups = len(units)
    if groups > MOST_GROUPS:
        raise ConfigError(f"{groups} groups are too many: Shapley shares need at most {MOST_GROUPS}.")
    subsets = np.arange(1 << groups)
    inside = (subsets[:, None] >> np.arange(groups)) & 1
    size = inside.sum(axis=1)
    worth = cost * (inside @ units / units.sum(axis=0)) ** elasticity
    worth[inside @ units == 0] = 0.0  # no volume, no cost, also where the elasticity is 0
    weight = np.array([factorial(s) * factorial(groups - s - 1) / factorial(groups) for s in range(groups)])
    shares = np.empty_like(units, dtype=float)
    for group in range(groups):
        without = subsets[inside[:, group] == 0]
        shares[group] = weight[size[without]] @ (worth[without | 1 << group] - worth[without])
    return shares


def balanced_cents(amounts: Floats) -> list[int]:
    """Round amounts that sum to zero to cents that sum to zero: the largest remainders go up, ties to the first.

    >>> balanced_cents(np.array([0.333, 0.333, -0.666]))
    [33, 33, -66]
    """
    cents = np.asarray(amounts) * 100
    whole = np.floor(cents)
    missing = -int(whole.sum())
    whole[np.argsort(whole - cents, kind="stable")[:missing]] += 1
    return [int(c) for c in whole]
