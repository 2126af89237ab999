"""Pareto/NBD: purchases without contract, dropout at any time. Buying and dropping out are two clocks that tick apart.

Schmittlein, Morrison and Colombo (1987), "Counting Your Customers", Management Science 33(1) [SMC].
Fader and Hardie (2005), "A Note on Deriving the Pareto/NBD Model and Related Expressions" [FH].
Fader, Hardie and Lee (2005), "RFM and CLV", Journal of Marketing Research 42(4) [RFM].

A customer buys at rate lambda ~ Gamma(r, rate alpha) and lives for an exponential time with rate mu ~ Gamma(s, rate
beta), independent of each other. Given that a customer is alive at age T after x repeat purchases, lambda ~ Gamma(r +
x, alpha + T) and mu ~ Gamma(s, beta + T): its future is that of a new customer with those four parameters, which is
why every answer below is the probability to be alive times one formula for new customers.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from scipy.special import exprel, gammaln, psi

from valuekit.ltv.models.observations import Array, Rows, distinct, weighted_sum
from valuekit.ltv.models.pareto_integral import Departure, departure, unit_legendre
from valuekit.ltv.models.purchase_model import PurchaseModel

Parameters = Sequence[Any] | Array
"""r, alpha, s, beta, each a number or one per row."""

# --- a history


def log_odds_dropped(own: Parameters, rows: Rows) -> tuple[Array, Departure]:
    """Return ln(P(dropped out) / P(alive)) given the history [FH eqs. 16 and 36], and when it may have happened."""
    r, alpha, s, beta = own
    left = departure(r + rows["frequency"], alpha, s, beta, rows["recency"], rows["age"])
    return np.log(s / beta) + left.log_integral - _log_alive(own, rows), left


def _log_alive(own: Parameters, rows: Rows) -> Array:
    r, alpha, s, beta = own
    return np.asarray(-(r + rows["frequency"]) * np.log1p(rows["age"] / alpha) - s * np.log1p(rows["age"] / beta))


def row_likelihood(own: Parameters, rows: Rows) -> tuple[Array, list[Array]]:
    """Return each row's log-likelihood [FH eq. 18] and its slopes by r, alpha, s and beta."""
    r, alpha, s, beta = own
    x, age = rows["frequency"], rows["age"]
    odds, left = log_odds_dropped(own, rows)
    either = np.logaddexp(0, odds)
    dropped = np.exp(odds - either)
    alive = 1 - dropped
    value = gammaln(r + x) - gammaln(r) - x * np.log(alpha) + _log_alive(own, rows) + either
    slopes = [
        psi(r + x) - psi(r) - alive * np.log1p(age / alpha) - dropped * left.log_alpha,
        r / alpha - (r + x) * (alive / (alpha + age) + dropped * left.by_alpha),
        dropped * (1 / s - left.log_beta) - alive * np.log1p(age / beta),
        s / beta - alive * s / (beta + age) - dropped * (s + 1) * left.by_beta,
    ]
    return value, slopes


def posterior(own: Parameters, rows: Rows) -> Parameters:
    """Return the parameters of the rows' customers, given their histories and that they are alive [FH eqs. 33, 34]."""
    r, alpha, s, beta = own
    return r + rows["frequency"], alpha + rows["age"], s, beta + rows["age"]


# --- a new customer


def time_alive(own: Parameters, t: Any) -> Array:
    """Return the expected time alive in the first `t`: the integral of (1 + u / beta)^-s [FH eq. 28]."""
    _, _, s, beta = own
    log_growth = np.log1p(t / beta)
    return np.asarray(beta * log_growth * exprel((1 - s) * log_growth))


def expected_count(own: Parameters, t: Any) -> Array:
    """Return the expected repeat purchases in the first `t` [FH eq. 27]."""
    return np.asarray(own[0] / own[1] * time_alive(own, t))


def factorial_moment(own: Parameters, t: Any) -> Array:
    """Return E[X (X - 1)] of the purchases X in the first `t`: E[lambda^2] E[time alive^2]."""
    r, alpha, s, beta = own
    return np.asarray(r * (r + 1) / np.square(alpha) * 2 * _integral_of_time_survived(s, beta, t))


