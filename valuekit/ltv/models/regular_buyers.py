"""BG/CNBD-k and MBG/CNBD-k: customers who buy more regularly than by chance, and drop out after a purchase.

Platzer and Reutterer (2016), "Ticking Away the Moments: Timing Regularity Helps to Better Predict Customer Activity",
Marketing Science 35(5) [PR]; Reutterer, Platzer and Schroeder (2021), "Leveraging Purchase Regularity for Predicting
Customer Behavior the Easy Way", International Journal of Research in Marketing 38(1) [RPS]. Events come at a
gamma-distributed rate as in BG/NBD, and every k-th is a purchase: times between purchases are Erlang-k. In the silence
since the last purchase 0 to k - 1 events have passed unseen, so what is known of a customer is a mixture of k gammas.

Expected purchases are exact: N is at least n where n purchases' events come and n - 1 dropouts do not,

    E[N] = sum over n of P(n purchases' events come) E[(1 - p)^(n - 1)],

a sum of positive terms over the events ahead, as is every other answer here. With k = 1 it is BG/NBD or MBG/NBD.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit, gammaln, logsumexp, xlogy

from valuekit.errors import ConfigError, UnknownNameError
from valuekit.ltv.models import dropout, observations
from valuekit.ltv.models.beta_geometric import (
    Alive,
    BgNbd,
    count_likelihood,
    log_likelihood,
    simulate_lives,
    time_likelihood,
)
from valuekit.ltv.models.interpolation import interpolate
from valuekit.ltv.models.observations import Array, Rows, distinct, weighted_sum
from valuekit.ltv.models.present_value import force_of_interest
from valuekit.ltv.units import TimeUnit

_CELLS = 500_000
"""Numbers in one table of customers, stages and events ahead."""
_MOST_EVENTS = 4_000_000
"""Events ahead of one customer beyond which a question is refused: it would ask for a table of hundreds of MB."""
_LARGEST = 12
"""Most events per purchase that are tried [PR sec. 4]."""
_CLIMBED = 2
"""Of these, how many are climbed on all rows where rows are many: the likeliest for a sample."""
_HIGHEST = 300.0
"""Logarithm of numbers whose products and quotients with chances neither overflow nor vanish."""
_BLOCK = 1 << 17
"""Customers times stages that are answered at once."""
_RATES = 193
"""Quadrature nodes over the logarithm of a customer's rate."""

# --- mathematics: the past


def endings(own: Iterable[Any], rows: Rows, tosses: int, k: int) -> tuple[Array, Array]:
    """Return ln weights of being alive with 0 .. k - 1 events since the last purchase (a column each), and dropped out.

    All are relative to (alpha + age)^-(r + k x) [RPS eq. 5].
    """
    r, alpha, a, b = own
    x, recency, age = rows["frequency"], rows["recency"], rows["age"]
    s, stages = r + k * x, np.arange(k)
    rising = np.cumsum(np.log((s[:, None] + stages[:-1]) / stages[1:]), axis=1)
    unseen = xlogy(stages, ((age - recency) / (alpha + age))[:, None])
    alive = unseen + np.concatenate([np.zeros((len(x), 1)), rising], axis=1)
    possible = x + tosses > 0
    stayed = np.where(possible, b + x + tosses - 1, 1.0)
    dropped = np.log(a / stayed) + s * np.log1p((age - recency) / (alpha + recency))
    return alive, np.asarray(np.where(possible, dropped, -np.inf))


def row_likelihood(own: Sequence[Any], rows: Rows, tosses: int, k: int) -> tuple[Array, list[Array]]:
    """Return each row's log-likelihood and its slopes [RPS eq. 5]."""
    value, slopes = count_likelihood(own, rows["frequency"], tosses, k)
    more, steeper = time_likelihood(own, rows, tosses, k)
    return value + more + spread(rows, k), [one + other for one, other in zip(slopes, steeper, strict=True)]


