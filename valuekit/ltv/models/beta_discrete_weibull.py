"""Beta-discrete-Weibull: renewals when a customer's own churn also changes with tenure.

Fader, Hardie, Liu, Davin and Steenburgh (2018), "'How to Project Customer Retention' Revisited: The Role of Duration
Dependence", Journal of Interactive Marketing 43 [FHLDS]. A customer survives t renewals with probability
(1 - p) to the power of t^c, where p is Beta(alpha, beta) among customers. With c above 1 each customer's churn grows
with tenure, below 1 it falls; with c = 1 the model is the shifted-beta-geometric.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from valuekit.ltv.models.observations import Array
from valuekit.ltv.models.renewal_model import RenewalModel
from valuekit.ltv.models.shifted_beta_geometric import draw_exposure, log_survival, log_survival_slopes

_MOST = 300.0
"""Natural log of the exposure above which nobody is left; it keeps a search that tries any c from overflowing."""


def exposure(t: Any, c: Any) -> Array:
    """Return t^c, the renewals of constant churn that t renewals are worth.

    >>> exposure(np.array([0.0, 4.0]), 1.5)
    array([0., 8.])
    """
    t = np.asarray(t, float)
    return np.where(t > 0, np.exp(np.minimum(c * np.log(np.where(t > 0, t, 1.0)), _MOST)), 0.0)


class BetaDiscreteWeibull(RenewalModel):
    """Beta-discrete-Weibull model of renewals; see `RenewalModel` for rows and answers.

    A covariate z multiplies alpha by exp(k z), as in the shifted-beta-geometric.

    >>> model = BetaDiscreteWeibull.from_parameters([0.259, 1.722, 1.584])
    >>> model.survival([1, 4]).round(3)
    array([0.869, 0.593])
    """

    basic = ("alpha", "beta", "c")
    shifts = {"alpha": 1.0}  # noqa: RUF012 - as in the base class

    def own_weight(self, renewals: Any, X: Any = None) -> Array:
        """Return the weight n^c / (alpha + beta + n^c) of a customer's own renewals in its expected churn."""
        n, (alpha, beta, c) = self._after(renewals, X)
        own = exposure(n, c)
        return np.asarray(own / (alpha + beta + own))

    def _log_survival(self, t: Array, own: Sequence[Any]) -> Array:
        """Return ln S(t) = ln B(alpha, beta + t^c) - ln B(alpha, beta) [FHLDS]."""
        alpha, beta, c = own
        return log_survival(exposure(t, c), alpha, beta)

    def _log_survival_slopes(self, t: Array, own: Sequence[Any]) -> list[Array]:
        alpha, beta, c = own
        worth = exposure(t, c)
        by_alpha, by_beta, by_worth = log_survival_slopes(worth, alpha, beta)
        return [by_alpha, by_beta, by_worth * worth * np.log(np.where(t > 0, t, 1.0))]

    def _draw_survived(self, own: Sequence[Any], size: int, rng: np.random.Generator) -> Array:
        alpha, beta, c = own
        return np.asarray(np.floor(draw_exposure(alpha, beta, size, rng) ** (1 / c)))
