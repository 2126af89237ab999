"""People whom the CRM keeps under the organisation that they work for: records of their own, and no customers."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import FAR, dates, joined, numbered, rows, without
from valuekit.simulate.draws import Flags, Ints, Rng, chance, days_between
from valuekit.simulate.names import Names, scrambled
from valuekit.simulate.parties import BATCH, Kind, Parties
from valuekit.simulate.settings import Settings
from valuekit.tables.canonical import RECORDS

MOST = 3
"""People under one account."""
_NUMBERS_FROM = 5 * BATCH
"""Their numbers within a batch: behind those of its parties."""


@dataclass
class People:
    """One entry per person under an account."""

    number: Ints
    account: Ints
    """The party that the person belongs to."""
    created: Ints

    def __len__(self) -> int:
        return len(self.number)


def make_people(rng: Rng, clock: Clock, settings: Settings, parties: Parties, known: Ints) -> People:
    """Draw one to three people for a share of the organisations that the CRM knows; `known` is since when."""
    outside = np.isin(parties.kind, [Kind.BUYER, Kind.PROSPECT]) & ~parties.person & (known < FAR)
    heads = np.where(chance(rng, settings.people, len(parties)), rng.integers(1, MOST + 1, len(parties)), 0)
    account = np.repeat(np.arange(len(parties)), np.where(outside, heads, 0))
    first = int(parties.number[0]) + _NUMBERS_FROM
    created = days_between(rng, known[account], np.minimum(known[account] + 400, clock.end), len(account))
    return People(first + np.arange(len(account)), account, created)


def person_ids(people: People) -> pa.Array:
    """Return the ids of the real persons, as `truth_parties` writes them."""
    return numbered("P", scrambled(people.number, 1))


def person_records(people: People) -> pa.Array:
    """Return the ids of their records in the CRM."""
    return numbered("C", scrambled(people.number, 21))


def person_rows(rng: Rng, people: People, parties: Parties, names: Names, accounts: pa.Array) -> pa.Table:
    """Return their rows of `records`; `accounts` are the records of the organisations in the CRM."""
    count, everyone = len(people), np.arange(len(people))
    own = Names(people.number, _yes(count), parties.currency[people.account])
    called = own.name(everyone, np.zeros(count, dtype=np.int64))
    address = joined(pc.utf8_lower(pc.replace_substring(called, " ", ".")), "@", names.domain.take(people.account))
    return rows(
        RECORDS,
        count,
        system="crm",
        record=person_records(people),
        name=called,
        email=without(address, chance(rng, 0.1, count)),
        phone=without(own.phone(everyone), chance(rng, 0.5, count)),
        kind="person",
        parent=accounts,
        created_on=dates(people.created),
    )


def _yes(count: int) -> Flags:
    return np.ones(count, dtype=np.bool_)