def _integral_of_time_survived(s: Any, beta: Any, t: Any) -> Array:
    """The integral of u (1 + u / beta)^-s from 0 to t; its closed form cancels for short times."""
    growth = np.log1p(t / beta)
    closed = growth * (exprel((2 - s) * growth) - exprel((1 - s) * growth))
    short = (np.abs(s) + 1) * growth < 1
    node, weight = unit_legendre(10)
    z = np.where(short, growth, 0.0)[..., None] * node
    series = growth * (weight * np.exp((1 - np.asarray(s)[..., None]) * z) * np.expm1(z)).sum(axis=-1)
    return np.asarray(np.square(beta) * np.where(short, series, closed))


def count_distribution(own: Parameters, t: float, up_to: int) -> Array:
    """Return P(0), ... P(`up_to`) repeat purchases in the first `t`: one row per customer.

    Fader, Hardie and Jerath (2007), Journal of Interactive Marketing 21(1), eq. 3: the negative binomial of a lifetime,
    integrated over lifetimes up to `t`, plus that of all of `t`, survived. All terms are positive.
    """
    r, alpha, s, beta = np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, float)) for v in own))
    result = np.empty((len(r), up_to + 1))
    if t <= 0:
        result[:] = np.arange(up_to + 1) == 0
        return result
    scale = np.minimum(alpha / np.maximum(r, 1), beta / np.maximum(s, 1))
    longest = np.minimum(t, beta * np.expm1(np.minimum(_NEGLIGIBLE / s, 600)))
    length = np.log1p(longest / scale)
    nodes = _lifetime_nodes(length * np.sqrt(1 + np.minimum(r, up_to)))
    columns = (scale, length, r, alpha, s, beta)
    for many in np.unique(nodes).tolist():
        rows = np.flatnonzero(nodes == many)
        for part in _parts(len(rows), many):
            result[rows[part]] = _count_part(t, up_to, many, *(v[rows[part], None] for v in columns))
    return result


_NEGLIGIBLE = 40.0
"""What is smaller than all by a factor of exp(-40) adds nothing."""


def _lifetime_nodes(widths: Array) -> Array:
    """Return how many nodes resolve a count that is so many of its widths away from none: a power of 2."""
    return np.asarray(2 ** np.ceil(np.log2(np.clip(20 + 6 * widths, 32, 1024)))).astype(int)


def _count_part(
    t: float, up_to: int, nodes: int, scale: Array, length: Array, r: Array, alpha: Array, s: Array, beta: Array
) -> Array:
    """Integrate over lifetimes u = scale (exp(w) - 1): early ones, where counts change fast, get more nodes."""
    share, weight = unit_legendre(nodes)
    life = scale * np.expm1(length * share)
    density = length * weight * (scale + life) * s / beta * np.exp(-(s + 1) * np.log1p(life / beta))
    life = np.concatenate([life, np.full((len(r), 1), t)], axis=1)
    density = np.concatenate([density, np.exp(-s * np.log1p(t / beta))], axis=1)
    log_none, log_more = -r * np.log1p(life / alpha), np.log(life) - np.log(alpha + life)
    result, log_ways = np.empty((len(r), up_to + 1)), np.zeros((len(r), 1))
    for x in range(up_to + 1):
        result[:, x] = np.sum(density * np.exp(log_ways + x * log_more + log_none), axis=1)
        log_ways = log_ways + np.log(r + x) - np.log(x + 1)
    return result


def discounted_count(own: Parameters, rate: float) -> Array:
    """Return the repeat purchases of all the future, discounted at the continuous `rate` [RFM eq. 7: DERT].

    (r / alpha) beta U(1, 2 - s, rate beta), with U the confluent hypergeometric function of the second kind.
    """
    r, alpha, s, beta = own
    ages, which = np.unique(np.atleast_1d(beta), return_inverse=True)
    return np.asarray(r / alpha * beta * tricomi(s, rate * ages)[which.reshape(np.shape(beta))])


