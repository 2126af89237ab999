"""BG/NBD and MBG/NBD: purchases without contract, dropout after a purchase. They differ by one coin toss.

Fader, Hardie and Lee (2005), "Counting Your Customers the Easy Way", Marketing Science 24(2) [FHL].
Batislam, Denizel and Filiztekin (2007), International Journal of Research in Marketing 24(3), with the erratum of
Wagner and Hoppe (2008) [WH]: the customer may also drop out at time zero, right after the first purchase.
Fader and Hardie (2007), "Incorporating Time-Invariant Covariates into the Pareto/NBD and BG/NBD Models" [FH].

`tosses` is the number of dropout decisions beyond one per repeat purchase: 0 for BG/NBD, 1 for MBG/NBD. Each basic
parameter is a number or, with covariates, one number per customer.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaln, expit, gammaln, polygamma, psi, xlogy

from valuekit.ltv.models import dropout
from valuekit.ltv.models.log_beta import SMOOTH, log_beta
from valuekit.ltv.models.observations import Array, Rows, distinct, weighted_sum
from valuekit.ltv.models.present_value import present_value
from valuekit.ltv.models.purchase_model import PurchaseModel
from valuekit.ltv.units import TimeUnit

_BLOCK = 8192
"""Rows whose columns stay in the processor's cache while their likelihood is computed."""

_IMPOSSIBLE = -69.0
"""Logarithm of odds that are none in double precision, where that of 0 would be no number."""

# --- mathematics: the past


def log_odds_dropped(own: Iterable[Any], rows: Rows, tosses: int) -> Array:
    """Return ln(P(dropped out) / P(alive)) given the history [FHL eq. 7 rearranged; WH eq. 5]."""
    r, alpha, a, b = own
    x, recency, age = rows["frequency"], rows["recency"], rows["age"]
    possible = x + tosses > 0
    stayed = np.where(possible, b + x + tosses - 1, 1.0)
    silence = np.log1p((age - recency) / (alpha + recency))
    return np.asarray(np.where(possible, np.log(a) - np.log(stayed) + (r + x) * silence, -np.inf))


def count_likelihood(own: Iterable[Any], x: Array, tosses: int, k: int = 1) -> tuple[Array, list[Array]]:
    """Return the factors that depend on the number of purchases alone, in logs, and their slopes [FHL eq. 6].

    `k` is the number of events of the rate that make a purchase (see `regular_buyers`).
    """
    r, alpha, a, b = own
    s, stayed = r + k * x, b + x + tosses
    ln_beta = betaln if np.max(a) < SMOOTH and np.max(b) < SMOOTH else log_beta
    value = gammaln(s) - gammaln(r) + r * np.log(alpha) + ln_beta(a, stayed) - ln_beta(a, b)
    both = psi(a + b) - psi(a + stayed)
    slopes = [psi(s) - psi(r) + np.log(alpha), r / alpha + 0 * x, both, both + psi(stayed) - psi(b)]
    return value, slopes


def time_likelihood(own: Iterable[Any], rows: Rows, tosses: int, k: int = 1) -> tuple[Array, list[Array]]:
    """Return ln of the two ways to end, alive until today or dropped out after the last purchase, and its slopes."""
    r, alpha, a, b = own
    x, until, since = rows["frequency"], alpha + rows["age"], alpha + rows["recency"]
    stayed = b + np.maximum(x + tosses - 1, 0)
    log_age, s = np.log(until), r + k * x
    silence = log_age - np.log(since)
    unseen, by_s, by_time = _unseen_events(s, (rows["age"] - rows["recency"]) / until, k) if k > 1 else (0.0, 0.0, 0.0)
    odds = np.log(a / stayed) + s * silence - unseen
    if not tosses:
        odds = np.where(x > 0, odds, _IMPOSSIBLE)
    kept = np.exp(-odds)  # no overflow: silence is not negative, so odds are at least a / stayed, or less by few events
    dropped = 1 / (1 + kept)
    pace = (1 - dropped) / until + dropped / since
    value = odds + np.log1p(kept) - s * log_age
    slopes = [dropped * silence - log_age, -s * pace, dropped / a, -dropped / stayed]
    if k > 1:
        value += unseen
        slopes[0] += (1 - dropped) * by_s
        slopes[1] -= (1 - dropped) * by_time / until
    return value, slopes


