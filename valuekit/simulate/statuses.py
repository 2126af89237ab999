"""Paying statuses: what the payment provider says, and what people typed into the CRM and forgot."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from valuekit.simulate.billing import NEVER, Bills, Orders, Payments
from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import FAR, dates, pick, rows
from valuekit.simulate.draws import Flags, Ints, Rng, chance, earliest, totals
from valuekit.simulate.settings import Settings
from valuekit.simulate.spells import Spells
from valuekit.simulate.usage import Trials
from valuekit.tables import TRUTH
from valuekit.tables.canonical import STATUSES

PROVIDER = ("trialing", "incomplete", "active", "past_due", "unpaid", "canceled", "in_migration", "manual_review")
"""The provider's words; the last two are of its own making, and nobody has told what they mean."""
MANUAL = ("paying", "not paying")
_TRIALING, _INCOMPLETE, _ACTIVE, _PAST_DUE, _UNPAID, _CANCELED, _FIRST_UNKNOWN = range(7)
_PAYING, _NOT_PAYING = range(2)
GRACE_DAYS, ORDER_DAYS = 15, 90
_UNPAID_AFTER, _PAST_DUE_AFTER = 45, 10
_NEIGHBOURS = (-2, -1, 1, 2)
"""A party has at most three spells: where the others stand."""


@dataclass
class Statuses:
    """One entry per row of `statuses` of one origin."""

    party: Ints
    day: Ints
    word: Ints


def provider_statuses(
    rng: Rng, clock: Clock, settings: Settings, spells: Spells, bills: Bills, trials: Trials, since: Ints
) -> Statuses:
    """Return each change of a paying account: trial, first bill, late or missing payment, next payment, end."""
    begun = spells.start(clock) <= clock.end
    first_paid = earliest(bills.party, bills.paid, len(since), NEVER)
    paid = begun & (first_paid[spells.party] <= clock.end)
    ended = paid & (spells.end(clock) < clock.end) & ~_goes_on(clock, spells)
    late = (np.minimum(bills.paid, clock.end) > bills.due + _PAST_DUE_AFTER) & ~bills.void
    missed = (bills.paid == NEVER) & (bills.due + _UNPAID_AFTER <= clock.end) & ~bills.void
    caught_up = late & (bills.paid <= clock.end)
    again, again_on = _paid_after_a_missed_bill(clock, bills, missed)
    parts = [
        (spells.party[ended], spells.end(clock)[ended] + 1, _CANCELED),
        (bills.party[missed], bills.due[missed] + _UNPAID_AFTER, _UNPAID),
        (bills.party[late], bills.due[late] + _PAST_DUE_AFTER, _PAST_DUE),
        (bills.party[caught_up], bills.paid[caught_up], _ACTIVE),
        (bills.party[again], again_on, _ACTIVE),
        (spells.party[paid], spells.start(clock)[paid], _ACTIVE),
        (spells.party[begun & ~paid], spells.start(clock)[begun & ~paid], _INCOMPLETE),
        (trials.party, trials.start, _TRIALING),
    ]
    said = _one_a_day(parts, since, clock)
    odd = chance(rng, settings.unknown_status, len(said.party))
    unknown = _FIRST_UNKNOWN + said.party % (len(PROVIDER) - _FIRST_UNKNOWN)
    return Statuses(said.party, said.day, np.where(odd, unknown, said.word))


def _goes_on(clock: Clock, spells: Spells) -> Flags:
    """Tell whether another spell of the party covers the day after a spell's end."""
    start, end, place = spells.start(clock), spells.end(clock), np.arange(len(spells))
    covered = np.zeros(len(spells), dtype=np.bool_)
    for step in _NEIGHBOURS:
        other = np.roll(place, step)
        covered |= (spells.party[other] == spells.party) & (start[other] <= end + 1) & (end[other] > end)
    return covered


