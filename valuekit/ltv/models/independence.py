"""Does spend depend on how often a customer buys? Gamma-Gamma assumes that it does not."""

import numpy as np
from scipy.special import stdtr

from valuekit.ltv.models.observations import Array, Rows, weighted_sum


def spend_independence(rows: Rows, standing: Array) -> dict[str, float]:
    """Correlate how often and for how much customers buy.

    Reads: `frequency`, `monetary` and `weight` (customers), as `GammaGamma.fit` reads them, and `standing`: which share
    of customers with as many purchases the model expects below this one's mean. The mean of few purchases is more skew
    than that of many, so that ranks of the mean itself would depend on frequency where spend does not.
    Returns `pearson` (of frequency and mean) and `spearman` (of frequency and standing) with the two-sided p-value of
    each (`pearson_p`, `spearman_p`; Student's t with n - 2 degrees of freedom), and `customers`, n; an empty mapping
    for fewer than three customers or where all are alike. With many customers a tiny correlation is significant too:
    read its size first; Fader and Hardie (2013) go on with 0.11 on CDNOW.

    >>> rows = {"frequency": np.array([1.0, 2, 3, 4]), "monetary": np.array([9.0, 4, 6, 8]), "weight": np.ones(4)}
    >>> spend_independence(rows, np.array([0.9, 0.3, 0.4, 0.7]))["spearman"]
    -0.2
    """
    x, z, weight = rows["frequency"], rows["monetary"], rows["weight"]
    customers = float(weight.sum())
    if customers < 3 or np.ptp(x) == 0 or np.ptp(z) == 0 or np.ptp(standing) == 0:
        return {}
    pearson = _correlation(x, z, weight)
    spearman = _correlation(_ranks(x, weight), _ranks(standing, weight), weight)
    return {
        "pearson": pearson,
        "pearson_p": _p_value(pearson, customers),
        "spearman": spearman,
        "spearman_p": _p_value(spearman, customers),
        "customers": customers,
    }


def _correlation(x: Array, z: Array, weight: Array) -> float:
    x, z = (v / np.max(np.abs(v)) for v in (x, z))
    x, z = (v - weighted_sum(weight, v) / weight.sum() for v in (x, z))
    covariance = weighted_sum(weight, x * z)
    both = np.sqrt(weighted_sum(weight, x * x)) * np.sqrt(weighted_sum(weight, z * z))
    return round(float(np.clip(covariance / both, -1.0, 1.0)), 12)


def _ranks(values: Array, weight: Array) -> Array:
    """Middle ranks, where a row stands for as many customers as its weight and equals share their mean rank."""
    _, which = np.unique(values, return_inverse=True)
    tied = np.bincount(which, weights=weight)
    return np.asarray((np.cumsum(tied) - tied / 2 + 0.5)[which])


def _p_value(correlation: float, customers: float) -> float:
    free = customers - 2
    if abs(correlation) == 1:
        return 0.0
    t = correlation * np.sqrt(free / (1 - correlation**2))
    return float(2 * stdtr(free, -abs(t)))