def _unseen_events(s: Array, silent: Array, k: int) -> tuple[Array, Array, Array]:
    """Return ln of the weight of 0 .. k - 1 events since the last purchase against none, and its slopes.

    They are by `s` and by the logarithm of `silent`, the share of alpha + age since the last purchase.
    """
    way, rise = np.ones(len(s)), np.zeros(len(s))
    total, by_s, by_log = np.ones(len(s)), np.zeros(len(s)), np.zeros(len(s))
    for j in range(1, k):
        way *= silent * (s + (j - 1)) / j
        rise += 1 / (s + (j - 1))
        total += way
        by_s += way * rise
        by_log += way * j
    return np.log(total), by_s / total, by_log / total


def log_likelihood(theta: Array, rows: Rows, tosses: int, k: int = 1) -> tuple[float, Array]:
    """Return the weighted log-likelihood and its gradient where all customers share the parameters [FHL 6; WH 3].

    Special functions are needed once per number of purchases, not per row.
    """
    weight, x = _by_count(rows)
    total: Array = _weighted(weight, *count_likelihood(theta, x, tosses, k))
    for block in _blocks(rows):
        total = total + _weighted(block["weight"], *time_likelihood(theta, block, tosses, k))
    return float(total[0]), total[1:]


def _by_count(rows: Rows) -> tuple[Array, Array]:
    """Return the weight of each number of purchases, and these numbers."""
    weight: Array = np.asarray(np.bincount(rows["frequency"].astype(np.int64), weights=rows["weight"]), float)
    x = np.flatnonzero(weight)
    return weight[x], x.astype(float)


def _blocks(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows["weight"]), _BLOCK):
        yield {name: v[start : start + _BLOCK] for name, v in rows.items()}


def _weighted(weight: Array, value: Array, slopes: Sequence[Array]) -> Array:
    return np.asarray([weighted_sum(weight, v) for v in (value, *slopes)], float)


def count_curvature(own: Iterable[Any], x: Array, tosses: int) -> list[Any]:
    """Return the second derivatives of `count_likelihood` that are not 0 everywhere, in the order of `_SECOND`."""
    r, alpha, a, b = own
    s, stayed = r + x, b + x + tosses
    both = polygamma(1, a + b) - polygamma(1, a + stayed)
    of_b = both + polygamma(1, stayed) - polygamma(1, b)
    return [polygamma(1, s) - polygamma(1, r), 1 / alpha + 0 * x, 0 * x, 0 * x, -r / alpha**2 + 0 * x, 0 * x, 0 * x,
            both, both, of_b]  # fmt: skip


def time_curvature(own: Iterable[Any], rows: Rows, tosses: int) -> list[Any]:
    """Return the second derivatives of `time_likelihood` in the order of `_SECOND`.

    It is ln(1 + odds) - s ln(alpha + age): its curvature is that of ln odds, as likely as dropout is, and what the
    slopes of ln odds do where dropout is uncertain.
    """
    r, alpha, a, b = own
    x, until, since = rows["frequency"], 1 / (alpha + rows["age"]), 1 / (alpha + rows["recency"])
    s, stayed = r + x, b + np.maximum(x + tosses - 1, 0)
    silence, faster = np.log(since / until), until - since
    odds = np.log(a / stayed) + s * silence
    dropped = expit(odds if tosses else np.where(x > 0, odds, _IMPOSSIBLE))
    uncertain = dropped * (1 - dropped)
    of_r, of_alpha, of_a, of_b = silence * uncertain, s * faster * uncertain, uncertain / a, -uncertain / stayed
    return [
        of_r * silence, of_alpha * silence + dropped * faster - until, of_r / a, -of_r / stayed,
        of_alpha * s * faster - dropped * s * faster * (until + since) + s * until**2, of_alpha / a, -of_alpha / stayed,
        (of_a - dropped / a) / a, of_b / a, (dropped / stayed - of_b) / stayed,
    ]  # fmt: skip


