"""BG/BB: purchases at discrete occasions (yearly donations, issues of a magazine), dropout before an occasion.

Fader, Hardie and Shang (2010), "Customer-Base Analysis in a Discrete-Time Noncontractual Setting", Marketing Science
29(6) [FHS]. At each occasion a customer first drops out with probability theta ~ Beta(gamma, delta); one who is still
there buys with probability p ~ Beta(alpha, beta), independent of theta. Given that a customer is alive after n
occasions with x purchases, p ~ Beta(alpha + x, beta + n - x) and theta ~ Beta(gamma, delta + n): its future is that of
a new customer with those four parameters.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, log_expit

from valuekit.errors import FitError
from valuekit.ltv.models import asked, observations
from valuekit.ltv.models.observations import Array, Rows, weighted_sum
from valuekit.ltv.models.purchase_model import PurchaseModel

Parameters = Sequence[Any] | Array
"""alpha, beta, gamma, delta, each a number or one per row."""

_MOST = 36_525
"""Occasions of one customer: one a day for a hundred years. Work and memory grow with them, and a date is more."""

# --- a history


def row_likelihood(own: Parameters, rows: Rows) -> tuple[Array, list[Array]]:
    """Return each row's log-likelihood [FHS eq. 1] and its slopes by alpha, beta, gamma and delta."""
    value, slopes = np.empty(len(rows["frequency"])), np.empty((4, len(rows["frequency"])))
    for part, (log_ways, each) in _endings(own, rows):
        value[part] = np.logaddexp.reduce(log_ways, axis=1)
        share = np.exp(log_ways - value[part, None])
        slopes[:, part] = [np.sum(share * slope, axis=1) for slope in each]
    return value, list(slopes)


def probability_alive_now(own: Parameters, rows: Rows) -> Array:
    """Return the probability that each row's customer was still there at its last occasion."""
    alive = np.empty(len(rows["frequency"]))
    for part, (log_ways, _) in _endings(own, rows):
        alive[part] = np.exp(log_ways[:, 0] - np.logaddexp.reduce(log_ways, axis=1))
    return alive


def _endings(own: Parameters, rows: Rows) -> Iterator[tuple[slice, tuple[Array, list[Array]]]]:
    """Rows, part by part: ln of the probability of the history with each way to end, and its slopes [FHS eq. 1].

    Column 0: still there after the last occasion; column 1 + i: dropped out after i more occasions without a purchase.
    Both factors of a way are ratios of beta functions whose arguments lie whole numbers apart, thus products, of which
    a table holds all that occur.
    """
    alpha, beta, gamma, delta = own
    most = int(np.max(rows["occasions"], initial=0.0)) + 1
    by = [_rising(parameter, most) for parameter in (alpha, beta, alpha + beta, gamma, delta, gamma + delta)]
    columns = int(np.max(rows["occasions"] - rows["recency"], initial=0.0)) + 1
    for part in _parts(len(rows["frequency"]), columns):
        x, recency, n = (rows[name][part, None].astype(int) for name in ("frequency", "recency", "occasions"))
        silent = np.arange(columns) - 1
        tried, possible = np.where(silent < 0, n, recency + silent), silent < n - recency
        tried = np.where(possible, tried, n)
        left = (silent >= 0).astype(int)
        at = (x, tried - x, tried, left, tried, tried + left)
        log_a, log_b, log_ab, log_c, log_d, log_cd = (log[k] for (log, _), k in zip(by, at, strict=True))
        log_ways = np.where(possible, log_a + log_b - log_ab + log_c + log_d - log_cd, -np.inf)
        a, b, ab, c, d, cd = (slope[k] for (_, slope), k in zip(by, at, strict=True))
        yield part, (log_ways, [a - ab, b - ab, c - cd, d - cd])


def _rising(start: float, most: int) -> tuple[Array, Array]:
    """Logarithm of start (start + 1) ... (start + k - 1) for k = 0 .. `most`, and its slope by start."""
    factors = start + np.arange(most)
    return np.cumsum(np.pad(np.log(factors), (1, 0))), np.cumsum(np.pad(1 / factors, (1, 0)))


