"""BG/NBD and MBG/NBD: purchases without contract, dropout after a purchase. They differ by one coin toss.

Fader, Hardie and Lee (2005), "Counting Your Customers the Easy Way", Marketing Science 24(2) [FHL].
Batislam, Denizel and Filiztekin (2007), International Journal of Research in Marketing 24(3), with the erratum of
Wagner and Hoppe (2008) [WH]: the customer may also drop out at time zero, right after the first purchase.

`tosses` is the number of dropout decisions beyond one per repeat purchase: 0 for BG/NBD, 1 for MBG/NBD.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from scipy.special import betaln, gammaln, psi

from valuekit.errors import FitError
from valuekit.ltv.models.dropout import gain
from valuekit.ltv.models.observations import Array, Rows, weighted_sum
from valuekit.ltv.models.purchase_model import PurchaseModel

# --- mathematics


def log_odds_dropped(theta: Array, rows: Rows, tosses: int) -> Array:
    """Return ln(P(dropped out) / P(alive)) given the history [FHL eq. 7 rearranged; WH eq. 5]."""
    r, alpha, a, b = theta
    x, recency, age = rows["frequency"], rows["recency"], rows["age"]
    stayed = b + x + tosses - 1
    possible = x + tosses > 0
    silence = np.log(alpha + age) - np.log(alpha + recency)
    log_ratio = np.log(a) - np.log(np.where(possible, stayed, 1.0)) + (r + x) * silence
    return np.asarray(np.where(possible, log_ratio, -np.inf))


def log_likelihood(theta: Array, rows: Rows, tosses: int) -> tuple[float, Array]:
    """Return the weighted log-likelihood and its gradient [FHL eq. 6; WH eq. 3]."""
    by_count = _count_part(theta, rows, tosses)
    by_time = _time_part(theta, rows, tosses)
    return by_count[0] + by_time[0], by_count[1] + by_time[1]


def _count_part(theta: Array, rows: Rows, tosses: int) -> tuple[float, Array]:
    """The factors that depend on the number of purchases alone: special functions once per number, not per row."""
    r, alpha, a, b = theta
    weight: Array = np.asarray(np.bincount(rows["frequency"].astype(np.int64), weights=rows["weight"]), float)
    x = np.flatnonzero(weight)
    weight, stayed = weight[x], b + x + tosses
    value = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, stayed) - betaln(a, b)
    both = psi(a + b) - psi(a + stayed)
    slopes = (psi(r + x) - psi(r) + np.log(alpha), np.full(len(x), r / alpha), both, both + psi(stayed) - psi(b))
    return weighted_sum(weight, value), np.array([weighted_sum(weight, slope) for slope in slopes])


def _time_part(theta: Array, rows: Rows, tosses: int) -> tuple[float, Array]:
    """The two ways to end: alive until today, or dropped out after the last purchase."""
    r, alpha, a, b = theta
    x, recency, age, weight = rows["frequency"], rows["recency"], rows["age"], rows["weight"]
    odds = log_odds_dropped(theta, rows, tosses)
    either = np.logaddexp(0, odds)
    dropped = np.exp(odds - either)
    log_age, s = np.log(alpha + age), r + x
    silence = dropped * (log_age - np.log(alpha + recency))
    pace = (1 - dropped) / (alpha + age) + dropped / (alpha + recency)
    stayed = np.where(dropped > 0, b + x + tosses - 1, 1.0)
    slopes = (silence - log_age, -s * pace, dropped / a, -dropped / stayed)
    return weighted_sum(weight, either - s * log_age), np.array([weighted_sum(weight, slope) for slope in slopes])


def starts(rows: Rows) -> list[Array]:
    """Return a few points from which to climb: the observed rate, with little and with much dropout."""
    weight = rows["weight"]
    rate = weighted_sum(weight, rows["frequency"]) / weighted_sum(weight, rows["age"])
    return [np.array([r, r / rate / 2, a, b]) for r, a, b in ((0.5, 0.8, 2.0), (1.0, 0.5, 5.0), (3.0, 1.5, 1.5))]


# --- estimators


class BgNbd(PurchaseModel):
    """BG/NBD: buys at a gamma-distributed rate, drops out after a repeat purchase with a beta-distributed probability.

    Reads rows with `frequency` (repeat purchases), `recency` (first to last purchase) and `age` (first purchase to
    today), both in `time_unit`, and `weight` (customers with that history). A column `time_unit` must agree.
    A customer without repeat purchase is always alive in this model; `MbgNbd` mends that.

    >>> model = BgNbd.from_parameters([0.243, 4.414, 0.793, 2.426])
    >>> rows = {"frequency": [2], "recency": [30.43], "age": [38.86]}
    >>> model.expected_purchases(39, rows).round(3), model.probability_alive(rows).round(4)
    (array([1.226]), array([0.7266]))
    """

    basic = ("r", "alpha", "a", "b")
    tosses: ClassVar[int] = 0

    def probability_alive(self, X: Any) -> Array:
        """Return the probability that each row's customer has not dropped out [FHL sec. 4; WH eq. 5]."""
        theta = self._theta()
        odds = log_odds_dropped(theta, self._read(X), self.tosses)
        return np.exp(-np.logaddexp(0, odds))

    def expected_purchases(self, t: float, X: Any) -> Array:
        """Return the expected purchases of each row's customer in the next `t` [FHL eq. 10; WH eq. 4]."""
        r, alpha, a, b = self._theta()
        rows = self._read(X)
        s, stayed = r + rows["frequency"], b + rows["frequency"] + self.tosses
        return np.asarray(self.probability_alive(X) * s * gain(s, t / (alpha + rows["age"]), a, stayed))

    def expected_time_alive(self, t: float, X: Any) -> Array:
        """Return how much of the next `t` each row's customer is expected to be alive."""
        r, alpha, a, b = self._theta()
        rows = self._read(X)
        scale, stayed = alpha + rows["age"], b + rows["frequency"] + self.tosses
        return np.asarray(self.probability_alive(X) * scale * gain(r + rows["frequency"] - 1, t / scale, a, stayed))

    def expected_purchases_new(self, t: float | Array) -> Array:
        """Return the expected repeat purchases of a new customer in its first `t` [FHL eq. 9; WH eq. 2]."""
        r, alpha, a, b = self._theta()
        stays = (b / (a + b)) ** self.tosses
        return np.asarray(stays * r * gain(np.array(r), np.asarray(t, float) / alpha, a, np.array(b + self.tosses)))

    def own_weight(self, X: Any) -> Array:
        """Return the weight of each customer's own rate, age / (alpha + age), in its expected rate."""
        alpha = self._theta()[1]
        age = self._read(X)["age"]
        return np.asarray(age / (alpha + age))

    def _starts(self, rows: Rows) -> Iterable[Array]:
        if not np.any(rows["frequency"] > 0):
            raise FitError(f"{type(self).__name__}: nobody has bought twice, so there is no rate to estimate.")
        return starts(rows)

    def _likelihood(self, theta: Array, rows: Rows) -> tuple[float, Array]:
        return log_likelihood(theta, rows, self.tosses)


class MbgNbd(BgNbd):
    """MBG/NBD: as `BgNbd`, and the customer may already drop out right after the first purchase (the default model).

    >>> one_time_buyer = {"frequency": [0], "recency": [0], "age": [38.86]}
    >>> MbgNbd.from_parameters([0.525, 6.183, 0.891, 1.614]).probability_alive(one_time_buyer).round(3)
    array([0.39])
    """

    tosses = 1
