"""Shifted-beta-geometric: who renews a contract, when churn differs from customer to customer.

Fader and Hardie (2007), "How to Project Customer Retention", Journal of Interactive Marketing 21(1) [FH]. A customer
churns at each renewal with its own probability, which is Beta(alpha, beta) among customers: those who stay longer are
those who churn less, so retention rises with tenure. Survival is written with the beta function of a real argument,
which lets one curve in years also serve terms of other lengths.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import psi

from valuekit.ltv.models.log_beta import log_beta_step
from valuekit.ltv.models.observations import Array
from valuekit.ltv.models.renewal_model import RenewalModel

# --- mathematics


def log_survival(t: Any, alpha: Any, beta: Any) -> Array:
    """Return ln S(t) = ln B(alpha, beta + t) - ln B(alpha, beta) [FH eq. 6]; t need not be whole."""
    return log_beta_step(alpha, beta, t)


def log_survival_slopes(t: Any, alpha: Any, beta: Any) -> tuple[Array, Array, Array]:
    """Return the derivatives of ln S(t) by alpha, by beta and by t."""
    at_t = psi(beta + t) - psi(alpha + beta + t)
    at_0 = psi(beta) - psi(alpha + beta)
    return np.asarray(psi(alpha + beta) - psi(alpha + beta + t)), np.asarray(at_t - at_0), np.asarray(at_t)


def draw_exposure(alpha: Any, beta: Any, size: int, rng: np.random.Generator) -> Array:
    """Draw the t at which each of `size` customers is gone: S(t) is the share of customers whose t is larger.

    Given the customer's probability p to churn, it survives t with probability (1 - p) to the power of t.
    """
    p = rng.beta(alpha, beta, size)
    with np.errstate(divide="ignore"):
        return np.asarray(rng.exponential(1.0, size) / -np.log1p(-p))


# --- estimator


class ShiftedBetaGeometric(RenewalModel):
    """Shifted-beta-geometric model of renewals; see `RenewalModel` for rows and answers.

    A covariate z multiplies alpha by exp(c z): exp(c) is the factor of the odds to refuse the first renewal.

    >>> model = ShiftedBetaGeometric.from_parameters([0.704, 1.182])
    >>> model.survival([1, 7]).round(3), model.conditional_survival([5], [1]).round(3)
    (array([0.627, 0.239]), array([0.898]))
    """

    basic = ("alpha", "beta")
    shifts = {"alpha": 1.0}  # noqa: RUF012 - as in the base class

    def own_weight(self, renewals: Any, X: Any = None) -> Array:
        """Return the weight of a customer's own renewals, n / (alpha + beta + n), in its expected churn."""
        n, (alpha, beta) = self._after(renewals, X)
        return np.asarray(n / (alpha + beta + n))

    def _log_survival(self, t: Array, own: Sequence[Any]) -> Array:
        return log_survival(t, *own)

    def _log_survival_slopes(self, t: Array, own: Sequence[Any]) -> list[Array]:
        return list(log_survival_slopes(t, *own)[:2])

    def _draw_survived(self, own: Sequence[Any], size: int, rng: np.random.Generator) -> Array:
        alpha, beta = own
        return np.floor(draw_exposure(alpha, beta, size, rng))