def posterior(own: Parameters, rows: Rows) -> Parameters:
    """Return the parameters of the rows' customers, given their histories and that they are alive."""
    alpha, beta, gamma, delta = own
    x, n = rows["frequency"], rows["occasions"]
    return alpha + x, beta + n - x, gamma, delta + n


# --- a new customer


def survival(own: Parameters, n: int) -> Array:
    """Return S(1), ... S(n), the probabilities to be alive at each occasion [FHS eq. 4]: one row per customer.

    B(gamma, delta + t) / B(gamma, delta) is a product of t factors, multiplied out once per distinct delta.
    """
    _, _, gamma, delta = own
    deltas, which = np.unique(np.atleast_1d(delta), return_inverse=True)
    before = deltas[:, None] + np.arange(n)
    return np.asarray(np.cumprod(before / (gamma + before), axis=1)[which.reshape(-1)])


def occasions_alive(own: Parameters, n: Any) -> Array:
    """Return at how many of the first `n` occasions a customer is expected to be alive; an array of n gives columns."""
    return _summed(survival(own, int(np.max(n))), n)


def expected_count(own: Parameters, n: Any) -> Array:
    """Return the expected purchases at the first `n` occasions [FHS eq. 7]."""
    alpha, beta, _, _ = own
    return _times(alpha / (alpha + beta), occasions_alive(own, n))


def factorial_moment(own: Parameters, n: Any) -> Array:
    """Return E[X (X - 1)] of the purchases X at the first `n` occasions: E[p^2] E[K (K - 1)] over K occasions alive."""
    alpha, beta, _, _ = own
    both = alpha * (alpha + 1) / ((alpha + beta) * (alpha + beta + 1))
    most = int(np.max(n))
    return _times(2 * both, _summed(survival(own, most) * np.arange(most), n))


def _summed(values: Array, n: Any) -> Array:
    """Sums of the first `n` columns."""
    return np.asarray(np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)[:, n])


def _times(factor: Any, values: Array) -> Array:
    """Multiply rows by one factor, or by one each."""
    return np.asarray((values.T * factor).T)


def count_distribution(own: Parameters, n: int, up_to: int) -> Array:
    """Return P(0), ... P(`up_to`) purchases at the first `n` occasions: one row per customer [FHS eq. 8].

    The beta-binomial of the occasions alive, weighted by the probability to be alive at just so many.
    """
    alpha, beta = (np.atleast_1d(np.asarray(v, float))[:, None] for v in own[:2])
    alive = np.pad(survival(own, n), ((0, 0), (1, 1)), constant_values=((0, 0), (1, 0)))
    lasts = alive[:, :-1] - alive[:, 1:]
    lasts[:, :n] = alive[:, :n] * own[2] / (own[2] + np.atleast_1d(own[3])[:, None] + np.arange(n))
    k = np.arange(n + 1.0)
    result = np.zeros((len(lasts), up_to + 1))
    for x in range(min(up_to, n) + 1):
        tried = k[x:]
        log_ways = -np.log1p(tried) - betaln(1 + x, 1 + tried - x)
        log_bought = betaln(alpha + x, beta + tried - x) - betaln(alpha, beta)
        result[:, x] = np.sum(lasts[:, x:] * np.exp(log_ways + log_bought), axis=1)
    return result


def discounted_count(own: Parameters, kept: float) -> Array:
    """Return the purchases of all the future, each worth `kept` to the power of its occasion [FHS eq. 14: DERT].

    The series of S(t) kept^t is the mean of (1 - theta) kept / (1 - (1 - theta) kept) over theta.
    """
    alpha, beta, gamma, delta = own
    deltas, which = np.unique(np.atleast_1d(delta), return_inverse=True)
    worth = _discounted_occasions(gamma, deltas[:, None], kept)[which.reshape(-1)]
    return np.asarray(alpha / (alpha + beta) * worth)


_NODES = 1025
"""Doubling the nodes changes no result by more than 1e-11 of itself for gamma, delta > 0.001."""