def _paid_after_a_missed_bill(clock: Clock, bills: Bills, missed: Flags) -> tuple[Ints, Ints]:
    """Return the bills that were paid after the party had missed the one before, and since when all is well again."""
    paid = ~bills.void[1:] & (bills.paid[1:] <= clock.end) & (bills.party[1:] == bills.party[:-1])
    after = np.flatnonzero(missed[:-1] & paid) + 1
    return after, np.maximum(bills.paid[after], bills.due[after - 1] + _UNPAID_AFTER + 1)


def manual_statuses(rng: Rng, clock: Clock, settings: Settings, spells: Spells, bills: Bills, since: Ints) -> Statuses:
    """Return what people typed: `paying` at the first payment, and weeks after the end, if at all, `not paying`."""
    first_paid = earliest(bills.party, bills.paid, len(since), NEVER)
    party = np.flatnonzero(first_paid <= clock.end)
    ended = (spells.end(clock) < clock.end - 60) & ~_goes_on(clock, spells)
    noticed = ended & ~chance(rng, settings.stale_status, len(spells)) & (first_paid[spells.party] <= clock.end)
    day = spells.end(clock) + rng.integers(5, 60, len(spells))
    typed = [(spells.party[noticed], day[noticed], _NOT_PAYING), (party, first_paid[party], _PAYING)]
    return _one_a_day(typed, since, clock)


def _one_a_day(parts: list[tuple[Ints, Ints, int]], since: Ints, clock: Clock) -> Statuses:
    """Keep one status a day of each party that the system knows by then: the first in the list."""
    party = np.concatenate([who for who, _, _ in parts])
    day = np.concatenate([when for _, when, _ in parts])
    word = np.concatenate([np.full(len(who), code, dtype=np.int64) for who, _, code in parts])
    known: Flags = (day >= since[party]) & (since[party] < FAR) & (day <= clock.end)
    _, kept = np.unique(party[known] * 2**32 + day[known], return_index=True)
    return Statuses(party[known][kept], day[known][kept], word[known][kept])


def truly_paying(clock: Clock, bills: Bills, payments: Payments, orders: Orders, paid: Flags) -> Flags:
    """Tell who pays at the data end: the months paid for reach it, with some grace, or an order is fresh.

    The months that a payment is for count from its day, and end when the party leaves; one that came back in full is
    for none. `paid` tells who has not had all money back.
    """
    back = totals(payments.bill[payments.kind > 0], payments.cents[payments.kind > 0], len(bills))
    settled = np.flatnonzero((bills.paid <= clock.end) & (bills.cents + back > 0))
    month = clock.month(bills.paid[settled])
    covered = clock.first(month + bills.months[settled]) + bills.paid[settled] - clock.first(month) - 1
    until = np.zeros(len(paid), dtype=np.int64)
    np.maximum.at(until, bills.party[settled], np.minimum(covered, bills.last[settled]))
    pays = paid & (until >= clock.end - GRACE_DAYS)
    pays[orders.party[orders.day >= clock.end - ORDER_DAYS]] = True
    return pays


def manual_truth(typed: Statuses, pays: Flags, party_ids: pa.Array) -> pa.Table:
    """Return the rows of `truth_statuses`: what people typed last, and whether it is so."""
    last = np.append(typed.party[1:] != typed.party[:-1], True)[: len(typed.party)]
    party, word = typed.party[last], typed.word[last]
    return rows(
        TRUTH["truth_statuses"],
        len(party),
        true_party=party_ids.take(pa.array(party)),
        manual=pick(("paying", "not_paying"), word),
        manual_on=dates(typed.day[last]),
        pays=pa.array(pays[party]),
        stale=pa.array((word == _PAYING) != pays[party]),
    )


def status_rows(statuses: Statuses, system: str, origin: str, words: tuple[str, ...], records: pa.Array) -> pa.Table:
    """Return rows of `statuses`."""
    return rows(
        STATUSES,
        len(statuses.party),
        system=system,
        record=records,
        status=pick(words, statuses.word),
        updated_on=dates(statuses.day),
        origin=origin,
    )
