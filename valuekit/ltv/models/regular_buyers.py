"""BG/CNBD-k and MBG/CNBD-k: customers who buy more regularly than by chance, and drop out after a purchase.

Platzer and Reutterer (2016), "Ticking Away the Moments: Timing Regularity Helps to Better Predict Customer Activity",
Marketing Science 35(5) [PR]; Reutterer, Platzer and Schroeder (2021), "Leveraging Purchase Regularity for Predicting
Customer Behavior the Easy Way", International Journal of Research in Marketing 38(1) [RPS]. Events come at a
gamma-distributed rate as in BG/NBD, and every k-th is a purchase: times between purchases are Erlang-k. In the silence
since the last purchase 0 to k - 1 events have passed unseen, so what is known of a customer is a mixture of k gammas,
whose future is in `regular_future`. With k = 1 it is BG/NBD or MBG/NBD.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit, gammaln, logsumexp, xlogy

from valuekit.errors import ConfigError, UnknownNameError
from valuekit.ltv.models import asked, observations
from valuekit.ltv.models.beta_geometric import (
    Alive,
    BgNbd,
    count_likelihood,
    log_likelihood,
    simulate_lives,
    time_likelihood,
)
from valuekit.ltv.models.observations import Array, Rows, distinct, weighted_sum
from valuekit.ltv.models.regular_future import AliveRegular

_LARGEST, _STATED = 12, 1_000
"""Most events per purchase that are tried [PR sec. 4], and that may be stated."""
_CLIMBED = 2
"""Of these, how many are climbed on all rows where rows are many: the likeliest for a sample."""
_BLOCK = 1 << 17
"""Customers times stages that are answered at once."""

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
        rows, scale = first._standardised(first._training_rows(X))
        likeliest = self._likeliest(rows) if self.k is None else [(first, list(first._starts(rows)))]
        best = max((m._fit_rows(rows, scale, starts, window) for m, starts in likeliest), key=lambda m: m._maximum())
        for name in (*self.learned, "information_"):
            setattr(self, name, getattr(best, name))
        self.settings_ = self._settings()
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
    def from_parameters(cls, parameters: Sequence[float] | Mapping[str, float], **settings: Any) -> Self:
        """Make a model with stated parameters and a stated `k`."""
        model = super().from_parameters(parameters, **settings)
        if model.k is None:
            raise ConfigError(f"{cls.__name__}: stated parameters need a stated k.")
        model.k_ = model.k
        return model

    def simulate(self, age: Any, rng: np.random.Generator) -> Rows:
        """Draw one history per age, of customers whose covariates are 0, with `log_gaps` and the truth."""
        theta, age = self._theta()[: len(self.basic)], self._ages(age)
        lives = simulate_lives(theta, age, self.tosses, rng, self._events)
        return lives | {
            "log_gaps": _draw_log_gaps(lives["frequency"].astype(np.int64), lives["recency"], self._events, rng)
        }

    # --- inside

    @property
    def _events(self) -> int:
        """The k that was chosen, else the one that is given."""
        return self.k_ if hasattr(self, "k_") else self.k or 1

    def _check_settings(self) -> None:
        super()._check_settings()
        if self.k is not None:
            asked.check_number(self.k, "k", least=1, most=_STATED, whole=True)

    def _with(self, k: int) -> Self:
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
        rows = self._asked_rows(X)
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