def _discounted_occasions(gamma: float, delta: Array, kept: float) -> Array:
    """The mean over theta by the trapezoid rule on its logit, nodes spread by sinh: every term is positive."""
    width = np.minimum(1.0, np.sqrt(1 / gamma + 1 / delta))
    reach = (60 / np.minimum(np.minimum(gamma, delta), 1) - np.log1p(-kept)) / width
    v = np.linspace(-1, 1, _NODES) * np.arcsinh(reach)
    u = np.log(gamma / delta) + width * np.sinh(v)
    log_left, log_stayed = log_expit(u), log_expit(-u)
    density = np.exp(gamma * log_left + delta * log_stayed - betaln(gamma, delta)) * width * np.cosh(v)
    stayed, left = np.exp(log_stayed), np.exp(log_left)
    worth = stayed * kept / (1 - kept + left * kept)
    return np.asarray((density * worth).sum(axis=1) * 2 * np.arcsinh(reach)[:, 0] / (_NODES - 1))


def _parts(rows: int, cells_per_row: int) -> Iterator[slice]:
    """Slices of rows that keep memory bounded."""
    size = max((1 << 18) // cells_per_row, 1)
    return (slice(first, first + size) for first in range(0, rows, size))


# --- estimator


class BgBb(PurchaseModel):
    """BG/BB: at each occasion the customer first may drop out, and if it stays, buys with its own probability.

    Reads rows with `frequency` (occasions with a purchase), `recency` (number of the last of them, 0 for none),
    `occasions` (how many there have been since the customer came) and `weight`. `time_unit` is the time between two
    occasions; every `t` is a whole number of occasions. `probability_alive` is that at the next occasion, and
    `expected_time_alive` a number of occasions.

    >>> model = BgBb.from_parameters([1.204, 0.750, 0.657, 2.783])
    >>> rows = {"frequency": [0, 6], "recency": [0, 6], "occasions": [6, 6]}
    >>> model.probability_alive(rows).round(2), model.expected_purchases(5, rows).round(2)
    (array([0.11, 0.93]), array([0.07, 3.75]))
    """

    basic = ("alpha", "beta", "gamma", "delta")
    columns = ("frequency", "recency", "occasions")

    def __init__(self, time_unit: str = "year") -> None:
        self.time_unit = time_unit

    # --- a customer with a history; an array of m times gives m columns

    def probability_alive(self, X: Any) -> Array:
        """Return the probability that each row's customer is alive at the next occasion [FHS eq. 10]."""
        return self.expected_time_alive(1, X)

    def expected_purchases(self, t: float | Array, X: Any) -> Array:
        """Return the expected purchases of each row's customer at the next `t` occasions [FHS eq. 13]."""
        now, future = self._alive_and_future(X)
        return _times(now, expected_count(future, _whole(t)))

    def purchase_variance(self, t: float | Array, X: Any) -> Array:
        """Return the variance of each row's number of purchases at the next `t` occasions."""
        now, future = self._alive_and_future(X)
        mean, pairs = expected_count(future, _whole(t)), factorial_moment(future, _whole(t))
        return _times(now, pairs + mean) - np.square(_times(now, mean))

    def expected_time_alive(self, t: float | Array, X: Any) -> Array:
        """Return at how many of the next `t` occasions each row's customer is expected to be alive."""
        now, future = self._alive_and_future(X)
        return _times(now, occasions_alive(future, _whole(t)))

    def purchase_distribution(self, t: float, X: Any, up_to: int) -> Array:
        """Return P(0), ... P(`up_to`) purchases at the next `t` occasions: one row per customer [FHS eq. 12]."""
        now, future = self._alive_and_future(X)
        ahead, most = self._one_time(t, up_to)
        result = _times(now, count_distribution(future, int(_whole(ahead)), most))
        result[:, 0] += 1 - now
        return result

    def discounted_purchases(self, annual_rate: float, X: Any) -> Array:
        """Return the expected purchases of all the future, each discounted to the last occasion [FHS eq. 14]."""
        now, future = self._alive_and_future(X)
        return np.asarray(now * discounted_count(future, np.exp(-self._force(annual_rate))))

    def own_weight(self, X: Any) -> Array:
        """Return the weight of each customer's own share of occasions bought at, n / (alpha + beta + n)."""
        alpha, beta, _, _ = self._theta()
        n = self._asked_rows(X)["occasions"]
        return np.asarray(n / (alpha + beta + n))

    # --- a customer who has just made its first purchase

    def expected_purchases_new(self, t: float | Array) -> Array:
        """Return the expected purchases of a new customer at its first `t` occasions [FHS eq. 7]."""
        return np.asarray(expected_count(self._theta(), _whole(t))[0])

    def purchase_distribution_new(self, t: float, up_to: int) -> Array:
        """Return P(0), ... P(`up_to`) purchases of a new customer at its first `t` occasions [FHS eq. 8]."""
        ahead, most = self._one_time(t, up_to)
        return np.asarray(count_distribution(self._theta(), int(_whole(ahead)), most)[0])

    def discounted_purchases_new(self, annual_rate: float) -> float:
        """Return the expected discounted purchases of a new customer in all the future."""
        return float(discounted_count(self._theta(), np.exp(-self._force(annual_rate)))[0])

    # --- histories that the model itself would write

    def simulate(self, age: Any, rng: np.random.Generator) -> Rows:
        """Draw one history per number of occasions: the columns, and the truth.

        `rate` is the customer's probability to buy, `lifetime` the number of occasions at which it is alive.
        """
        alpha, beta, gamma, delta = self._theta()
        n = np.atleast_1d(_whole(age)).astype(float)
        rate, dropout = rng.beta(alpha, beta, n.shape), rng.beta(gamma, delta, n.shape)
        lifetime = rng.geometric(np.maximum(dropout, np.finfo(float).tiny)).astype(float) - 1
        x, recency = np.zeros(n.shape), np.zeros(n.shape)
        for occasion in range(1, int(np.max(n, initial=0)) + 1):
            buys = (occasion <= np.minimum(lifetime, n)) & (rng.random(n.shape) < rate)
            x += buys
            recency = np.where(buys, occasion, recency)
        return {"frequency": x, "recency": recency, "occasions": n, "rate": rate, "lifetime": lifetime}

    # --- what it is made of

    def _alive_and_future(self, X: Any) -> tuple[Array, Parameters]:
        """The probability to have been alive at the last occasion, and the parameters from there on."""
        rows, own = self._asked_rows(X), self._theta()
        return probability_alive_now(own, rows), posterior(own, rows)

    def _check(self, rows: Rows) -> None:
        x, recency, n = rows["frequency"], rows["recency"], rows["occasions"]
        for name in self.columns:
            whole = (rows[name] >= 0) & (rows[name] % 1 == 0) & (rows[name] <= _MOST)
            observations.require(rows, whole, f"{name} is a whole number from 0 to {_MOST:,}")
        observations.require(rows, (x <= recency) & (recency <= n), "frequency <= recency <= occasions")
        observations.require(rows, (x > 0) | (recency == 0), "recency is 0 without a purchase")

    def _starts(self, rows: Rows) -> Iterable[Array]:
        weight = rows["weight"]
        bought, possible = weighted_sum(weight, rows["frequency"]), weighted_sum(weight, rows["recency"])
        if not bought > 0:
            raise FitError(
                f"{type(self).__name__}: nobody has bought, so there is no probability to estimate.",
                next_step="Give customers of whom some have bought again.",
            )
        rate = np.clip(bought / possible, 0.05, 0.95)
        return [np.array([rate * k, (1 - rate) * k, g, d]) for k, g, d in ((2.0, 0.5, 2.0), (4.0, 1.0, 10.0))]

    def _row_likelihood(self, own: Parameters, rows: Rows) -> tuple[Array, Sequence[Array]]:
        return row_likelihood(own, rows)


def _whole(t: Any) -> npt.NDArray[np.int64]:
    return asked.listed(t, "a number of occasions", most=_MOST, whole=True).astype(np.int64)
