"""Random draws and counting over whole arrays."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Rng = np.random.Generator


def some(rng: Rng, count: int, share: float) -> Flags:
    """Mark a share of the rows, at random, at least one: a rare thing happens in a small company too.

    >>> int(some(np.random.default_rng(1), 50, 0.001).sum())
    1
    """
    marked = np.zeros(count, dtype=np.bool_)
    if count and share > 0:
        marked[rng.permutation(count)[: max(1, round(share * count))]] = True
    return marked


def chance(rng: Rng, probability: Floats | float, count: int) -> Flags:
    """Toss a coin for each row."""
    return np.asarray(rng.random(count) < probability, dtype=np.bool_)


def days_between(rng: Rng, low: Ints | int, high: Ints | int, count: int) -> Ints:
    """Draw whole numbers from low to high, both included; low wins where high is below it."""
    low = np.broadcast_to(low, count)
    return rng.integers(low, np.maximum(low, high) + 1, count)


def choice(rng: Rng, shares: npt.ArrayLike, count: int) -> Ints:
    """Draw an index by shares."""
    edges = np.cumsum(np.asarray(shares, dtype=float))
    return np.minimum(np.searchsorted(edges / edges[-1], rng.random(count), side="right"), len(edges) - 1)


def repeated(counts: Ints) -> tuple[Ints, Ints]:
    """Return, for rows repeated by `counts`, the row and the number of the repetition.

    >>> [x.tolist() for x in repeated(np.array([2, 0, 1]))]
    [[0, 0, 2], [0, 1, 0]]
    """
    row = np.repeat(np.arange(len(counts)), counts)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)


def totals(index: Ints, amounts: Ints, length: int) -> Ints:
    """Sum whole numbers by index, exactly (the sums stay far below 2**53)."""
    return np.rint(np.bincount(index, weights=amounts, minlength=length)).astype(np.int64)


def earliest(index: Ints, days: Ints, length: int, missing: int) -> Ints:
    """Return the least day of each index, `missing` where there is none."""
    result = np.full(length, missing, dtype=np.int64)
    np.minimum.at(result, index, days)
    return result


def fraction_below(values: Floats) -> Floats:
    """Return each value's place among all, in (0, 1)."""
    return (np.argsort(np.argsort(values, kind="stable"), kind="stable") + 0.5) / max(1, len(values))
