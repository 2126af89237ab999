"""How good a forecast was, customer by customer and in sum: metrics as free functions of two columns.

Every function reads `actual` and `predicted`, one number per customer in any order, and depends on the order of
customers nowhere: customers with the same prediction share the mean of what they did.
"""

from typing import Any

import numpy as np
from scipy.stats import rankdata

from valuekit.errors import FitError
from valuekit.ltv.models.observations import Array

METRICS = (
    "customers", "actual", "predicted", "bias", "wmae", "rmse", "spearman", "gini", "top_decile", "coverage",
)  # fmt: skip
"""What `judge` finds, in order."""


def judge(actual: Any, predicted: Any, low: Any = None, high: Any = None) -> dict[str, float | None]:
    """Judge a forecast by all metrics; `coverage` is None without the ends `low` and `high` of an interval.

    Returns `customers`, the sums `actual` and `predicted`, and each metric below. What the data do not define, such as
    the bias against a sum of nothing, is None. Raises `FitError` where lengths differ or a number is missing.

    >>> found = judge([0, 1, 3], [1, 1, 2], low=[0, 0, 0], high=[2, 2, 2])
    >>> [found[name] for name in ("actual", "predicted", "bias", "wmae")], round(found["coverage"], 2)
    ([4.0, 4.0, 0.0, 0.5], 0.67)
    """
    a, p = _pair(actual, predicted)
    inside = None if low is None or high is None or not len(a) else coverage(a, low, high)
    found = {
        "customers": float(len(a)),
        "actual": float(a.sum()),
        "predicted": float(p.sum()),
        "bias": total_bias(a, p),
        "wmae": wmae(a, p),
        "rmse": rmse(a, p),
        "spearman": spearman(a, p),
        "gini": gini(a, p),
        "top_decile": top_share(a, p),
    }
    return {name: value if value is None or np.isfinite(value) else None for name, value in found.items()} | {
        "coverage": inside
    }


def total_bias(actual: Any, predicted: Any) -> float:
    """Return how far the sum of predictions is from the sum of what came, as a share of that; NaN against nothing.

    >>> total_bias([1, 3], [2, 3])
    0.25
    """
    a, p = _pair(actual, predicted)
    return _over(float(p.sum() - a.sum()), float(a.sum()))


def wmae(actual: Any, predicted: Any) -> float:
    """Return the sum of absolute errors over the sum of what came: the mean error, weighted by size.

    >>> wmae([1, 3], [2, 2])
    0.5
    """
    a, p = _pair(actual, predicted)
    return _over(float(np.abs(p - a).sum()), float(a.sum()))


def rmse(actual: Any, predicted: Any) -> float:
    """Return the square root of the mean squared error of a customer.

    >>> rmse([1, 3], [2, 2])
    1.0
    """
    a, p = _pair(actual, predicted)
    return float(np.sqrt(np.mean((p - a) ** 2))) if len(a) else float("nan")


def spearman(actual: Any, predicted: Any) -> float:
    """Return the correlation of ranks, ties sharing their mean rank; NaN where one side is all the same.

    >>> spearman([1, 2, 9], [10, 20, 30])
    1.0
    """
    a, p = _pair(actual, predicted)
    ranks = [rankdata(side) - (len(side) + 1) / 2 for side in (a, p)]
    spread = float(np.sqrt(np.sum(ranks[0] ** 2) * np.sum(ranks[1] ** 2)))
    return _over(float(np.sum(ranks[0] * ranks[1])), spread)


def gini(actual: Any, predicted: Any) -> float:
    """Return the normalised Gini: 1 orders customers as they turned out, 0 is no better than any order.

    It is the area between the curve of what came, gathered from the highest prediction down, and the diagonal, over the
    same area for the best order.

    >>> gini([0, 1, 9], [1, 2, 3]), gini([0, 1, 9], [5, 5, 5])
    (1.0, 0.0)
    """
    a, p = _pair(actual, predicted)
    return _over(_area(a, p), _area(a, a))


def _area(actual: Array, order_by: Array) -> float:
    total = float(actual.sum())
    gathered = np.cumsum(_in_order(actual, order_by))
    # Customers with one prediction share their mean, so within them the curve is straight: trapezoids are exact.
    gathered = np.concatenate([[0.0], gathered])
    area = float(np.sum(gathered[1:] + gathered[:-1])) / 2 / max(len(actual), 1)
    return area - total / 2


def _in_order(actual: Array, order_by: Array) -> Array:
    """What came, from the highest prediction down; customers with the same prediction share their mean."""
    values, where, counts = np.unique(-order_by, return_inverse=True, return_counts=True)
    means = np.bincount(where, weights=actual, minlength=len(values)) / np.maximum(counts, 1)
    return np.asarray(np.repeat(means, counts), dtype=np.float64)


def top_share(actual: Any, predicted: Any, share: float = 0.1) -> float:
    """Return what part of all that came was brought by the `share` of customers with the highest predictions.

    >>> top_share([1, 1, 8], [1, 2, 3], share=1 / 3)
    0.8
    """
    a, p = _pair(actual, predicted)
    chosen = share * len(a)
    whole = int(chosen + 1e-9)
    in_order = _in_order(a, p)
    part = (chosen - whole) * in_order[whole] if whole < len(a) else 0.0
    return _over(float(in_order[:whole].sum() + part), float(a.sum()))


def deciles(actual: Any, predicted: Any, groups: int = 10) -> list[dict[str, float]]:
    """Return the calibration by groups of customers from the lowest prediction to the highest.

    One row per group: `decile` (1 is the lowest), `customers`, and the means `predicted` and `actual`.

    >>> deciles([0, 2, 4, 6], [1, 1, 3, 5], groups=2)[1]
    {'decile': 2, 'customers': 2, 'predicted': 4.0, 'actual': 5.0}
    """
    a, p = _pair(actual, predicted)
    rising, expected = _in_order(a, p)[::-1], np.sort(p)
    parts = zip(np.array_split(rising, groups), np.array_split(expected, groups), strict=True)
    return [
        {"decile": number, "customers": len(came), "predicted": float(said.mean()), "actual": float(came.mean())}
        for number, (came, said) in enumerate(parts, start=1)
        if len(came)
    ]


def coverage(actual: Any, low: Any, high: Any) -> float:
    """Return the share of customers for whom what came lies in the interval, its ends included.

    >>> coverage([1, 5], [0, 0], [2, 4])
    0.5
    """
    a, bottom = _pair(actual, low)
    _, top = _pair(actual, high)
    return float(np.mean((bottom <= a) & (a <= top)))


def _pair(first: Any, second: Any) -> tuple[Array, Array]:
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise FitError(f"a forecast of {b.shape} numbers cannot be judged against {a.shape} of what came.")
    wrong = np.flatnonzero(~(np.isfinite(a) & np.isfinite(b)))
    if len(wrong):
        raise FitError(
            f"{len(wrong)} of {len(a)} customers have no finite number to judge, the first in row {wrong[0]}."
        )
    return a, b


def _over(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