def tricomi(s: float, z: Array) -> Array:
    """Return U(1, 2 - s, z), the integral of exp(-z v) (1 + v)^-s over v > 0: the double exponential rule on v.

    >>> tricomi(2.0, np.array([1.0])).round(6)
    array([0.403653])
    """
    result = np.empty(z.shape)
    steps = np.linspace(0, 1, _STEPS)
    for part in _parts(len(z), _STEPS):
        scale = 1 / (z[part, None] + s)
        last = np.log(_NEGLIGIBLE / z[part, None] / scale) + 0.5
        p = _FIRST + (last - _FIRST) * steps
        v = scale * np.exp(p - np.exp(-p))
        terms = np.exp(-z[part, None] * v - s * np.log1p(v)) * v * (1 + np.exp(-p))
        result[part] = terms.sum(axis=1) * (last - _FIRST)[:, 0] / (_STEPS - 1)
    return result


_FIRST, _STEPS = -3.7, 161
"""The rule's first step, before which exp(-exp(3.7)) of the integral lies, and how many steps it takes."""
_CELLS = 1 << 20


def _parts(rows: int, cells_per_row: int) -> Iterator[slice]:
    """Slices of rows that keep memory bounded."""
    size = max(_CELLS // cells_per_row, 1)
    return (slice(first, first + size) for first in range(0, rows, size))


def simulate_lives(own: Parameters, age: Array, rng: np.random.Generator) -> Rows:
    """Draw histories up to each age, and the truth behind them; x purchases fall evenly on the time alive."""
    r, alpha, s, beta = (np.asarray(parameter) for parameter in own)
    rate = rng.gamma(r, 1 / alpha, age.shape)
    dropout = np.maximum(rng.gamma(s, 1 / beta, age.shape), np.finfo(float).tiny)
    lifetime = np.minimum(rng.exponential(1.0, age.shape) / dropout, np.finfo(float).max)
    seen = np.minimum(lifetime, age)
    x = rng.poisson(rate * seen).astype(float)
    latest = rng.random(age.shape) ** (1 / np.maximum(x, 1))
    recency = np.where(x > 0, seen * latest, 0.0)
    return {"frequency": x, "recency": recency, "age": age, "rate": rate, "lifetime": lifetime}


# --- estimator


class ParetoNbd(PurchaseModel):
    """Pareto/NBD: buys at a gamma-distributed rate and drops out at a gamma-distributed rate, at any time.

    Reads the rows of `PurchaseModel`. A covariate multiplies both rates: its coefficient on `alpha` is by how much the
    logarithm of the purchase rate grows, that on `beta` by how much the logarithm of the dropout rate does. Answers
    about new customers are for covariates of 0.

    >>> model = ParetoNbd.from_parameters([0.553, 10.578, 0.606, 11.669])
    >>> rows = {"frequency": [2], "recency": [30.43], "age": [38.86]}
    >>> model.expected_purchases(39, rows).round(3), model.probability_alive(rows).round(4)
    (array([1.455]), array([0.8692]))
    """

    basic = ("r", "alpha", "s", "beta")
    shifts = {"alpha": -1.0, "beta": -1.0}  # noqa: RUF012 - as in the base class

    # --- a customer with a history; an array of m times gives m columns

    def probability_alive(self, X: Any) -> Array:
        """Return the probability that each row's customer has not dropped out [FH eq. 36]."""
        return self._expect(X, lambda alive, future: alive)

    def expected_purchases(self, t: float | Array, X: Any) -> Array:
        """Return the expected purchases of each row's customer in the next `t` [FH eq. 41]."""
        ahead = self._times(t)
        return self._expect(X, lambda alive, future: alive * expected_count(future, ahead), ahead)

    def purchase_variance(self, t: float | Array, X: Any) -> Array:
        """Return the variance of each row's number of purchases in the next `t`."""
        ahead = self._times(t)

        def variance(alive: Array, future: Parameters) -> Array:
            mean = expected_count(future, ahead)
            return np.asarray(alive * (factorial_moment(future, ahead) + mean) - np.square(alive * mean))

        return self._expect(X, variance, ahead)

    def expected_time_alive(self, t: float | Array, X: Any) -> Array:
        """Return how much of the next `t` each row's customer is expected to be alive."""
        ahead = self._times(t)
        return self._expect(X, lambda alive, future: alive * time_alive(future, ahead), ahead)

    def purchase_distribution(self, t: float, X: Any, up_to: int) -> Array:
        """Return P(0), P(1), ... P(`up_to`) purchases in the next `t`: one row per customer."""
        ahead, most = self._one_time(t, up_to)

        def distribution(alive: Array, future: Parameters) -> Array:
            result = alive[:, None] * count_distribution(future, ahead, most)
            result[:, 0] += 1 - alive
            return np.asarray(result)

        return self._expect(X, distribution)

    def discounted_purchases(self, annual_rate: float, X: Any) -> Array:
        """Return the expected purchases of all the future, each discounted to today [RFM eq. 7]."""
        force = self._force(annual_rate)
        return self._expect(X, lambda alive, future: alive * discounted_count(future, force))

    def own_weight(self, X: Any) -> Array:
        """Return the weight of each customer's own rate, age / (alpha + age), in its expected rate."""
        rows = self._asked_rows(X)
        return np.asarray(rows["age"] / (self._own(self._theta(), rows)[1] + rows["age"]))

    # --- a customer who has just made its first purchase

    def expected_purchases_new(self, t: float | Array) -> Array:
        """Return the expected repeat purchases of a new customer in its first `t` [FH eq. 27]."""
        return expected_count(self._new(), self._times(t))

    def purchase_distribution_new(self, t: float, up_to: int) -> Array:
        """Return P(0), ... P(`up_to`) repeat purchases of a new customer in its first `t`."""
        return np.asarray(count_distribution(self._new(), *self._one_time(t, up_to))[0])

    def discounted_purchases_new(self, annual_rate: float) -> float:
        """Return the expected discounted repeat purchases of a new customer in all the future."""
        return float(discounted_count(self._new(), self._force(annual_rate)))

    # --- histories that the model itself would write

    def simulate(self, age: Any, rng: np.random.Generator) -> Rows:
        """Draw one history per age: `frequency`, `recency` and `age`, and the truth: `rate`, `lifetime`."""
        return simulate_lives(self._new(), self._ages(age), rng)

    # --- what it is made of

    def _expect(self, X: Any, answer: Callable[[Array, Parameters], Array], t: float | Array = 0.0) -> Array:
        """Answer, once per distinct history, from the probability to be alive and the parameters from today on.

        Where `t` holds several times, the answer gets columns, so that it broadcasts to one column per time.
        """
        rows = self._asked_rows(X)
        first, which = distinct(*(rows[name] for name in (*self.columns, *self.covariates)))
        rows = {name: values[first] for name, values in rows.items()}
        own = self._own(self._theta(), rows)
        alive, future = np.exp(-np.logaddexp(0, log_odds_dropped(own, rows)[0])), posterior(own, rows)
        if np.ndim(t):
            alive, future = alive[:, None], [np.reshape(v, (-1, 1)) for v in future]
        return np.asarray(answer(alive, future)[which])

    def _new(self) -> Array:
        return self._theta()[: len(self.basic)]

    def _starts(self, rows: Rows) -> Iterable[Array]:
        self._need_rate(rows)
        weight = rows["weight"]
        age = weighted_sum(weight, rows["age"]) / weighted_sum(weight, np.ones(len(weight)))
        rate = weighted_sum(weight, rows["frequency"]) / weighted_sum(weight, rows["age"])
        return [np.array([r, r / rate / 2, s, s * age * wait]) for r, s, wait in ((0.5, 0.5, 0.5), (2.0, 1.5, 2.0))]

    def _row_likelihood(self, own: Parameters, rows: Rows) -> tuple[Array, Sequence[Array]]:
        return row_likelihood(own, rows)
