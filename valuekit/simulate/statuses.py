"""Paying statuses: what the payment provider says, and what people typed into the CRM and forgot."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from valuekit.simulate.billing import NEVER, Bills
from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import FAR, dates, pick, rows
from valuekit.simulate.draws import Flags, Ints, Rng, chance, earliest
from valuekit.simulate.settings import Settings
from valuekit.simulate.spells import Spells
from valuekit.simulate.usage import Trials
from valuekit.tables.canonical import STATUSES

PROVIDER = ("trialing", "incomplete", "active", "past_due", "unpaid", "canceled")
MANUAL = ("paying", "not paying")
_TRIALING, _INCOMPLETE, _ACTIVE, _PAST_DUE, _UNPAID, _CANCELED = range(6)


@dataclass
class Statuses:
    """One entry per row of `statuses` of one origin."""

    party: Ints
    day: Ints
    word: Ints


def provider_statuses(clock: Clock, spells: Spells, bills: Bills, trials: Trials, since: Ints) -> Statuses:
    """Return each change of a paying account: trial, first bill, late or missing payment, end."""
    begun = spells.start(clock) <= clock.end
    first_paid = earliest(bills.party, bills.paid, len(since), NEVER)
    paid = begun & (first_paid[spells.party] <= clock.end)
    ended = paid & (spells.end(clock) < clock.end)
    late = (np.minimum(bills.paid, clock.end) > bills.due + 10) & ~bills.void
    missed = (bills.paid == NEVER) & (bills.due + 45 <= clock.end) & ~bills.void
    caught_up = late & (bills.paid <= clock.end)
    parts = [
        (spells.party[ended], spells.end(clock)[ended] + 1, _CANCELED),
        (bills.party[missed], bills.due[missed] + 45, _UNPAID),
        (bills.party[late], bills.due[late] + 10, _PAST_DUE),
        (bills.party[caught_up], bills.paid[caught_up], _ACTIVE),
        (spells.party[paid], spells.start(clock)[paid], _ACTIVE),
        (spells.party[begun & ~paid], spells.start(clock)[begun & ~paid], _INCOMPLETE),
        (trials.party, trials.start, _TRIALING),
    ]
    return _one_a_day(parts, since, clock)


def manual_statuses(rng: Rng, clock: Clock, settings: Settings, spells: Spells, bills: Bills, since: Ints) -> Statuses:
    """Return what people typed: `paying` at the first payment, and weeks after the end, if at all, `not paying`."""
    first_paid = earliest(bills.party, bills.paid, len(since), NEVER)
    party = np.flatnonzero(first_paid <= clock.end)
    ended = spells.end(clock) < clock.end - 60
    noticed = ended & ~chance(rng, settings.stale_status, len(spells)) & (first_paid[spells.party] <= clock.end)
    day = spells.end(clock) + rng.integers(5, 60, len(spells))
    return _one_a_day([(spells.party[noticed], day[noticed], 1), (party, first_paid[party], 0)], since, clock)


def _one_a_day(parts: list[tuple[Ints, Ints, int]], since: Ints, clock: Clock) -> Statuses:
    """Keep one status a day of each party that the system knows by then: the first in the list."""
    party = np.concatenate([who for who, _, _ in parts])
    day = np.concatenate([when for _, when, _ in parts])
    word = np.concatenate([np.full(len(who), code, dtype=np.int64) for who, _, code in parts])
    known: Flags = (day >= since[party]) & (since[party] < FAR) & (day <= clock.end)
    _, kept = np.unique(party[known] * 2**32 + day[known], return_index=True)
    return Statuses(party[known][kept], day[known][kept], word[known][kept])


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
