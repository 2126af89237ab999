"""Gamma-Gamma: what a purchase is worth, when some have bought often and some once.

Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value" [FH].
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any, Literal

import numpy as np
from scipy.special import betainc, betaincinv, gammainccinv, psi

from valuekit.errors import FitError
from valuekit.ltv.models import asked, observations
from valuekit.ltv.models.estimator import MaximumLikelihood
from valuekit.ltv.models.independence import spend_independence
from valuekit.ltv.models.likelihood import Optimum
from valuekit.ltv.models.log_beta import log_beta
from valuekit.ltv.models.observations import Array, Rows, weighted_sum

_LARGEST = 1e100
"""Mean purchase whose square is still a number."""

# --- mathematics


def log_likelihood(theta: Array, rows: Rows) -> tuple[float, Array]:
    """Return the weighted log-likelihood of the mean purchase, and its gradient [FH eq. 1a]."""
    p, q, v = theta
    x, mean, weight = rows["frequency"], rows["monetary"], rows["weight"]
    total, shape = x * mean, p * x
    prior, own = np.log1p(v / total), np.log1p(total / v)
    value = -log_beta(shape, q) - np.log(mean) - shape * prior - q * own
    slopes = (
        x * (psi(shape + q) - psi(shape) - prior),
        psi(shape + q) - psi(q) - own,
        (q * total - shape * v) / (v * (v + total)),
    )
    return weighted_sum(weight, value), np.array([weighted_sum(weight, slope) for slope in slopes])


# --- estimator


class GammaGamma(MaximumLikelihood):
    """Gamma-Gamma model of the mean value of a customer's purchases.

    Reads rows with `frequency` (purchases behind the mean, at least 1), `monetary` (their mean, above 0) and `weight`.
    `density` names which density the log-likelihood is of: of the `mean` purchase (default) or of the `total`; they
    differ by the constant sum of ln(frequency) and give the same parameters.
    Learned besides: `mean_spend_`, the observed mean over customers, and `independence_`, the correlation of spend and
    frequency with its test (`spend_independence`), which the model assumes to be none.

    A customer's own mean spend is p / nu, its purchases are Gamma(p, rate nu), and nu ~ Gamma(q, rate v) among
    customers; after x purchases of mean z, nu ~ Gamma(q + p x, rate v + x z), so that p / nu is inverse gamma.

    >>> model = GammaGamma.from_parameters([6.25, 3.74, 15.44])
    >>> model.expected_spend([0, 2], [0.0, 50.0]).round(2)
    array([35.22, 47.34])
    """

    basic = ("p", "q", "v")
    columns = ("frequency", "monetary")
    learned = (*MaximumLikelihood.learned, "mean_spend_", "independence_")

    def __init__(self, density: Literal["mean", "total"] = "mean") -> None:
        self.density = density

    def expected_spend(self, frequency: Any, monetary: Any) -> Array:
        """Return each customer's expected spend per purchase [FH eq. 5]; 0 purchases give the population's mean.

        The guard: with q <= 1 the population mean p v / (q - 1) does not exist. Then a customer's own mean stands for
        itself, and a customer without history gets the observed mean.
        """
        p, q, v = self._theta()
        x, mean = spend_history(frequency, monetary)
        if q <= 1:
            return np.asarray(np.where(x > 0, mean, self._observed_mean()))
        return np.asarray((v + x * mean) * p / (p * x + q - 1))

    def spend_variance(self, frequency: Any, monetary: Any) -> Array:
        """Return how uncertain each customer's own mean spend is, given its purchases: a variance.

        Infinite where p x + q <= 2: so heavy is the tail of what is not known.
        """
        shape, scale = self._posterior(frequency, monetary)
        return _inverse_gamma_variance(shape, scale)

    def purchase_spend_variance(self, frequency: Any, monetary: Any) -> Array:
        """Return the variance of what one future purchase of each customer is worth: its own, and that of its mean."""
        shape, scale = self._posterior(frequency, monetary)
        of_mean = _inverse_gamma_variance(shape, scale)
        squared_mean = np.square(scale / np.where(shape > 2, shape - 1, 1.0))
        return np.asarray(of_mean + (of_mean + squared_mean) * self.purchase_spread)

    def spend_quantiles(self, frequency: Any, monetary: Any, levels: Any) -> Array:
        """Return quantiles of each customer's own mean spend, given its purchases: one column per level."""
        shape, scale = (np.atleast_1d(v)[:, None] for v in self._posterior(frequency, monetary))
        with np.errstate(divide="ignore"):  # level 1 is infinite
            return np.asarray(scale / gammainccinv(shape, _levels(levels)))

    def purchase_spend_quantiles(self, frequency: Any, monetary: Any, levels: Any) -> Array:
        """Return quantiles of one future purchase of each customer, scaled beta prime: one column per level."""
        p, _, _ = self._theta()
        shape, scale = (np.atleast_1d(v)[:, None] for v in self._posterior(frequency, monetary))
        levels = _levels(levels)
        with np.errstate(divide="ignore"):  # level 1 is infinite
            return np.asarray(scale / p * betaincinv(p, shape, levels) / betaincinv(shape, p, 1 - levels))

    def standing(self, frequency: Any, monetary: Any) -> Array:
        """Return the share of customers with as many purchases whose mean the model expects below each one's.

        x z / (v + x z) is Beta(p x, q), x purchases of mean z. In a world like the model standings are uniform.
        """
        p, q, v = self._theta()
        x, mean = spend_history(frequency, monetary)
        return np.asarray(betainc(p * x, q, x * mean / (v + x * mean)))

    def simulate(self, frequency: Any, rng: np.random.Generator) -> Rows:
        """Draw customers with so many purchases each: `frequency`, `monetary`, and the truth, `mean_spend`."""
        p, q, v = self._theta()
        x = asked.listed(frequency, "a frequency", least=1.0, whole=True)
        mean_spend = p / rng.gamma(q, 1 / v, x.shape)
        monetary = mean_spend * rng.gamma(p * x) / (p * x)
        return {"frequency": x, "monetary": monetary, "mean_spend": mean_spend}

    @property
    def purchase_spread(self) -> float:
        """Squared coefficient of variation of one customer's purchases around its own mean, 1 / p."""
        return float(1 / self._theta()[0])

    @property
    def population_mean(self) -> float:
        """Expected spend of a customer of whom nothing is known."""
        return float(self.expected_spend(0, 0))

    def own_weight(self, frequency: Any) -> Array:
        """Return the weight of a customer's own mean in its expected spend, p x / (p x + q - 1)."""
        p, q, _ = self._theta()
        shape = p * spend_history(frequency, 0.0)[0]
        return np.asarray(shape / np.maximum(shape + max(q - 1, 0.0), np.finfo(float).tiny))

    def _posterior(self, frequency: Any, monetary: Any) -> tuple[Array, Array]:
        """Shape and scale of the inverse gamma distribution of each customer's own mean spend."""
        p, q, v = self._theta()
        x, mean = spend_history(frequency, monetary)
        return np.asarray(q + p * x), np.asarray(p * (v + x * mean))

    def _observed_mean(self) -> float:
        if self.mean_spend_ is None:
            raise FitError(
                "GammaGamma: q <= 1 has no population mean, and stated parameters no observed one.",
                next_step="Fit it, or state a q above 1.",
            )
        return self.mean_spend_

    def _learn(
        self, parameters: Array, covariance: Array | None, log_likelihood: float, rows: Rows,
        window: tuple[date, date] | None,
    ) -> None:  # fmt: skip
        super()._learn(parameters, covariance, log_likelihood, rows, window)
        self.mean_spend_: float | None = weighted_sum(rows["weight"], rows["monetary"]) / float(rows["weight"].sum())
        standing = self.standing(rows["frequency"], rows["monetary"])
        self.independence_: dict[str, float] | None = spend_independence(rows, standing)

    def _climb(self, rows: Rows, starts: Iterable[Array]) -> Optimum:
        """Climb in units of the geometric mean: the same fit, whatever the currency."""
        unit = np.exp(weighted_sum(rows["weight"], np.log(rows["monetary"])) / rows["weight"].sum())
        scale = np.array([1.0, 1.0, unit])
        found = super()._climb(rows | {"monetary": rows["monetary"] / unit}, [start / scale for start in starts])
        covariance = None if found.covariance is None else found.covariance * np.outer(scale, scale)
        parameters = found.parameters * scale
        height = self._likelihood(parameters, rows)[0]  # a density depends on the unit
        return replace(found, parameters=parameters, covariance=covariance, log_likelihood=height)

    def _check_settings(self) -> None:
        super()._check_settings()
        asked.check_word(self.density, "density", ("mean", "total"))

    def _check(self, rows: Rows) -> None:
        x = rows["frequency"]
        observations.require(rows, x >= 1, "a mean purchase needs a purchase")
        observations.require(rows, x == np.floor(x), "a frequency is a whole number")
        observations.require(
            rows,
            rows["monetary"] > 0,
            "a mean purchase is above 0",
            next_step="Leave out customers whose repeat purchases are worth nothing: monetary > 0.",
        )

    def _starts(self, rows: Rows) -> Iterable[Array]:
        mean = weighted_sum(rows["weight"], rows["monetary"]) / rows["weight"].sum()
        return [np.array([p, q, mean * max(q - 1, 0.5) / p]) for p, q in ((1.0, 3.0), (6.0, 4.0), (2.0, 10.0))]

    def _likelihood(self, theta: Array, rows: Rows) -> tuple[float, Array]:
        value, gradient = log_likelihood(theta, rows)
        if self.density == "total":
            value -= weighted_sum(rows["weight"], np.log(rows["frequency"]))
        return value, gradient


def spend_history(frequency: Any, monetary: Any) -> tuple[Array, Array]:
    """Return purchases and their mean as numbers; raises `ConfigError` for what they cannot be."""
    asked.require_broadcast(frequency=frequency, monetary=monetary)
    return asked.listed(frequency, "a frequency"), asked.listed(monetary, "a mean purchase", most=_LARGEST)


def _levels(given: Any) -> Array:
    return asked.listed(given, "a level", most=1.0, next_step="Write 90% as 0.9.")


def _inverse_gamma_variance(shape: Array, scale: Array) -> Array:
    enough = shape > 2
    a = np.where(enough, shape, 3.0)
    return np.asarray(np.where(enough, np.square(scale / (a - 1)) / (a - 2), np.inf))