def spread(rows: Rows, k: int) -> Array:
    """Return what each row's times between purchases add to its log-likelihood, whatever the parameters."""
    return np.asarray((k - 1) * rows["log_gaps"] - rows["frequency"] * gammaln(k) if k > 1 else 0 * rows["frequency"])


# --- mathematics: the future of a customer who is alive

Answer = Callable[["AliveRegular", Array, Array], Array]
"""From customers, their times ahead over beta, and the chance of each number of events, to an answer."""


@dataclass(frozen=True)
class AliveRegular(Alive):
    """As `Alive`, where `wait` events of the rate, then every `k`, make a purchase: one array of customers.

    With j events since the last purchase, s is r + k x + j and `wait` is k - j. All who have s, a, b and `wait` in
    common differ in beta alone, so that their answers lie on one curve of time over beta.
    """

    wait: npt.NDArray[np.int64]
    k: int

    def mean(self, t: Any) -> Array:
        """Return the expected purchases in the next `t`."""
        return self._along(t, lambda some, _, events: some._sum_over_purchases(events, lambda n: np.ones(len(n))))

    def pairs(self, t: Any) -> Array:
        """Return E[N (N - 1)] of the purchases N in the next `t`."""
        return self._along(t, lambda some, _, events: some._sum_over_purchases(events, lambda n: 2.0 * (n - 1)))

    def lifetime(self, t: Any) -> Array:
        """Return the expected part of the next `t` before dropout."""
        return self.beta * self._along(t, _time_alive)

    def distribution(self, t: float, up_to: int) -> Array:
        """Return P(0), ... P(`up_to`) purchases in the next `t`, one column each."""
        chances = self._take(slice(None))._answer(
            np.ravel(t / self.beta),
            lambda some, _, events: some._distribution(events, up_to),
            (up_to + 1,),
            (up_to + 2) * self.k,
        )
        return chances.reshape((*self.s.shape, up_to + 1))

    def discounted(self, annual_rate: float, unit: TimeUnit) -> Array:
        """Return the expected purchases of all the future, discounted to today.

        At rate l and force d, an event is worth f = l / (l + d) of one now, and all purchases
        f^wait / (1 - (1 - p) f^k), whose mean over p and l is integrated.
        """
        force = force_of_interest(annual_rate, unit.per_year)
        first, which = self._sorts()

        def exact(sort: npt.NDArray[np.int64], worth: Array) -> Array:
            rows, chunk = first[sort], max(1, _CELLS // _RATES)
            parts = (slice(i, i + chunk) for i in range(0, len(rows), chunk))
            return np.concatenate([_present_value(self._take(rows[part]), worth[part]) for part in parts])

        return interpolate(exact, which, np.ravel(force * self.beta)).reshape(self.s.shape)

    def _sorts(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """One customer of each sort that has all but beta in common, and the sort of each."""
        return distinct(*(np.ravel(v).astype(float) for v in (self.s, self.a, self.b, self.wait)))

    def _along(self, t: Any, answer: Answer) -> Array:
        """Answer for each customer and time: along one curve of time over beta for each sort of customers."""
        first, which = self._sorts()
        tau = t / self.beta
        curve = np.broadcast_to(which.reshape(self.s.shape), tau.shape).ravel()
        values = interpolate(lambda sort, at: self._take(first[sort])._answer(at, answer), curve, tau.ravel())
        return values.reshape(tau.shape)

    def _take(self, rows: Any) -> "AliveRegular":
        s, beta, a, b, wait = (np.ravel(v)[rows] for v in (self.s, self.beta, self.a, self.b, self.wait))
        return AliveRegular(s, beta, a, b, wait, self.k)

    def _answer(self, tau: Array, answer: Answer, more: tuple[int, ...] = (), least: int = 0) -> Array:
        """Answer for each customer at one time over beta, those together that have like numbers of events ahead."""
        size = _powers_of_two(np.maximum(_most_events(self.s + self.k, tau), least))
        result = np.empty((len(tau), *more))
        for events in np.unique(size):
            rows, chunk = np.flatnonzero(size == events), max(1, _CELLS // int(events))
            for part in np.split(rows, range(chunk, len(rows), chunk)):
                some = self._take(part)
                result[part] = answer(some, tau[part], some._chances(tau[part], int(events)))
        return result

    def _chances(self, tau: Array, events: int) -> Array:
        """Return the chance of M events ahead, negative binomial, for M below `events`: one column each."""
        s, m = self.s[:, None], np.arange(events - 1)
        ratio = np.log((s + m) / (m + 1)) + np.log(np.maximum(tau / (1 + tau), dropout.TINY))[:, None]
        start = -s * np.log1p(tau)[:, None]
        return np.asarray(np.exp(np.concatenate([start, start + np.cumsum(ratio, axis=1)], axis=1)))

    def _stayed(self, purchases: int) -> Array:
        """Return E[(1 - p)^n] for n from 0 to `purchases`."""
        i = np.arange(purchases)
        a, b = self.a[:, None], self.b[:, None]
        return np.cumprod(np.concatenate([np.ones_like(a), (b + i) / (a + b + i)], axis=1), axis=1)

    def _by_wait(self) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
        for wait in np.unique(self.wait):
            yield int(wait), np.flatnonzero(self.wait == wait)

    def _sum_over_purchases(self, events: Array, factor: Callable[[Array], Array]) -> Array:
        """Sum P(n purchases' events come) E[(1 - p)^(n - 1)] times a factor of n."""
        at_least = _from_the_end(events)
        n = np.arange(1, events.shape[1] // self.k + 2)
        stayed, total = self._stayed(len(n) - 1) * factor(n), np.empty(len(self.s))
        for wait, rows in self._by_wait():
            come = at_least[rows, wait :: self.k]
            total[rows] = (come * stayed[rows, : come.shape[1]]).sum(axis=1)
        return total

    def _distribution(self, events: Array, up_to: int) -> Array:
        """With n purchases, events of n came, not of n + 1, and stayed each time; or of n or more, and dropped."""
        exactly = np.empty((len(self.s), up_to + 2))
        for wait, rows in self._by_wait():
            edges = [0, *(wait + self.k * n for n in range(up_to + 1))]
            exactly[rows] = np.add.reduceat(events[rows], edges, axis=1)
        at_least = _from_the_end(exactly)
        stayed = self._stayed(up_to + 1)
        chances = exactly * stayed
        drops = self.a[:, None] / ((self.a + self.b)[:, None] + np.arange(up_to + 1))
        chances[:, 1:] += at_least[:, 1:] * stayed[:, :-1] * drops
        return np.asarray(chances[:, : up_to + 1])


def _most_events(s: Array, tau: Array) -> Array:
    """Return a number of events ahead that is passed with probability below 1e-12: of the rate, then of chance."""
    expected = tau * (s + np.sqrt(60 * s) + 30)
    most = expected + 8 * np.sqrt(expected) + 40
    if np.any(most > _MOST_EVENTS):
        raise ConfigError(
            f"up to {most.max():.3g} events lie ahead of a customer: too many to sum.",
            next_step="Ask for a shorter time, or fit in a longer time unit.",
        )
    return np.asarray(most)


def _powers_of_two(numbers: Array) -> npt.NDArray[np.int64]:
    return np.asarray(2 ** np.ceil(np.log2(numbers)), dtype=np.int64)


def _time_alive(some: AliveRegular, tau: Array, events: Array) -> Array:
    """Sum the time h(M), in multiples of beta, with M events ahead, times the chance to have stayed.

    M h(M) + P(M events or more) = (s + M - 1) h(M - 1), by parts. With c(M) = (s + M - 1) / M c(M - 1) it follows that
    h(M) / c(M) is the sum of P(m events or more) / (m c(m)) over m above M: all terms are positive.
    """
    m, s = np.arange(1, events.shape[1]), some.s[:, None]
    stayed = np.take_along_axis(
        some._stayed(int(m[-1]) // some.k + 1), (m - 1 + (some.k - some.wait)[:, None]) // some.k, axis=1
    )
    at_least = _from_the_end(events)[:, 1:]
    grown = np.cumsum(np.log((s + m - 1) / m), axis=1)
    if grown.max() > _HIGHEST:
        return _step_by_step(some.s, at_least, stayed)
    before = np.concatenate([np.ones_like(s), np.exp(grown[:, :-1])], axis=1)
    time = before * _from_the_end(at_least / (m * np.exp(grown)))
    return np.asarray((time * stayed).sum(axis=1))


def _from_the_end(values: Array) -> Array:
    return np.cumsum(values[:, ::-1], axis=1)[:, ::-1]


def _step_by_step(s: Array, at_least: Array, stayed: Array) -> Array:
    """Do the same downwards, where c would overflow."""
    time, total = np.zeros(len(s)), np.zeros(len(s))
    for m in range(at_least.shape[1], 0, -1):
        time = (m * time + at_least[:, m - 1]) / (s + m - 1)
        total += time * stayed[:, m - 1]
    return total


def _present_value(some: AliveRegular, force: Array) -> Array:
    """Integrate over the logarithm of the rate, from where it counts no more to where it is no more likely.

    `force` is that of interest times beta.
    """
    s, force = some.s[:, None], force[:, None]
    width = np.minimum(1.0, 1 / np.sqrt(s))
    least = np.minimum(36 / s, 36 / (s + 1) + np.log1p(1 / force))
    low = np.log(s) - 9 * width - least
    most = s + some.wait[:, None]
    high = np.log(most + 9 * np.sqrt(most) + 36)
    step = (high - low) / (_RATES - 1)
    u = low + step * np.arange(_RATES)  # ln(rate times beta)
    density = np.exp(s * u - np.exp(u) - gammaln(s))
    worth = -np.log1p(force / np.exp(u))  # ln of an event's value
    ahead = 1 / np.expm1(-some.k * worth)
    next_one = density * np.exp(some.wait[:, None] * worth)
    after = (1 + ahead) * dropout.mean_ratio(ahead, some.a[:, None], some.b[:, None])
    return np.asarray((next_one * after * step).sum(axis=1))


# --- estimators


class BgCnbdK(BgNbd):
    """BG/CNBD-k: as `BgNbd`, for customers who buy regularly: every `k`-th event of their rate is a purchase.

    Reads the rows of `BgNbd` and, to fit, `log_gaps`: the sum of the logarithms of the times (in `time_unit`) between a
    customer's purchases, 0 without repeat purchase. `k` None is chosen by likelihood from 1 to 12, and learned as `k_`.
    alpha is that of events: a customer's purchases come at rate r / (alpha k) on average.

    >>> model = BgCnbdK.from_parameters([0.243, 1.471, 0.793, 2.426], k=3)
    >>> rows = {"frequency": [2], "recency": [30.43], "age": [38.86]}
    >>> model.expected_purchases(39, rows).round(3), model.probability_alive(rows).round(4)
    (array([1.547]), array([0.7669]))
    """

    optional = {"weight": 1.0, "log_gaps": np.inf}  # noqa: RUF012 - as in the base class
    learned = (*BgNbd.learned, "k_")
    tosses: ClassVar[int] = 0
    k_: int

    def __init__(
        self, time_unit: str = "week", covariates: Sequence[str] = (), penalty: float = 0.0, k: int | None = None
    ) -> None:
        super().__init__(time_unit, covariates, penalty)
        self.k = k

    def fit(self, X: Any, y: None = None, *, window: tuple[date, date] | None = None) -> Self:
        """Estimate the parameters, and k where it is not given, from rows with `columns`; raises `FitError`."""
        first = self._with(1 if self.k is None else self.k)
        rows = first._training_rows(X)
        likeliest = self._likeliest(rows) if self.k is None else [(first, list(first._starts(rows)))]
        best = max((m._fit_rows(rows, starts, window) for m, starts in likeliest), key=lambda m: m._maximum())
        for name in (*self.learned, "information_"):
            setattr(self, name, getattr(best, name))
        return self

    def _likeliest(self, rows: Rows) -> list[tuple[Self, list[Array]]]:
        """Return the models with the likeliest k, and points to climb from; on a sample where rows are many.

        The likelihood rises with k up to one and then falls; each k is climbed from where the former's maximum was.
        """
        sample = self._sample(rows)
        found: list[tuple[float, Self, Array]] = []
        for k in range(1, _LARGEST + 1):
            model = self._with(k)
            same_pace = np.where(np.arange(len(self.names)) == 1, (k - 1) / k, 1.0)
            starts = [found[-1][2] * same_pace] if found else model._starts(sample)
            there = model._climb(sample, starts)
            found.append((there.log_likelihood, model, there.parameters))
            if k > 1 and found[-1][0] < found[-2][0]:
                break
        found.sort(key=lambda one: -one[0])
        climbed = found[: 1 if sample is rows else _CLIMBED]
        return [(model, [start, *model._starts(rows)]) for _, model, start in climbed]

    @classmethod
    def from_parameters(cls, parameters: Sequence[float], **settings: Any) -> Self:
        """Make a model with stated parameters and a stated `k`."""
        model = super().from_parameters(parameters, **settings)
        if model.k is None:
            raise ConfigError(f"{cls.__name__}: stated parameters need a stated k.")
        model.k_ = model.k
        return model

    def simulate(self, age: Any, rng: np.random.Generator) -> Rows:
        """Draw one history per age, of customers whose covariates are 0, with `log_gaps` and the truth."""
        theta, age = self._theta()[: len(self.basic)], np.asarray(age, float)
        lives = simulate_lives(theta, age, self.tosses, rng, self._events)
        return lives | {
            "log_gaps": _draw_log_gaps(lives["frequency"].astype(np.int64), lives["recency"], self._events, rng)
        }

    # --- inside

    @property
    def _events(self) -> int:
        """The k that was chosen, else the one that is given."""
        return self.k_ if hasattr(self, "k_") else self.k or 1

    def _with(self, k: int) -> Self:
        if not (isinstance(k, int) and k >= 1):
            raise ConfigError(f"{type(self).__name__}: k is a whole number from 1, not {k!r}.")
        model = type(self)(**self.get_params() | {"k": k})
        model.k_ = k
        return model

    def _training_rows(self, X: Any) -> Rows:
        """Group rows of like customers, whose `log_gaps` become their mean: only their sum enters the likelihood."""
        rows = super()._training_rows(X)
        *names, last = (name for name in rows if name != "weight")
        new = np.ones(len(rows["weight"]), dtype=bool)
        new[1:] = np.any([rows[name][1:] != rows[name][:-1] for name in names], axis=0)
        first = np.flatnonzero(new)
        weight = np.add.reduceat(rows["weight"], first)
        mean = np.add.reduceat(rows["weight"] * rows[last], first) / weight
        return {name: rows[name][first] for name in names} | {"weight": weight, last: mean}

    def _check(self, rows: Rows) -> None:
        super()._check(rows)
        x, recency, log_gaps = rows["frequency"], rows["recency"], rows["log_gaps"]
        most = xlogy(x, np.where(x > 0, recency, 1.0)) - xlogy(x, np.maximum(x, 1))
        rounding = 1e-9 * (1 + np.abs(np.where(np.isfinite(most), most, 0.0)))  # no time between purchases: ln 0
        holds = np.isinf(log_gaps) | (log_gaps <= most + rounding)
        observations.require(rows, holds, "log_gaps is at most frequency times ln(recency / frequency)")

    def _starts(self, rows: Rows) -> Iterable[Array]:
        return [start / [1, self._events, 1, 1] for start in super()._starts(rows)]

    def _row_likelihood(self, own: Sequence[Any], rows: Rows) -> tuple[Array, Sequence[Array]]:
        return row_likelihood(own, self._with_gaps(rows), self.tosses, self._events)

    def _likelihood(self, theta: Array, rows: Rows) -> tuple[float, Array]:
        if self.covariates:
            return super()._likelihood(theta, rows)
        value, gradient = log_likelihood(theta, rows, self.tosses, self._events)
        return value + weighted_sum(rows["weight"], spread(self._with_gaps(rows), self._events)), gradient

    def _with_gaps(self, rows: Rows) -> Rows:
        if self._events > 1 and np.any(np.isinf(rows["log_gaps"])):
            raise UnknownNameError("column", "log_gaps", self.columns)
        return rows

    def _curvature(self, theta: Array, rows: Rows) -> Array | None:
        return super()._curvature(theta, rows) if self._events == 1 else None

    def _probability_alive(self, rows: Rows) -> Array:
        if self._events == 1:
            return super()._probability_alive(rows)
        alive, dropped = endings(self._own(self._theta(), rows), rows, self.tosses, self._events)
        return np.asarray(expit(logsumexp(alive, axis=1) - dropped))

    def _expect(self, X: Any, answer: Callable[[Alive], Array]) -> Array:
        """Answer once for all who would be alike if alive in each stage; a history says how likely each stage is.

        Customers with as many purchases are answered together: they lie on the same curves.
        """
        if self._events == 1:
            return super()._expect(X, answer)
        rows = self._read(X)
        own = [parameter + 0 * rows["frequency"] for parameter in self._own(self._theta(), rows)]
        order, size = np.argsort(rows["frequency"], kind="stable"), max(1, _BLOCK // self._events)
        result: Any = None
        for part in np.split(order, range(size, len(order), size)):
            these = {name: values[part] for name, values in rows.items()}
            some = self._answer_all([parameter[part] for parameter in own], these, answer)
            result = np.empty((len(order), *some.shape[1:])) if result is None else result
            result[part] = some
        return np.asarray(result)

    def _answer_all(self, own: Sequence[Array], rows: Rows, answer: Callable[[Alive], Array]) -> Array:
        r, alpha, a, b = own
        x, k = rows["frequency"], self._events
        columns = [r + k * x, alpha + rows["age"], a, b + x + self.tosses]
        first, which = distinct(*columns)
        stage = np.repeat(np.arange(k), len(first))
        s, beta, a, b = (np.tile(column[first], k) for column in columns)
        answers = np.ascontiguousarray(answer(AliveRegular(s + stage, beta, a, b, k - stage, k)))
        answers = answers.reshape(k, len(first), *answers.shape[1:])
        alive, dropped = endings(own, rows, self.tosses, k)
        reached = np.exp(alive - np.logaddexp(logsumexp(alive, axis=1), dropped)[:, None])
        reached = reached.reshape(*reached.shape, *[1] * (answers.ndim - 2))
        return np.asarray(sum(answers[j][which] * reached[:, j] for j in range(k)))

    def _new(self) -> tuple[float, Alive]:
        stays, alive = super()._new()
        if self._events == 1:
            return stays, alive
        k = self._events
        return stays, AliveRegular(alive.s, alive.beta, alive.a, alive.b, np.array(k), k)


class MbgCnbdK(BgCnbdK):
    """MBG/CNBD-k: as `BgCnbdK`, and the customer may already drop out right after the first purchase."""

    tosses = 1


def _draw_log_gaps(x: npt.NDArray[np.int64], recency: Array, k: int, rng: np.random.Generator) -> Array:
    """Spread x purchases up to recency: gaps are shares of it as gammas of shape k are of their sum."""
    who = np.repeat(np.arange(len(x)), x)
    gaps = rng.gamma(k, size=len(who))
    total = np.bincount(who, gaps, minlength=len(x))
    share = np.log(gaps) - np.log(np.maximum(total, np.finfo(float).tiny))[who]
    return np.asarray(np.bincount(who, share, minlength=len(x)) + xlogy(x, np.where(x > 0, recency, 1.0)))
