"""What customers still bring after they have left: some pay on without having signed, some come back later.

A model of renewals ends at the first refusal. What comes after it is read from those who have left before. Who has
fallen silent signs again as often as others did who had been silent for as long, and then renews as the curve says of
who has refused once. Without a contract it brings what came later of those others; after the months that enough of them
are seen for, such money lasts from year to year as theirs has. Who still pays goes on month by month until it signs or
stops, each at the rate at which others did.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from valuekit.engine import Engine
from valuekit.ltv.models.observations import Array, read_columns
from valuekit.ltv.renewals import MINIMUM_EVENTS, Curve
from valuekit.tables.published import HORIZON_YEARS

_MONTHS = 12 * HORIZON_YEARS


@dataclass(frozen=True)
class Paying:
    """Of customers who still paid after their contract had ended, month by month: what became of them in the next.

    `seen` months, of which `signed` ended with a new contract, `stopped` with silence, and `paid` brought money:
    `amount` of the last prices `monthly`.
    """

    seen: float = 0.0
    signed: float = 0.0
    stopped: float = 0.0
    paid: float = 0.0
    monthly: float = 0.0
    amount: float = 0.0

    @property
    def ended(self) -> tuple[float, float]:
        """How many ended with a new contract, and how many ended."""
        return self.signed, self.signed + self.stopped

    def like(self, others: "Paying") -> "Paying":
        """Add as much of what others show as one that ended."""
        weight = 1 / max(others.ended[1], 1.0)
        both = zip(vars(self).items(), vars(others).values(), strict=True)
        return Paying(**{name: own + weight * other for (name, own), other in both})

    @property
    def share(self) -> Array:
        """Expected money of each month ahead as a share of the price, where no contract is signed.

        Two competing risks end it, so how long it lasts does not depend on which. Whoever stopped was silent in the
        last of the months seen: it was over before, so that month is none of those in which it could end. One more that
        paid once and stopped is added to those seen: few cannot tell that money lasts for ever, and time divided by the
        few that ended is too long in the mean.
        """
        lived = self.seen - self.stopped
        lasts = max(lived - self.ended[1], 0.0) / (lived + 1)
        first = self.amount / self.monthly * self.seen / (self.seen + 2) if self.monthly else 0.0
        return np.asarray(first * lasts ** np.arange(_MONTHS))

    @property
    def chance(self) -> float:
        """Probability that anything comes."""
        return self.paid / (self.seen - self.signed + 2)

    @property
    def error(self) -> float:
        """Relative standard error of the share; spells of paying, not months, are what is seen of it."""
        return float(relative_error(self.chance, self.ended[1]))


@dataclass(frozen=True)
class After:
    """What comes of customers with one term length after they have left."""

    share: Array
    """Received in each month since (columns), as a share of the last monthly price; by months silent so far (rows)."""
    returns: Array
    """Share of those silent for so many months that paid again."""
    parties: Array
    """How many were seen, silent for so many months."""
    paying: Paying = Paying()
    signs: Array = field(default_factory=lambda: np.zeros((1, 1)))
    """Monthly price of new contracts that are signed in each month since, as a share of the last one; rows as above."""
    renewals: float = 0.0
    """How many renewals those who signed again had survived before they left, in the mean."""

    def with_contracts(self, curve: Curve, term: int) -> "After":
        """Return the same with what new contracts bring: renewed by its `curve`, and paid, every `term` months."""
        rows, months = self.signs.shape
        size = max(months + _MONTHS, self.share.shape[1])
        since = np.arange(size) - np.arange(months)[:, None]
        renewed = curve.again(self.renewals, np.arange(size // term + 1.0))
        paid = np.where((since >= 0) & (since % term == 0), term * renewed[np.maximum(since, 0) // term], 0.0)
        share = np.zeros((rows, size))
        share[:, : self.share.shape[1]] = self.share
        return replace(self, share=share + self.signs @ paid)

    def by_year(self, left: Array, state: Mapping[str, Array]) -> Array:
        """Return months of the price received in each year, from the probability to leave in each month ahead.

        Who refuses a `pending` renewal has left already, and still pays. Who left and was `silent` for so many renewals
        is as long gone.
        """
        still, gone = self._already(left, state)
        leaves = np.column_stack([left[:, 0] - still - gone, left[:, 1:]])
        brings = leaves @ _years(self._ahead) + still[:, None] * _years(self.paying.share)
        return np.asarray(brings + gone[:, None] * self.since(state["silent"] * state["term_months"])[0])

    @staticmethod
    def _already(left: Array, state: Mapping[str, Array]) -> tuple[Array, Array]:
        """Return the probabilities to have left already: who still pays, and who is silent."""
        still, gone = (np.where(state[name] > 0, left[:, 0], 0.0) for name in ("pending", "silent"))
        return still, gone

    @property
    def _ahead(self) -> Array:
        """Received in each month ahead (columns) from who leaves in one (rows)."""
        share = np.append(self.share[0], np.zeros(_MONTHS))
        since = np.arange(_MONTHS) - np.arange(_MONTHS)[:, None]
        return np.where(since >= 0, share[since], 0.0)

    def chance(self, left: Array, state: Mapping[str, Array]) -> Array:
        """Return the probability that anything is received after leaving."""
        still, gone = self._already(left, state)
        later = gone * self.since(state["silent"] * state["term_months"])[1]
        return np.asarray((left.sum(axis=1) - still - gone) * self.returns[0] + still * self.paying.chance + later)

    def error(self, state: Mapping[str, Array]) -> Array:
        """Return the relative standard error of what is received after leaving."""
        return np.where(state["pending"] > 0, self.paying.error, relative_error(self.returns[0], self.parties[0]))

    def since(self, months: Array) -> tuple[Array, Array, Array]:
        """Return the same of customers who left so many months ago and are silent: by year, probability, error."""
        at = np.clip(months.astype(np.int64), 0, len(self.share) - 1)
        ahead = months.astype(np.int64)[:, None] + np.arange(1, _MONTHS + 1)
        padded = np.column_stack([self.share, np.zeros(len(self.share))])
        share = padded[at[:, None], np.minimum(ahead, padded.shape[1] - 1)]
        there = share.sum(axis=1) > 0
        chance = np.where(there, self.returns[at], 0.0)
        error = np.where(there, relative_error(chance, self.parties[at]), 0.0)
        return _years(share), chance, error


NOTHING = After(np.zeros((1, 1)), np.zeros(1), np.zeros(1))


def _years(months: Array) -> Array:
    return np.asarray(months.reshape(*months.shape[:-1], HORIZON_YEARS, 12).sum(axis=-1))


def relative_error(chance: Array | float, parties: Array | float) -> Array:
    """Return the standard error of the mean of so many parties, as a share of it.

    Each brought nothing, or else an exponential amount, as intervals take it: variance over squared mean is 2 / p - 1.

    >>> relative_error(np.array([1.0, 0.2]), np.array([100.0, 36.0]))
    array([0.1, 0.5])
    """
    some = (np.asarray(chance) > 0) & (np.asarray(parties) > 0)
    square = (2 / np.where(some, chance, 1.0) - 1) / np.where(some, parties, 1.0)
    return np.asarray(np.where(some, np.sqrt(square), 0.0))


def learn_after(engine: Engine, last_month: date, *, counts: bool = True) -> Callable[[int], After]:
    """Learn what comes after customers have left; returns it by term length. Unless it `counts`, nothing comes.

    Reads `run_terms`, `contract_runs`, `stages`, `cash_months` up to a month, `orders`, `facts` and `order_summary`.
    A term length with too few who left shares what all show; where these are too few as well, nothing is expected.
    Of those who still paid, what all show weighs as much as one of its own, however few they are. What new contracts
    bring is not yet in it: `After.with_contracts`.
    Prices of former and new contracts are compared at one exchange rate.
    Makes `leavers`, `payers` and `received_outside`, which `put_uncontracted` reads.
    """
    engine.run("valuekit.ltv", "leavers.sql", {"last_month": last_month, "counts": counts})
    received = _rows(engine, "received_after", ("term_months", "elapsed", "since", "amount"))
    seen = _rows(engine, "seen_after", ("term_months", "elapsed", "months", "parties", "monthly", "paid_again"))
    signed = _rows(
        engine, "signed_after", ("term_months", "elapsed", "since", "parties", "monthly", "next_monthly", "renewals")
    )
    paying = _rows(engine, "still_paying", ("term_months", *Paying.__dataclass_fields__))
    before, repeated = engine.rows("SELECT before, after FROM leaver_lasts")[0]
    engine.drop(
        "leaver_months", "paying_months", "received_after", "seen_after", "signed_after", "still_paying", "leaver_lasts"
    )
    lasts = min(float(repeated) / float(before), 1.0) if before else 0.0
    terms = {int(term) for rows in (seen, paying) for term in np.unique(rows["term_months"])}
    all_paying = _paying(paying)
    everybody = replace(_silent(received, signed, seen, lasts) or NOTHING, paying=all_paying)
    by_term = {}
    for term in sorted(terms):
        silent = _silent(_of(received, term), _of(signed, term), _of(seen, term), lasts)
        own_paying = _paying(_of(paying, term)).like(all_paying)
        by_term[term] = replace(silent or everybody, paying=own_paying)
    return lambda term: by_term.get(term, everybody)


def _rows(engine: Engine, table: str, columns: tuple[str, ...]) -> Mapping[str, Array]:
    return read_columns(engine.query(f"SELECT {', '.join(columns)} FROM {table}"), columns)


def _of(rows: Mapping[str, Array], term: int) -> Mapping[str, Array]:
    return {name: values[rows["term_months"] == term] for name, values in rows.items()}


def _paying(rows: Mapping[str, Array]) -> Paying:
    return Paying(**{name: float(rows[name].sum()) for name in Paying.__dataclass_fields__})


def _silent(
    received: Mapping[str, Array], signed: Mapping[str, Array], seen: Mapping[str, Array], lasts: float
) -> After | None:
    """Divide month by month: what was received by the last prices of those who were silent and are seen for so long.

    New contracts are counted, for prices differ by more than the readiness to sign again does, and their price is a
    mean one.
    """
    if seen["parties"][seen["elapsed"] == 0].sum() < MINIMUM_EVENTS:
        return None
    size = int(seen["months"].max()) + 1

    def table(rows: Mapping[str, Array], column: str, value: str) -> Array:
        place = rows["elapsed"].astype(np.int64) * size + rows[column].astype(np.int64)
        return np.asarray(np.bincount(place, rows[value], minlength=size * size).reshape(size, size), dtype=np.float64)

    amount = table(received, "since", "amount")
    price, count = (table(seen, "months", name)[:, ::-1].cumsum(axis=1)[:, ::-1] for name in ("monthly", "parties"))
    known = (count >= MINIMUM_EVENTS) & (price > 0)
    share = np.where(known, amount / np.where(known, price, 1.0), 0.0)
    share = _go_on(share, known.sum(axis=1), lasts)
    before = signed["monthly"].sum()
    price_again = signed["next_monthly"].sum() / before if before else 0.0
    signs = np.where(known, table(signed, "since", "parties") / np.where(known, count, 1.0), 0.0) * price_again
    renewals = float(signed["renewals"].sum() / max(signed["parties"].sum(), 1.0))
    parties, again = (table(seen, "months", name).sum(axis=1) for name in ("parties", "paid_again"))
    return After(share, again / np.maximum(parties, 1.0), parties, signs=signs, renewals=renewals)


def _go_on(share: Array, known: Array, lasts: float) -> Array:
    """Fill the months that too few are seen for, up to ten years after any that are, from those a year before."""
    longer = np.column_stack([share, np.zeros((len(share), _MONTHS))])
    for month in range(12, longer.shape[1]):
        goes_on = (known > 0) & (month >= known)
        longer[goes_on, month] = longer[goes_on, month - 12] * lasts
    return longer