_SECOND = np.triu_indices(4)
"""Pairs of r, alpha, a and b."""


def curvature(theta: Array, rows: Rows, tosses: int) -> Array:
    """Return the Hessian of `log_likelihood` in closed form: a fifth of the work of differences."""
    weight, x = _by_count(rows)
    total = np.array([weighted_sum(weight, v) for v in count_curvature(theta, x, tosses)])
    for block in _blocks(rows):
        total = total + [weighted_sum(block["weight"], v) for v in time_curvature(theta, block, tosses)]
    hessian = np.zeros((4, 4))
    hessian[_SECOND] = total
    return hessian + np.triu(hessian, 1).T


def starts(rows: Rows) -> list[Array]:
    """Return a few points from which to climb: the observed rate, with little and with much dropout."""
    rate = weighted_sum(rows["weight"], rows["frequency"]) / weighted_sum(rows["weight"], rows["age"])
    return [np.array([r, r / rate / 2, a, b]) for r, a, b in ((0.5, 0.8, 2.0), (1.0, 0.5, 5.0), (3.0, 1.5, 1.5))]


# --- mathematics: the future of a customer who is alive


@dataclass(frozen=True)
class Alive:
    """What is known of customers who are alive: rate ~ Gamma(s, rate beta), dropout ~ Beta(a, b), independent."""

    s: Array
    beta: Array
    a: Array
    b: Array

    def mean(self, t: Any) -> Array:
        """Return the expected purchases in the next `t` [FHL eq. 10]."""
        return np.asarray(self.s * dropout.gain(self.s, t / self.beta, self.a, self.b))

    def pairs(self, t: Any) -> Array:
        """Return E[N (N - 1)] of the purchases N in the next `t`."""
        return dropout.pairs(self.s, t / self.beta, self.a, self.b)

    def lifetime(self, t: Any) -> Array:
        """Return the expected part of the next `t` before dropout."""
        return np.asarray(self.beta * dropout.gain(self.s - 1, t / self.beta, self.a, self.b))

    def discounted(self, annual_rate: float, unit: TimeUnit) -> Array:
        """Return the expected purchases of all the future, discounted to today."""
        return present_value(self.mean, annual_rate, unit)

    def distribution(self, t: float, up_to: int) -> Array:
        """Return P(0), ... P(`up_to`) purchases in the next `t`, one column each [FHL eq. 8, without differences].

        n purchases: n arrivals, and stayed each time; or at least n arrivals, and dropped out after the n-th.
        """
        s, tau = np.broadcast_arrays(self.s, t / self.beta)
        bought, log_none = tau / (1 + tau), -s * np.log1p(tau)
        columns, stayed = [np.exp(log_none)], np.ones(s.shape)
        for n in range(1, up_to + 1):
            exactly = np.exp(log_none + xlogy(n, bought) - np.log(n) - betaln(s, n))
            left = self.a + self.b + n - 1
            columns.append(stayed * ((self.b + n - 1) * exactly + self.a * betainc(n, s, bought)) / left)
            stayed = stayed * (self.b + n - 1) / left
        return np.stack(columns, axis=-1)


