"""What every model of renewals under contract answers: a survival curve by renewals, and all that follows from it."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from valuekit.errors import FitError
from valuekit.ltv.models import asked, observations
from valuekit.ltv.models.estimator import MaximumLikelihood
from valuekit.ltv.models.observations import Array, Rows, weighted_sum
from valuekit.ltv.models.present_value import force_of_interest

_CELLS = 2_000_000
"""Numbers held at once where customers are crossed with renewals to come."""
_ONE_BY_ONE = 256
"""Renewals of an infinite horizon that are summed singly; the rest is smooth enough to integrate."""
_NOBODY = 1e-100
"""Stands for the probability of a churn that a curve rules out, so that a search gets a slope out of there."""
_WHOLE = 1e-9
"""Share by which rounding may have moved a number of steps: a twelfth of a year is none that a float holds."""
_NEGLIGIBLE = 40.0
"""A discount factor of exp(-40) ends an infinite horizon."""


class RenewalModel(MaximumLikelihood):
    """Renewals at the end of each term by customers who leave for good when they refuse one.

    Reads rows with `renewals` (survived so far), `churned` (1 when the next was refused, 0 when it is still to come:
    right-censored), and, where a table has them, `entered` (renewals that the customer had survived when it was first
    seen: left truncation; default 0), `step` (length of one term in the model's terms; default 1) and `weight`
    (customers with that history). From `entered` to `renewals` is a whole number of steps. `term_months` says how long
    the model's own term is.

    A row's likelihood is S(n) - S(n + step) if churned and else S(n), divided by S(entered): whoever left before the
    data begin cannot be among them.

    Survival is a function of a real number of terms, which lets a curve in years serve terms of other lengths. Answers
    for rows read the covariates of the model from them and nothing else that is not named here.
    """

    columns = ("renewals", "churned")
    optional = {"weight": 1.0, "step": 1.0, "entered": 0.0}  # noqa: RUF012 - as in the base class

    def __init__(self, term_months: int = 12, covariates: Sequence[str] = (), penalty: float = 0.0) -> None:
        self.term_months = term_months
        self.covariates = covariates
        self.penalty = penalty

    # --- what a subclass says

    def _log_survival(self, t: Array, own: Sequence[Any]) -> Array:
        """Return ln S(t) for customers whose basic parameters are `own`, each a number or one per value of t."""
        raise NotImplementedError

    def _log_survival_slopes(self, t: Array, own: Sequence[Any]) -> list[Array]:
        """Return the derivatives of ln S(t) by each basic parameter."""
        raise NotImplementedError

    def _draw_survived(self, own: Sequence[Any], size: int, rng: np.random.Generator) -> Array:
        """Draw how many renewals each of `size` customers would survive if it were offered infinitely many."""
        raise NotImplementedError

    # --- the curve of a customer who has just signed

    def survival(self, t: Any, X: Any = None) -> Array:
        """Return the probability to survive `t` renewals; with covariates, of the customers in `X`."""
        return np.exp(self._log_survival(*self._after(t, X)))

    def retention_rate(self, t: Any, X: Any = None) -> Array:
        """Return r(t) = S(t) / S(t - 1): of those offered renewal number `t`, the share who take it."""
        return self.conditional_survival(_renewals(t) - 1, 1, X)

    # --- a customer who has survived some renewals

    def conditional_survival(self, renewals: Any, ahead: Any, X: Any = None) -> Array:
        """Return the probability to survive `ahead` further renewals, given those survived: S(n + k) / S(n)."""
        n, k = _renewals(renewals), _renewals(ahead)
        own = self._of(X, renewals=n, ahead=k)
        return np.exp(self._log_survival(n + k, own) - self._log_survival(n, own))

    def expected_renewals(self, renewals: Any, within: int, X: Any = None) -> Array:
        """Return the expected number of the next `within` renewals that customers survive."""
        return self._sum_ahead(renewals, np.ones(_within(within)), X)

    def renewals_variance(self, renewals: Any, within: int, X: Any = None) -> Array:
        """Return the variance of the number of the next `within` renewals that customers survive.

        Of a whole number N, E[N (N + 1) / 2] is the sum of k P(N >= k), from which the second moment follows.
        """
        mean = self.expected_renewals(renewals, within, X)
        triangular = self._sum_ahead(renewals, np.arange(1.0, _within(within) + 1), X)
        return np.maximum(2 * triangular - mean - mean**2, 0.0)

    def discounted_renewals(self, annual_rate: float, renewals: Any, X: Any = None) -> Array:
        """Return the expected renewals of all the future, each discounted to the next one due.

        This is the discounted expected residual lifetime (DERL) of a customer whose next renewal is due now: Fader and
        Hardie (2010), Customer-Base Valuation in a Contractual Setting, Marketing Science 29(1). The rate is yearly
        and above 0; `term_months` says how much of a year passes between renewals.

        Raises `ConfigError` for a rate that is not above 0: without discount the sum may be infinite.

        >>> from valuekit.ltv.models import ShiftedBetaGeometric
        >>> model = ShiftedBetaGeometric.from_parameters([0.704, 1.182])
        >>> model.discounted_renewals(0.10, [0, 4]).round(2)
        array([2.96, 5.89])
        """
        points, weights = _discounted_points(force_of_interest(annual_rate, 12 / self.term_months))
        return self._sum_ahead(renewals, weights, X, points)

    def own_weight(self, renewals: Any, X: Any = None) -> Array:
        """Return the weight of a customer's own renewals in its expected churn, 0 to 1."""
        raise NotImplementedError

    def _sum_ahead(self, renewals: Any, weights: Array, X: Any, ahead: Array | None = None) -> Array:
        """Sum S(n + k) / S(n) over renewals k = 1, 2, ... by weight, some customers at a time."""
        k = np.arange(1.0, len(weights) + 1) if ahead is None else ahead
        n, given = self._after(renewals, X)
        n, *own = (np.ravel(v) for v in np.broadcast_arrays(np.atleast_1d(n), *given))
        total = np.empty(len(n))
        rows = max(_CELLS // max(len(k), 1), 1)
        for part in (slice(i, i + rows) for i in range(0, len(n), rows)):
            these = [o[part, None] for o in own]
            now = self._log_survival(n[part, None], these)
            total[part] = (np.exp(self._log_survival(n[part, None] + k, these) - now) * weights).sum(axis=1)
        return total

    # --- histories that the model itself would write

    def simulate(self, offered: Any, rng: np.random.Generator, entered: Any = 0, X: Any = None) -> Rows:
        """Draw one history per customer who is offered so many renewals by the end of the data.

        Returns `renewals`, `churned`, `entered` and the model's covariates; whoever left before `entered` renewals is
        not seen and has no row.
        """
        offered = np.atleast_1d(asked.listed(offered, "a number of renewals offered", whole=True))
        entered = asked.listed(entered, "a number of renewals", whole=True)
        own = self._of(X, offered=offered, entered=entered)
        entered = np.broadcast_to(entered, offered.shape)
        survived = self._draw_survived(own, len(offered), rng)
        rows = {
            "renewals": np.minimum(survived, offered),
            "churned": (survived < offered).astype(float),
            "entered": entered,
            **(observations.read_columns(X, self.covariates) if self.covariates else {}),
        }
        seen = (survived >= entered) & (offered >= entered)
        return {name: values[seen] for name, values in rows.items()}

    # --- likelihood

    def _after(self, renewals: Any, X: Any) -> tuple[Array, list[Any]]:
        """Return numbers of renewals, and the basic parameters of the customers who have survived them."""
        n = _renewals(renewals)
        return n, self._of(X, renewals=n)

    def _of(self, X: Any, **asked_of: Array) -> list[Any]:
        """Return the basic parameters of rows, which only a model with covariates needs, for what is asked of them."""
        theta = self._theta()
        if not self.covariates:
            asked.require_broadcast(**asked_of)
            return self._own(theta, {})
        if X is None:
            raise FitError(
                f"this {type(self).__name__} has covariates, and their values are missing.",
                next_step=f"Give a table with {', '.join(self.covariates)}.",
            )
        rows = observations.read_columns(X, self.covariates)
        asked.require_broadcast(**asked_of, X=rows[self.covariates[0]])
        return self._own(theta, rows)

    def _row_likelihood(self, own: Sequence[Any], rows: Rows) -> tuple[Array, Sequence[Array]]:
        n, step, entered, churned = rows["renewals"], rows["step"], rows["entered"], rows["churned"] > 0
        now, then = self._log_survival(n, own), self._log_survival(n + step, own)
        change = np.where(churned, then - now, -1.0)
        lost = np.maximum(-np.expm1(change), _NOBODY)
        value = now + np.where(churned, np.log(lost), 0.0) - self._log_survival(entered, own)
        share = np.where(churned, np.exp(change) / lost, 0.0)
        slopes = [
            at_n + share * (at_n - at_next) - at_entry
            for at_n, at_next, at_entry in zip(
                self._log_survival_slopes(n, own),
                self._log_survival_slopes(n + step, own),
                self._log_survival_slopes(entered, own),
                strict=True,
            )
        ]
        return value, slopes

    def _check_settings(self) -> None:
        super()._check_settings()
        asked.check_number(self.term_months, "term_months", least=1, whole=True)

    def _check(self, rows: Rows) -> None:
        check_histories(rows)

    def _starts(self, rows: Rows) -> Iterable[Array]:
        """Start from the plain share of refused renewals, with much, some and little difference among customers."""
        weight, churned = rows["weight"], rows["churned"]
        lost = weighted_sum(weight, churned)
        at_risk = weighted_sum(weight, (rows["renewals"] - rows["entered"]) / rows["step"] + churned)
        if not 0 < lost < at_risk:
            raise FitError(
                f"{type(self).__name__}: {lost:g} of {at_risk:g} renewals were refused: retention cannot be estimated.",
                next_step="It needs both: customers who left and customers who renewed.",
            )
        rate = lost / at_risk
        rest = [1.0] * (len(self.basic) - 2)
        return [np.array([rate * size, (1 - rate) * size, *rest]) for size in (0.5, 2.0, 10.0)]


def check_histories(rows: Rows) -> None:
    """Raise `FitError` for rows of renewals that cannot be; `step` is 1 where rows have none.

    Terms of a step may follow on others: then `entered` need not be a whole number of them, but all from there on is.
    """
    entered, n, step = rows["entered"], rows["renewals"], rows.get("step", np.ones(1))
    observations.require(rows, (n >= 0) & (n <= asked.MOST), f"survived renewals are 0 to {asked.MOST:,}")
    observations.require(rows, np.isin(rows["churned"], (0.0, 1.0)), "churned is 0 or 1")
    observations.require(rows, np.broadcast_to(step, n.shape) > 0, "a step is above 0")
    observations.require(rows, (entered >= 0) & (entered <= n), "a customer enters after 0 to `renewals` renewals")
    since = (n - entered) / step
    near = np.abs(since - np.round(since)) <= _WHOLE * (1 + n / step)
    observations.require(rows, near, "a customer survives a whole number of steps since it entered")


def _renewals(number: Any) -> Array:
    return asked.numbers(number, "a number of renewals")


def _within(number: Any) -> int:
    return int(asked.number(number, "a number of renewals ahead", most=asked.MOST, whole=True))


def _discounted_points(rate: float) -> tuple[Array, Array]:
    """Return points x and weights that sum exp(-rate (k - 1)) f(k) over k = 1, 2, ..., for a smooth and falling f.

    The first renewals one by one. From there on the sum is the integral from half a step before, less a 24th of the
    slope there (Euler and Maclaurin, midpoint form), by Gauss and Legendre on panels that double in length.
    """
    edge, far = float(_ONE_BY_ONE), _NEGLIGIBLE / rate
    points, weights = [np.arange(1.0, edge + 1)], [np.ones(_ONE_BY_ONE)]
    if far > edge:
        node, share = np.polynomial.legendre.leggauss(32)
        ends = (edge + 0.5) * 2.0 ** np.arange(int(np.ceil(np.log2(far / edge))) + 1)
        half = np.diff(ends) / 2
        points += [(ends[:-1] + half)[:, None] + half[:, None] * node, np.array([edge + 1, edge])]
        weights += [half[:, None] * share, np.array([1.0, -1.0]) / 24]
    x, w = (np.concatenate([part.ravel() for part in parts]) for parts in (points, weights))
    return x, w * np.exp(-rate * (x - 1))
