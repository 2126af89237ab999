"""The stage of every party at every month end, from dated events."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from valuekit.simulate.billing import Orders, Payments
from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import FAR, NONE, dates, pick, rows
from valuekit.simulate.contracts import Terms
from valuekit.simulate.draws import Flags, Ints, earliest, totals
from valuekit.simulate.parties import Kind
from valuekit.simulate.selling import Deals, Engagements
from valuekit.simulate.usage import Trials, Usage
from valuekit.tables import TRUTH

ACTIVE_DAYS = 30
LAPSED_DAYS = 45

OUTCOMES = (
    ("internal", None), ("served", None), ("supplier", None),
    ("active", None), ("inactive", "onboarding"), ("inactive", "no_recent_use"),
    ("signed_unpaid", "starts_later"), ("signed_unpaid", None),
    ("lapsed_paying", None), ("churned", "cancelled"), ("churned", "lapsed"),
    ("prospect", "never_paid"), ("paid_without_contract", None),
    ("prospect", "trial"), ("prospect", "engaged"), ("contact", None),
)  # fmt: skip
"""Stage and reason, in the order of priority."""

CODE = {outcome: code for code, outcome in enumerate(OUTCOMES)}
UNKNOWN = -1
"""The party does not exist yet."""


@dataclass
class Events:
    """Everything that the stages are made of, by party."""

    clock: Clock
    kind: Ints
    created: Ints
    terms: Terms
    payments: Payments
    orders: Orders
    usage: Usage
    engagements: Engagements
    trials: Trials
    deals: Deals


class Months:
    """Facts of each party at each month end: matrices of parties by months."""

    def __init__(self, events: Events) -> None:
        self._events, clock = events, events.clock
        self._shape = (len(events.kind), clock.months)
        self._ends = clock.month_ends
        self.signed = np.zeros(self._shape, dtype=np.bool_)
        self.current, self.ahead = self.signed.copy(), self.signed.copy()
        self.last_end = np.full(self._shape, NONE, dtype=np.int64)
        self.cancelled = self.signed.copy()
        for month, end in enumerate(self._ends):
            self._contracts(month, int(end))
        self._money()
        self._use()

    def _contracts(self, month: int, today: int) -> None:
        """Reads terms signed by today: which are current, which lie ahead, and how the last one that began ends."""
        terms, known = self._events.terms, self._events.terms.signed <= today
        party, end = terms.party[known], terms.end[known]
        self.signed[party, month] = True
        begun = terms.start[known] <= today
        self.current[party[begun & (end >= today)], month] = True
        self.ahead[party[~begun], month] = True
        notice = (terms.cancelled[known] != NONE) & (terms.cancelled[known] <= today)
        last = np.full(self._shape[0], NONE, dtype=np.int64)
        np.maximum.at(last, party[begun], (2 * end + notice)[begun])
        self.last_end[:, month], self.cancelled[:, month] = last // 2, last % 2 == 1

    def _money(self) -> None:
        pay = self._events.payments
        month = self._events.clock.month(pay.day)
        received = pay.kind == 0
        # In the payer's own currency: a rate that moves between payment and refund makes nobody a customer.
        self.paid = np.cumsum(self._sums(pay.party, month, pay.cents), axis=1) > 0
        self.after_end = np.zeros(self._shape, dtype=np.bool_)
        self._mark(self.after_end, pay.party[received], pay.day[received], LAPSED_DAYS, self.last_end)

    def _use(self) -> None:
        use, terms, count = self._events.usage, self._events.terms, self._shape[0]
        since = earliest(terms.party, terms.start, count, FAR)
        within = use.day >= since[use.party]
        self.used, self.used_lately, self.ever_in_contract = (np.zeros(self._shape, dtype=np.bool_) for _ in range(3))
        self.used[use.party, self._events.clock.month(use.day)] = True
        self._mark(self.used_lately, use.party[within], use.day[within], ACTIVE_DAYS)
        self.ever_in_contract[use.party[within], self._events.clock.month(use.day[within])] = True
        self.ever_in_contract = np.logical_or.accumulate(self.ever_in_contract, axis=1)

    def _mark(self, matrix: Flags, party: Ints, day: Ints, window: int, after: Ints | None = None) -> None:
        """Mark the month ends whose last `window` days hold the day: its own, and the next when near enough."""
        month = self._events.clock.month(day)
        for step in (0, 1):
            at = np.minimum(month + step, self._shape[1] - 1)
            counts = (month + step < self._shape[1]) & (day >= self._ends[at] - window)
            if after is not None:
                counts &= day > after[party, at]
            matrix[party[counts], at[counts]] = True

    def _sums(self, party: Ints, month: Ints, cents: Ints) -> Ints:
        return totals(party * self._shape[1] + month, cents, self._shape[0] * self._shape[1]).reshape(self._shape)

    def since(self, party: Ints, day: Ints) -> Flags:
        """Tell for each month end whether something has happened by then."""
        first = earliest(party, day, self._shape[0], FAR)
        return np.asarray(first[:, None] <= self._ends[None, :], dtype=np.bool_)


def stage_codes(events: Events, months: Months) -> Ints:
    """Return the code of each party's outcome at each month end, `UNKNOWN` before it exists.

    A matrix of parties by months; codes index `OUTCOMES`. The rules are tried in the order of `OUTCOMES`.
    Paid means that payments exceed what was refunded: who was refunded in full has not paid. Who sells to the company
    and is known as a buyer too is what it is as a buyer.
    """
    kind = events.kind[:, None]
    never_bought = ~months.signed & ~months.paid
    trial = months.since(events.trials.party, events.trials.start)
    trial |= months.since(events.usage.party, events.usage.day)
    interest = months.since(events.engagements.party, events.engagements.day)
    interest |= months.since(events.deals.party, events.deals.opened) | trial
    standing = months.current & months.paid
    over = months.signed & ~months.current
    rules: list[tuple[Flags, tuple[str, str | None]]] = [
        (np.isin(kind, [Kind.INTERNAL, Kind.TEST]), ("internal", None)),
        ((kind == Kind.SERVED) & never_bought, ("served", None)),
        ((kind == Kind.SUPPLIER) & never_bought, ("supplier", None)),
        (standing & months.used_lately, ("active", None)),
        (standing & ~months.ever_in_contract, ("inactive", "onboarding")),
        (standing, ("inactive", "no_recent_use")),
        (months.ahead & ~months.current & ~months.paid, ("signed_unpaid", "starts_later")),
        (months.current, ("signed_unpaid", None)),
        (over & months.paid & months.after_end, ("lapsed_paying", None)),
        (over & months.paid & months.cancelled, ("churned", "cancelled")),
        (over & months.paid, ("churned", "lapsed")),
        (over, ("prospect", "never_paid")),
        (months.paid, ("paid_without_contract", None)),
        (trial, ("prospect", "trial")),
        (interest, ("prospect", "engaged")),
    ]
    shape = (len(events.kind), events.clock.months)
    conditions = [np.broadcast_to(rule, shape) for rule, _ in rules]
    codes = np.select(conditions, [CODE[outcome] for _, outcome in rules], default=CODE["contact", None])
    exists = events.created[:, None] <= events.clock.month_ends[None, :]
    return np.where(exists, codes, UNKNOWN).astype(np.int64)


def stage_rows(clock: Clock, codes: Ints, party_ids: pa.Array) -> pa.Table:
    """Return the rows of `truth_stages`."""
    party, month = np.nonzero(codes != UNKNOWN)
    code = codes[party, month]
    return rows(
        TRUTH["truth_stages"],
        len(party),
        true_party=party_ids.take(pa.array(party)),
        as_of=dates(clock.month_ends[month]),
        stage=pick([stage for stage, _ in OUTCOMES], code),
        reason=pick([reason for _, reason in OUTCOMES], code),
    )