def simulate_lives(own: Iterable[Any], age: Array, tosses: int, rng: np.random.Generator, k: int = 1) -> Rows:
    """Draw histories, and the truth behind them; each basic parameter is a number or one per customer.

    The purchase after which a customer drops out is drawn first, then the events until today as if nobody did: the
    n-th of N that are spread over a time evenly comes at a Beta(n, N - n + 1) share of it. Every `k`-th event is a
    purchase.
    """
    r, alpha, a, b = own
    rate, quits = rng.gamma(r, 1 / np.asarray(alpha), len(age)), rng.beta(a, b, len(age))
    with np.errstate(divide="ignore"):  # who never quits has all purchases ahead
        last = np.ceil(np.log(1 - rng.random(len(age))) / np.log1p(-quits))
    last = np.maximum(last - tosses, 1 - tosses)
    possible = rng.poisson(rate * age).astype(float)
    frequency = np.minimum(possible // k, last)
    share = rng.beta(np.maximum(k * frequency, 1), np.maximum(possible - k * frequency, 0) + 1)
    recency = np.where(frequency > 0, share * age, 0.0)
    ahead = rng.gamma(np.maximum(k * last - possible, 1)) / np.maximum(rate, np.finfo(float).tiny)
    lifetime = np.where(k * last <= possible, recency, age + ahead)
    return {"frequency": frequency, "recency": recency, "age": age, "rate": rate / k, "lifetime": lifetime}


# --- estimators


class BgNbd(PurchaseModel):
    """BG/NBD: buys at a gamma-distributed rate, drops out after a repeat purchase with a beta-distributed probability.

    Covariates multiply alpha by exp(-c z), a and b by exp(c z) [FH sec. 3]; answers for a new customer are then for one
    whose covariates are 0. A customer without repeat purchase is always alive in this model; `MbgNbd` mends that.

    Where a `t` is asked for with a history, an array of m times gives m columns, for little more than the price of one:
    customers with the same number of purchases and the same age expect the same as long as they are alive.

    >>> model = BgNbd.from_parameters([0.243, 4.414, 0.793, 2.426])
    >>> rows = {"frequency": [2], "recency": [30.43], "age": [38.86]}
    >>> model.expected_purchases(39, rows).round(3), model.probability_alive(rows).round(4)
    (array([1.226]), array([0.7266]))
    >>> model.purchase_variance(39, rows).round(3), model.purchase_distribution(39, rows, 2).round(3)
    (array([2.529]), array([[0.445, 0.239, 0.144]]))
    """

    basic = ("r", "alpha", "a", "b")
    shifts = {"alpha": -1.0, "a": 1.0, "b": 1.0}  # noqa: RUF012 - as in the base class
    tosses: ClassVar[int] = 0

    # --- a customer with a history

    def probability_alive(self, X: Any) -> Array:
        """Return the probability that each row's customer has not dropped out [FHL sec. 4; WH eq. 5]."""
        return self._probability_alive(self._asked_rows(X))

    def expected_purchases(self, t: float | Array, X: Any) -> Array:
        """Return the expected purchases of each row's customer in the next `t` [FHL eq. 10; WH eq. 4]."""
        ahead = self._columns(t)
        return self._expect(X, lambda alive: alive.mean(ahead).T)

    def purchase_variance(self, t: float | Array, X: Any) -> Array:
        """Return the variance of each row's number of purchases in the next `t`, by chance and by what is not known."""
        ahead, mean = self._columns(t), self.expected_purchases(t, X)
        return np.asarray(self._expect(X, lambda alive: alive.pairs(ahead).T) + mean - mean**2)

    def expected_time_alive(self, t: float | Array, X: Any) -> Array:
        """Return how much of the next `t` each row's customer is expected to be alive."""
        ahead = self._columns(t)
        return self._expect(X, lambda alive: alive.lifetime(ahead).T)

    def purchase_distribution(self, t: float, X: Any, up_to: int) -> Array:
        """Return P(0), P(1), ... P(`up_to`) purchases in the next `t`: one row per customer, `up_to` + 1 columns."""
        ahead, most = self._one_time(t, up_to)
        chances = self._expect(X, lambda alive: alive.distribution(ahead, most))
        chances[:, 0] += 1 - self.probability_alive(X)
        return chances

    def discounted_purchases(self, annual_rate: float, X: Any) -> Array:
        """Return the expected purchases of all the future, each discounted to today at a yearly rate above 0."""
        return self._expect(X, lambda alive: alive.discounted(annual_rate, self.unit))

    # --- a customer who has just made its first purchase

    def expected_purchases_new(self, t: float | Array) -> Array:
        """Return the expected repeat purchases of a new customer in its first `t` [FHL eq. 9; WH eq. 2]."""
        stays, alive = self._new()
        return np.asarray(stays * alive.mean(self._times(t)))

    def purchase_distribution_new(self, t: float, up_to: int) -> Array:
        """Return P(0), ... P(`up_to`) repeat purchases of a new customer in its first `t` [FHL eq. 8]."""
        stays, alive = self._new()
        chances = stays * alive.distribution(*self._one_time(t, up_to))
        chances[0] += 1 - stays
        return np.asarray(chances)

    def discounted_purchases_new(self, annual_rate: float) -> float:
        """Return the expected discounted repeat purchases of a new customer in all the future."""
        stays, alive = self._new()
        return float(stays * alive.discounted(annual_rate, self.unit))

    def simulate(self, age: Any, rng: np.random.Generator) -> Rows:
        """Draw one history per age, of customers whose covariates are 0, and the truth: `rate`, `lifetime`.

        `lifetime` runs from the first purchase to dropout, and `rate` is of purchases while alive.
        """
        return simulate_lives(self._theta()[: len(self.basic)], self._ages(age), self.tosses, rng)

    # --- inside

    def _columns(self, t: Any) -> Array:
        """One time, or a row of times for each customer."""
        times = self._times(t)
        return times[..., None] if times.ndim else times

    def own_weight(self, X: Any) -> Array:
        """Return the weight of each customer's own rate, age / (alpha + age), in its expected rate."""
        rows = self._asked_rows(X)
        return np.asarray(rows["age"] / (self._own(self._theta(), rows)[1] + rows["age"]))

    def _probability_alive(self, rows: Rows) -> Array:
        odds = log_odds_dropped(self._own(self._theta(), rows), rows, self.tosses)
        return np.asarray(expit(-odds))

    def _expect(self, X: Any, answer: Callable[[Alive], Array]) -> Array:
        """Answer once for all customers who would be alike if alive; nobody buys after dropout."""
        rows = self._asked_rows(X)
        alive, which = self._alive(rows)
        answers = np.ascontiguousarray(answer(alive))[which]
        answers *= self._probability_alive(rows).reshape(-1, *[1] * (answers.ndim - 1))
        return answers

    def _alive(self, rows: Rows) -> tuple[Alive, npt.NDArray[np.int64]]:
        """Return what would be known of the customers if alive, each sort once, and which of these each row is."""
        r, alpha, a, b = self._own(self._theta(), rows)
        x = rows["frequency"]
        columns = [r + x, alpha + rows["age"], a + 0 * x, b + x + self.tosses]
        first, which = distinct(*columns)
        return Alive(*(column[first] for column in columns)), which

    def _new(self) -> tuple[float, Alive]:
        """A new customer stays for any purchase at all with a probability, and is then as any who is alive."""
        r, alpha, a, b = (np.array(v) for v in self._theta()[: len(self.basic)])
        return float((b / (a + b)) ** self.tosses), Alive(r, alpha, a, b + self.tosses)

    def _starts(self, rows: Rows) -> Iterable[Array]:
        self._need_rate(rows)
        return starts(rows)

    def _row_likelihood(self, own: Sequence[Any], rows: Rows) -> tuple[Array, Sequence[Array]]:
        value, slopes = count_likelihood(own, rows["frequency"], self.tosses)
        more, steeper = time_likelihood(own, rows, self.tosses)
        return value + more, [one + other for one, other in zip(slopes, steeper, strict=True)]

    def _likelihood(self, theta: Array, rows: Rows) -> tuple[float, Array]:
        return super()._likelihood(theta, rows) if self.covariates else log_likelihood(theta, rows, self.tosses)

    def _curvature(self, theta: Array, rows: Rows) -> Array | None:
        return None if self.covariates else curvature(theta, rows, self.tosses)


class MbgNbd(BgNbd):
    """MBG/NBD: as `BgNbd`, and the customer may already drop out right after the first purchase (the default model).

    >>> one_time_buyer = {"frequency": [0], "recency": [0], "age": [38.86]}
    >>> MbgNbd.from_parameters([0.525, 6.183, 0.891, 1.614]).probability_alive(one_time_buyer).round(3)
    array([0.39])
    """

    tosses = 1
