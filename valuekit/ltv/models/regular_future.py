"""The future of customers who buy regularly and are alive: sums over the events ahead, read along curves.

Events come at a gamma-distributed rate, and every k-th is a purchase (see `regular_buyers`). N purchases are at least n
where n purchases' events come and n - 1 dropouts do not,

    E[N] = sum over n of P(n purchases' events come) E[(1 - p)^(n - 1)],

a sum of positive terms, as is every other answer here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from valuekit.errors import ConfigError
from valuekit.ltv.models import dropout
from valuekit.ltv.models.beta_geometric import Alive
from valuekit.ltv.models.interpolation import interpolate
from valuekit.ltv.models.observations import Array, distinct
from valuekit.ltv.models.present_value import force_of_interest
from valuekit.ltv.units import TimeUnit

_CELLS = 500_000
"""Numbers in one table of customers, stages and events ahead."""
_MOST_EVENTS = 4_000_000
"""Events ahead of one customer beyond which a question is refused: it would ask for a table of hundreds of MB."""
_HIGHEST = 300.0
"""Logarithm of numbers whose products and quotients with chances neither overflow nor vanish."""
_RATES = 193
"""Quadrature nodes over the logarithm of a customer's rate."""

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
