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

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit, gammaln, logsumexp, softmax, xlogy

from valuekit.errors import ConfigError, UnknownNameError
from valuekit.ltv.models import dropout, observations
from valuekit.ltv.models.beta_geometric import Alive, BgNbd, count_likelihood, simulate_lives
from valuekit.ltv.models.estimator import MaximumLikelihood
from valuekit.ltv.models.observations import Array, Rows, distinct
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
_RATES = 129
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
    """Return each row's log-likelihood and its slopes [RPS eq. 5]; `log_gaps` enters as a constant."""
    r, alpha, a, b = own
    x, recency, age = rows["frequency"], rows["recency"], rows["age"]
    count, by_count = count_likelihood(own, x, tosses, k)
    alive, dropped = endings(own, rows, tosses, k)
    either = logsumexp(np.column_stack([alive, dropped]), axis=1)
    here, gone = np.exp(alive - either[:, None]), np.exp(dropped - either)
    s, stages = r + k * x, np.arange(k)
    rising = np.concatenate([np.zeros((len(x), 1)), np.cumsum(1 / (s[:, None] + stages[:-1]), axis=1)], axis=1)
    silence = np.log1p((age - recency) / (alpha + recency))
    longer = 1 / (alpha + age)
    by_time = [
        (here * rising).sum(axis=1) + gone * silence - np.log(alpha + age),
        gone * s * (longer - 1 / (alpha + recency)) - longer * (s + (here * stages).sum(axis=1)),
        gone / a,
        -gone / np.where(x + tosses > 0, b + x + tosses - 1, 1.0),
    ]
    value = count + either - s * np.log(alpha + age) + (k - 1) * rows["log_gaps"] - x * gammaln(k)
    return value, [one + other for one, other in zip(by_count, by_time, strict=True)]


# --- mathematics: the future of a customer who is alive

Answer = Callable[["AliveRegular", Array, Array], Array]
"""From customers, their times ahead over beta, and the chance of each number of events in each stage, to an answer."""


