"""How the cost of a pool grows with its volume: a curve C(V) = a V^b, estimated or refused with a reason."""
# ruff: noqa: PLC0415 - statsmodels is loaded where something is estimated

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST_MONTHS = 12
"""A year of months, so that no season stands for scale."""

LEAST_SPREAD = 0.05
"""Standard deviation of the logarithm of volume below which there is nothing to learn: about five percent."""

WIDEST_INTERVAL = 0.5
"""Width of the interval of the elasticity above which it says nothing."""

LEAST_EFFECT = 0.01
"""An interval that comes so near to 1 is taken to hold it: such an effect is no effect."""

HIGHEST = 2.0
"""Elasticities are above 0 (cost grows with volume) and at most this."""

REASONS = {
    "too_few_months": f"fewer than {FEWEST_MONTHS} months with cost and units",
    "volume_hardly_varies": "volume hardly varies, so cost has nothing to answer to",
    "trend_not_told_from_scale": "volume grew so evenly that scale cannot be told from a trend of prices",
    "interval_too_wide": f"the interval of the elasticity is wider than {WIDEST_INTERVAL}",
    "implausible": f"the estimate is not between 0 and {HIGHEST:g}",
    "not_shared_out": "no such pool is in the ledger up to this day, or nothing of it is shared out by units",
    "no_scale_effect_shown": "the interval reaches 1: cost in proportion to volume cannot be ruled out",
}
"""Why a pool has no scale effect, by word."""


@dataclass(frozen=True)
class Curve:
    """The elasticity b of C(V) = a V^b, with its interval. Below 1, the unit cost falls as volume rises.

    `estimate` is what the data say; `elasticity` is what is used: 1, cost in proportion to volume, unless the interval
    shows otherwise, and None where the data cannot say.
    """

    months: int
    reason: str | None = None
    elasticity: float | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None


def fit_curve(cost: Floats, units: Floats, month: Floats) -> Curve:
    """Estimate the elasticity of a pool's cost to its volume, or say why the data cannot.

    Reads one value per month: `cost` (money, above zero), `units` (above zero) and `month` (a number that grows by one
    each month). log cost = log a + b log units + g month; the trend g takes up what prices and wages do, so that b is
    what volume does. The interval of 95% is the wider of that of least squares and of one with heteroscedasticity and
    autocorrelation consistent errors, which a few dozen months make too narrow: alone it held 80% of planted truths.

    Returns: the `Curve`, whose `reason` is one of `REASONS` where there is no effect to use.

    Reference: Newey and West (1987), A simple positive semi-definite, heteroskedasticity and autocorrelation consistent
    covariance matrix, Econometrica 55(3); lags 4 (n / 100)^(2/9) by Newey and West (1994).

    >>> units = 100.0 + 40 * np.sin(np.arange(24.0))
    >>> round(fit_curve(7 * units**0.6, units, np.arange(24.0)).elasticity, 6)
    0.6
    """
    months = len(cost)
    if months < FEWEST_MONTHS:
        return Curve(months, "too_few_months")
    volume = np.log(units) - np.log(units).mean()
    if volume.std(ddof=1) < LEAST_SPREAD:
        return Curve(months, "volume_hardly_varies")
    trend = (month - month.mean()) / 12
    estimate, low, high = _elasticity(np.log(cost), volume, trend)
    if not high - low <= WIDEST_INTERVAL:
        _, without_low, without_high = _elasticity(np.log(cost), volume)
        told = without_high - without_low > WIDEST_INTERVAL
        return Curve(months, "interval_too_wide" if told else "trend_not_told_from_scale", None, estimate, low, high)
    if not 0 < estimate <= HIGHEST:
        return Curve(months, "implausible", None, estimate, low, high)
    if low - LEAST_EFFECT <= 1 <= high + LEAST_EFFECT:
        return Curve(months, "no_scale_effect_shown", 1.0, estimate, low, high)
    return Curve(months, None, estimate, estimate, low, high)


def _elasticity(cost: Floats, volume: Floats, *others: Floats) -> tuple[float, float, float]:
    """Slope of the logarithm of cost on that of volume, with its 95% interval: the wider of two."""
    from statsmodels.regression.linear_model import OLS

    lags = int(4 * (len(cost) / 100) ** (2 / 9))
    model = OLS(cost, np.column_stack([volume, np.ones_like(cost), *others]))
    consistent = model.fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True)
    (low, high), (plain_low, plain_high) = (fitted.conf_int(alpha=0.05)[0] for fitted in (consistent, model.fit()))
    return float(consistent.params[0]), float(min(low, plain_low)), float(max(high, plain_high))
