"""Gamma-Gamma: what a purchase is worth, when some have bought often and some once.

Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value" [FH].
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, Literal

import numpy as np
from scipy.special import gammaln, psi

from valuekit.errors import FitError
from valuekit.ltv.models import observations
from valuekit.ltv.models.estimator import MaximumLikelihood
from valuekit.ltv.models.observations import Array, Rows, weighted_sum

# --- mathematics


def log_likelihood(theta: Array, rows: Rows) -> tuple[float, Array]:
    """Return the weighted log-likelihood of the mean purchase, and its gradient [FH eq. 1a]."""
    p, q, v = theta
    x, mean, weight = rows["frequency"], rows["monetary"], rows["weight"]
    total, shape = x * mean, p * x
    log_scale = np.log(v + total)
    value = (
        gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v) - np.log(mean)
        + shape * np.log(total) - (shape + q) * log_scale
    )  # fmt: skip
    slopes = (
        x * (psi(shape + q) - psi(shape) + np.log(total) - log_scale),
        psi(shape + q) - psi(q) + np.log(v) - log_scale,
        q / v - (shape + q) / (v + total),
    )
    return weighted_sum(weight, value), np.array([weighted_sum(weight, slope) for slope in slopes])


# --- estimator


class GammaGamma(MaximumLikelihood):
    """Gamma-Gamma model of the mean value of a customer's purchases.

    Reads rows with `frequency` (purchases behind the mean, at least 1), `monetary` (their mean, above 0) and `weight`.
    `density` names which density the log-likelihood is of: of the `mean` purchase (default) or of the `total`; they
    differ by the constant sum of ln(frequency) and give the same parameters.
    Learned besides: `mean_spend_`, the observed mean over customers.

    >>> model = GammaGamma.from_parameters([6.25, 3.74, 15.44])
    >>> model.expected_spend([0, 2], [0.0, 50.0]).round(2)
    array([35.22, 47.34])
    """

    basic = ("p", "q", "v")
    columns = ("frequency", "monetary")
    learned = (*MaximumLikelihood.learned, "mean_spend_")

    def __init__(self, density: Literal["mean", "total"] = "mean") -> None:
        self.density = density

    def expected_spend(self, frequency: Any, monetary: Any) -> Array:
        """Return each customer's expected spend per purchase [FH eq. 5]; 0 purchases give the population's mean.

        The guard: with q <= 1 the population mean p v / (q - 1) does not exist. Then a customer's own mean stands for
        itself, and a customer without history gets the observed mean.
        """
        p, q, v = self._theta()
        x, mean = np.asarray(frequency, float), np.asarray(monetary, float)
        if q <= 1:
            return np.asarray(np.where(x > 0, mean, self._observed_mean()))
        return np.asarray((v + x * mean) * p / (p * x + q - 1))

    @property
    def population_mean(self) -> float:
        """Expected spend of a customer of whom nothing is known."""
        return float(self.expected_spend(0, 0))

    def own_weight(self, frequency: Any) -> Array:
        """Return the weight of a customer's own mean in its expected spend, p x / (p x + q - 1)."""
        p, q, _ = self._theta()
        shape = p * np.asarray(frequency, float)
        return np.asarray(shape / np.maximum(shape + max(q - 1, 0.0), np.finfo(float).tiny))

    def _observed_mean(self) -> float:
        if self.mean_spend_ is None:
            raise FitError("GammaGamma: q <= 1 has no population mean, and stated parameters no observed one.")
        return self.mean_spend_

    def _learn(
        self, parameters: Array, covariance: Array | None, log_likelihood: float, rows: Rows,
        window: tuple[date, date] | None,
    ) -> None:  # fmt: skip
        super()._learn(parameters, covariance, log_likelihood, rows, window)
        self.mean_spend_: float | None = weighted_sum(rows["weight"], rows["monetary"]) / float(rows["weight"].sum())

    def _check(self, rows: Rows) -> None:
        observations.require(rows, rows["frequency"] >= 1, "a mean purchase needs a purchase")
        observations.require(rows, rows["monetary"] > 0, "a mean purchase is above 0")

    def _starts(self, rows: Rows) -> Iterable[Array]:
        mean = weighted_sum(rows["weight"], rows["monetary"]) / rows["weight"].sum()
        return [np.array([p, q, mean * max(q - 1, 0.5) / p]) for p, q in ((1.0, 3.0), (6.0, 4.0), (2.0, 10.0))]

    def _likelihood(self, theta: Array, rows: Rows) -> tuple[float, Array]:
        value, gradient = log_likelihood(theta, rows)
        if self.density == "total":
            value -= weighted_sum(rows["weight"], np.log(rows["frequency"]))
        return value, gradient