@dataclass(frozen=True)
class AliveRegular(Alive):
    """As `Alive`, with `reached`: the chance of each stage, a number of events since the last purchase, in a last axis.

    With j events since, the rate is Gamma(s + j, rate beta), and k - j more events make the next purchase. Every answer
    is a sum over stages; `first` is that of the first column, `k` the events that make a purchase.
    """

    reached: Array
    k: int
    first: int = 0

    @property
    def stages(self) -> npt.NDArray[np.int64]:
        """Events since the last purchase, as the columns of `reached` have them."""
        return self.first + np.arange(self.reached.shape[-1])

    def mean(self, t: Any) -> Array:
        """Return the expected purchases in the next `t`."""
        return self._answer(t, lambda some, _, events: some._sum_over_purchases(events, lambda n: np.ones(len(n))))

    def pairs(self, t: Any) -> Array:
        """Return E[N (N - 1)] of the purchases N in the next `t`."""
        return self._answer(t, lambda some, _, events: some._sum_over_purchases(events, lambda n: 2.0 * (n - 1)))

    def lifetime(self, t: Any) -> Array:
        """Return the expected part of the next `t` before dropout."""
        return self._answer(t, _time_alive)

    def distribution(self, t: float, up_to: int) -> Array:
        """Return P(0), ... P(`up_to`) purchases in the next `t`, one column each."""
        return self._answer(
            t, lambda some, _, events: some._distribution(events, up_to), (up_to + 1,), (up_to + 2) * self.k
        )

    def discounted(self, annual_rate: float, unit: TimeUnit) -> Array:
        """Return the expected purchases of all the future, discounted to today.

        At rate l and force d, an event is worth f = l / (l + d) of one now, and all purchases
        f^(k - j) / (1 - (1 - p) f^k), whose mean over p and l is integrated.
        """
        force = force_of_interest(annual_rate, unit.per_year)
        some = self._take(np.arange(self.s.size))
        chunk = max(1, _CELLS // (_RATES * len(self.stages)))
        parts = [some._take(np.arange(i, min(i + chunk, len(some.s)))) for i in range(0, len(some.s), chunk)]
        return np.concatenate([_present_value(part, force) for part in parts]).reshape(self.s.shape)

    def _take(self, rows: npt.NDArray[np.int64]) -> "AliveRegular":
        s, beta, a, b = (np.broadcast_to(v, self.s.shape).ravel()[rows] for v in (self.s, self.beta, self.a, self.b))
        return AliveRegular(s, beta, a, b, self.reached.reshape(-1, len(self.stages))[rows], self.k, self.first)

    def _answer(self, t: Any, answer: Answer, more: tuple[int, ...] = (), least: int = 0) -> Array:
        """Answer for each customer and time, those together that have like numbers of events ahead."""
        shape = np.broadcast_shapes(np.shape(t), self.s.shape)
        tau = np.broadcast_to(t / self.beta, shape).ravel()
        who = np.broadcast_to(np.arange(self.s.size).reshape(self.s.shape), shape).ravel()
        size = _powers_of_two(np.maximum(_most_events(self.s.ravel()[who] + self.k, tau), least))
        result = np.empty((len(who), *more))
        for events in np.unique(size):
            rows, chunk = np.flatnonzero(size == events), max(1, _CELLS // int(events * len(self.stages)))
            for part in np.split(rows, range(chunk, len(rows), chunk)):
                some = self._take(who[part])
                result[part] = answer(some, tau[part], some._chances(tau[part], int(events)))
        return result.reshape((*shape, *more))

    def _chances(self, tau: Array, events: int) -> Array:
        """Return the chance of stage j and M events ahead, negative binomial, for M below `events`: the last axis."""
        s = (self.s[:, None] + self.stages)[:, :, None]
        m = np.arange(events - 1)
        ratio = np.log((s + m) / (m + 1)) + np.log(np.maximum(tau / (1 + tau), dropout.TINY))[:, None, None]
        start = -s * np.log1p(tau)[:, None, None]
        logs = np.concatenate([start, start + np.cumsum(ratio, axis=2)], axis=2)
        return np.asarray(np.exp(logs) * self.reached[:, :, None])

    def _stayed(self, purchases: int) -> Array:
        """Return E[(1 - p)^n] for n from 0 to `purchases`."""
        i = np.arange(purchases)
        a, b = self.a[:, None], self.b[:, None]
        return np.cumprod(np.concatenate([np.ones_like(a), (b + i) / (a + b + i)], axis=1), axis=1)

    def _sum_over_purchases(self, events: Array, factor: Callable[[Array], Array]) -> Array:
        """Sum P(n purchases' events come) E[(1 - p)^(n - 1)] times a factor of n."""
        at_least = _from_the_end(events)
        n = np.arange(1, events.shape[2] // self.k + 2)
        stayed = self._stayed(len(n))[:, : len(n)] * factor(n)
        total = np.zeros(len(self.s))
        for i, j in enumerate(self.stages):
            come = at_least[:, i, self.k - j :: self.k]
            total += (come * stayed[:, : come.shape[1]]).sum(axis=1)
        return total

    def _distribution(self, events: Array, up_to: int) -> Array:
        """With n purchases, events of n came, not of n + 1, and stayed each time; or of n or more, and dropped."""
        exactly = np.zeros((len(self.s), up_to + 2))
        for i, j in enumerate(self.stages):
            edges = [0, *(n * self.k - j for n in range(1, up_to + 2))]
            exactly += np.add.reduceat(events[:, i], edges, axis=1)
        at_least = np.cumsum(exactly[:, ::-1], axis=1)[:, ::-1]
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
    """Sum the time h(M) with M events ahead, times the chance to have stayed.

    M h(M) + beta P(M events or more) = (s + M - 1) h(M - 1), by parts. With c(M) = (s + M - 1) / M c(M - 1) it follows
    that h(M) / c(M) is the sum of beta P(m events or more) / (m c(m)) over m above M: all terms are positive.
    """
    m, stages = np.arange(1, events.shape[2]), some.stages
    s = (some.s[:, None] + stages)[:, :, None]
    stayed = some._stayed(int(m[-1]) // some.k + 2)[:, (m - 1 + stages[:, None]) // some.k]
    at_least = _from_the_end(events)[:, :, 1:] * some.beta[:, None, None]
    grown = np.cumsum(np.log((s + m - 1) / m), axis=2)
    if grown.max() > _HIGHEST:
        return _step_by_step(s, at_least, stayed)
    before = np.concatenate([np.ones_like(s), np.exp(grown[:, :, :-1])], axis=2)
    time = before * _from_the_end(at_least / (m * np.exp(grown)))
    return np.asarray((time * stayed).sum(axis=(1, 2)))


def _from_the_end(values: Array) -> Array:
    return np.cumsum(values[:, :, ::-1], axis=2)[:, :, ::-1]


def _step_by_step(s: Array, at_least: Array, stayed: Array) -> Array:
    """Do the same downwards, where c would overflow."""
    time, total = np.zeros(s.shape[:2]), np.zeros(len(s))
    for m in range(at_least.shape[2], 0, -1):
        time = (m * time + at_least[:, :, m - 1]) / (s[:, :, 0] + m - 1)
        total += (time * stayed[:, :, m - 1]).sum(axis=1)
    return total


def _present_value(some: AliveRegular, force: float) -> Array:
    """Integrate over the logarithm of the rate, from where it counts no more to where it is no more likely."""
    s, stages = some.s[:, None], some.stages
    width = np.minimum(1.0, 1 / np.sqrt(s))
    least = np.minimum(36 / s, 36 / (s + 1) + np.log1p(1 / (some.beta[:, None] * force)))
    low = np.log(s) - 9 * width - least
    most = s + some.k
    high = np.log(most + 9 * np.sqrt(most) + 36)
    step = (high - low) / (_RATES - 1)
    u = low + step * np.arange(_RATES)  # ln(rate times beta)
    shape = (s + stages)[:, :, None]
    with np.errstate(divide="ignore"):
        log_reached = np.log(some.reached)[:, :, None]
    density = np.exp(log_reached + shape * u[:, None] - np.exp(u)[:, None] - gammaln(shape))
    worth = -np.log1p(force * some.beta[:, None] / np.exp(u))  # ln of an event's value
    ahead = 1 / np.expm1(-some.k * worth)
    next_one = (density * np.exp((some.k - stages)[:, None] * worth[:, None])).sum(axis=1)
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
        tried = [self._with(k) for k in (range(1, _LARGEST + 1) if self.k is None else [self.k])]
        rows = tried[0]._training_rows(X)
        if len(tried) > 1 and (sample := self._sample(rows)) is not rows:
            height = {id(m): m._climb(sample, m._starts(sample)).log_likelihood for m in tried}
            tried = sorted(tried, key=lambda m: -height[id(m)])[:_CLIMBED]
        best = max((model._fit_parameters(X, window) for model in tried), key=lambda model: model._maximum())
        for name in self.learned:
            setattr(self, name, getattr(best, name))
        return self

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

    def _fit_parameters(self, X: Any, window: tuple[date, date] | None) -> Self:
        return super().fit(X, window=window)

    def _training_rows(self, X: Any) -> Rows:
        """Group rows of like customers, whose `log_gaps` become their mean: only their sum enters the likelihood."""
        rows = super()._training_rows(X)
        names = [name for name in rows if name not in ("weight", "log_gaps")]
        first, which = distinct(*(rows[name] for name in names))
        weight = np.bincount(which, rows["weight"])
        mean = np.bincount(which, rows["weight"] * rows["log_gaps"]) / weight
        return {name: rows[name][first] for name in names} | {"weight": weight.astype(float), "log_gaps": mean}

    def _check(self, rows: Rows) -> None:
        super()._check(rows)
        x, recency, log_gaps = rows["frequency"], rows["recency"], rows["log_gaps"]
        most = xlogy(x, np.where(x > 0, recency, 1.0)) - xlogy(x, np.maximum(x, 1))
        holds = np.isinf(log_gaps) | (log_gaps <= most + 1e-9 * (1 + np.abs(most)))
        observations.require(rows, holds, "log_gaps is at most frequency times ln(recency / frequency)")

    def _starts(self, rows: Rows) -> Iterable[Array]:
        return [start / [1, self._events, 1, 1] for start in super()._starts(rows)]

    def _row_likelihood(self, own: Sequence[Any], rows: Rows) -> tuple[Array, Sequence[Array]]:
        if self._events == 1:
            return super()._row_likelihood(own, rows)
        if np.any(np.isinf(rows["log_gaps"])):
            raise UnknownNameError("column", "log_gaps", self.columns)
        return row_likelihood(own, rows, self.tosses, self._events)

    def _likelihood(self, theta: Array, rows: Rows) -> tuple[float, Array]:
        if self._events == 1:
            return super()._likelihood(theta, rows)
        return MaximumLikelihood._likelihood(self, theta, rows)

    def _curvature(self, theta: Array, rows: Rows) -> Array | None:
        return super()._curvature(theta, rows) if self._events == 1 else None

    def _probability_alive(self, rows: Rows) -> Array:
        if self._events == 1:
            return super()._probability_alive(rows)
        alive, dropped = endings(self._own(self._theta(), rows), rows, self.tosses, self._events)
        return np.asarray(expit(logsumexp(alive, axis=1) - dropped))

    def _expect(self, X: Any, answer: Callable[[Alive], Array]) -> Array:
        """Answer once for all who would be alike if alive in each stage; a history says how likely each stage is."""
        if self._events == 1:
            return super()._expect(X, answer)
        rows = self._read(X)
        own = self._own(self._theta(), rows)
        r, alpha, a, b = (parameter + 0 * rows["frequency"] for parameter in own)
        x, k = rows["frequency"], self._events
        columns = [r + k * x, alpha + rows["age"], a, b + x + self.tosses]
        first, which = distinct(*columns)
        (s, beta, a, b), certain = (column[first] for column in columns), np.ones((len(first), 1))
        reached = softmax(endings(own, rows, self.tosses, k)[0], axis=1) * self._probability_alive(rows)[:, None]
        total: Any = 0.0
        for stage in range(k):
            answers = np.ascontiguousarray(answer(AliveRegular(s, beta, a, b, certain, k, stage)))[which]
            total = total + answers * reached[:, stage].reshape(-1, *[1] * (answers.ndim - 1))
        return np.asarray(total)

    def _new(self) -> tuple[float, Alive]:
        stays, alive = super()._new()
        if self._events == 1:
            return stays, alive
        return stays, AliveRegular(alive.s, alive.beta, alive.a, alive.b, np.ones(1), self._events)


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
