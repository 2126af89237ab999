"""Shifted-beta-geometric: who renews a contract, when churn differs from customer to customer.

Fader and Hardie (2007), "How to Project Customer Retention", Journal of Interactive Marketing 21(1) [FH]. A customer
churns at each renewal with its own probability, which is Beta(alpha, beta) among customers: those who stay longer are
those who churn less, so retention rises with tenure. Survival is written with the beta function of a real argument,
which lets one curve in years also serve terms of other lengths.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.special import gammaln, psi

from valuekit.errors import FitError
from valuekit.ltv.models import observations
from valuekit.ltv.models.estimator import MaximumLikelihood
from valuekit.ltv.models.observations import Array, Rows, weighted_sum

# --- mathematics


def log_survival(t: Array, alpha: float, beta: float) -> Array:
    """Return ln S(t) = ln B(alpha, beta + t) - ln B(alpha, beta) [FH eq. 6]; t need not be whole."""
    return np.asarray(gammaln(beta + t) - gammaln(alpha + beta + t) - gammaln(beta) + gammaln(alpha + beta))


def log_survival_gradient(t: Array, alpha: float, beta: float) -> Array:
    """Return the derivatives of ln S(t) by alpha and by beta, as two rows."""
    by_alpha = psi(alpha + beta) - psi(alpha + beta + t)
    return np.array([by_alpha, by_alpha + psi(beta + t) - psi(beta)])


def log_likelihood(theta: Array, rows: Rows) -> tuple[float, Array]:
    """Return the weighted log-likelihood and its gradient [FH eqs. 5 and 7].

    A churned row has the probability S(n) - S(n + step), a row that still runs S(n).
    """
    alpha, beta = theta
    n, step, churned, weight = rows["renewals"], rows["step"], rows["churned"] > 0, rows["weight"]
    now, slope = log_survival(n, alpha, beta), log_survival_gradient(n, alpha, beta)
    change = np.where(churned, log_survival(n + step, alpha, beta) - now, -1.0)
    lost = -np.expm1(change)
    steeper = log_survival_gradient(n + step, alpha, beta) - slope
    value = now + np.where(churned, np.log(lost), 0.0)
    gradient = slope - np.where(churned, np.exp(change) / lost * steeper, 0.0)
    return weighted_sum(weight, value), np.array([weighted_sum(weight, slope) for slope in gradient])


# --- estimator


class ShiftedBetaGeometric(MaximumLikelihood):
    """Shifted-beta-geometric model of renewals.

    Reads rows with `renewals` (renewals survived), `churned` (1 when the next was refused, 0 when it is still to come),
    `weight` (customers with that history) and, where terms are no whole unit of the model, `step`: the length
    of one term in the model's terms (default 1). `term_months` says how long the model's own term is.

    >>> model = ShiftedBetaGeometric.from_parameters([0.704, 1.182])
    >>> model.survival([1, 7]).round(3), model.conditional_survival([5], [1]).round(3)
    (array([0.627, 0.239]), array([0.898]))
    """

    basic = ("alpha", "beta")
    columns = ("renewals", "churned")
    optional = {"weight": 1.0, "step": 1.0}  # noqa: RUF012 - as in the base class

    def __init__(self, term_months: int = 12) -> None:
        self.term_months = term_months

    def survival(self, t: Any) -> Array:
        """Return the share of customers who are still there after `t` renewals [FH eq. 6]."""
        alpha, beta = self._theta()
        return np.exp(log_survival(np.asarray(t, float), alpha, beta))

    def conditional_survival(self, renewals: Any, ahead: Any) -> Array:
        """Return the probability to survive `ahead` further renewals, given those survived: S(n + k) / S(n)."""
        alpha, beta = self._theta()
        n, k = np.asarray(renewals, float), np.asarray(ahead, float)
        return np.exp(log_survival(n + k, alpha, beta) - log_survival(n, alpha, beta))

    def own_weight(self, renewals: Any) -> Array:
        """Return the weight of a customer's own renewals, n / (alpha + beta + n), in its expected churn."""
        n = np.asarray(renewals, float)
        return np.asarray(n / (self._theta().sum() + n))

    def _check(self, rows: Rows) -> None:
        observations.require(rows, rows["renewals"] >= 0, "survived renewals are not negative")
        observations.require(rows, np.isin(rows["churned"], (0.0, 1.0)), "churned is 0 or 1")
        observations.require(rows, rows["step"] > 0, "a step is above 0")

    def _starts(self, rows: Rows) -> Iterable[Array]:
        weight, churned = rows["weight"], rows["churned"]
        lost = weighted_sum(weight, churned)
        at_risk = weighted_sum(weight, rows["renewals"] / rows["step"] + churned)
        if not 0 < lost < at_risk:
            raise FitError(
                f"ShiftedBetaGeometric: {lost:g} of {at_risk:g} renewals were refused: retention cannot be estimated.",
                next_step="It needs both: customers who left and customers who renewed.",
            )
        rate = lost / at_risk
        return [np.array([rate * size, (1 - rate) * size]) for size in (0.5, 2.0, 10.0)]

    def _likelihood(self, theta: Array, rows: Rows) -> tuple[float, Array]:
        return log_likelihood(theta, rows)
