"""What the data show of parties whose records exact keys do not join: the same events, under more than one party.

A party falls into parts: what its main records hold; what lies on records that no exact key joins with them; and what
lies on a second account at the payment provider. Events without a record are lost altogether. The stages of the parts
are what a reader of the data would find who joins records by exact keys alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from valuekit.simulate.columns import FAR, dates, pick, rows
from valuekit.simulate.draws import Flags, Ints
from valuekit.simulate.records import SYSTEMS, Directory, Placed
from valuekit.simulate.stages import OUTCOMES, UNKNOWN, Events, Months, stage_codes
from valuekit.tables import TRUTH

PARTS = 3
_MAIN, _LOST, _SECOND = range(PARTS)
CAUSES = ("unmatched_id", "duplicate", "missing_record")
UNMATCHED, DUPLICATE = range(2)
_MISSING = 2
_ACCOUNTS = ("terms", "payments")
"""Events that can lie on a second account."""

E = TypeVar("E")


@dataclass
class Shown:
    """The parts of the parties that have any fault; one entry per part, in order of party and part."""

    party: Ints
    """The true party."""
    fault: Ints
    """Why the party falls apart, or loses events: index of `CAUSES`."""
    events: Events
    months: Months
    codes: Ints

    @property
    def cause(self) -> Ints:
        """Why the data show a part on a wrong list: a second account, or events that nothing joins to the party."""
        second = np.arange(len(self.party)) % PARTS == _SECOND
        return np.where(second | (self.fault == DUPLICATE), DUPLICATE, UNMATCHED)


def shown(true: Events, directory: Directory, lost: Mapping[str, Flags], placed: Mapping[str, Placed]) -> Shown:
    """Show the events as the records that they lie on show them.

    Args:
        true: The events of the true parties.
        directory: Which system knows which party.
        lost: By system, for the first and the second record of each party, whether no exact key joins it.
        placed: By kind of event, the record that each lies on.
    """
    fault = _faults(true, directory, lost, placed)
    party = np.flatnonzero(fault >= 0)
    place = np.full(len(fault), -1, dtype=np.int64)
    place[party] = PARTS * np.arange(len(party))
    moved = {name: _moved(getattr(true, name), place, _part(name, where, true, lost)) for name, where in placed.items()}
    every = np.repeat(party, PARTS)
    events = Events(true.clock, true.kind[every], _created(directory, lost, party), **moved)
    months = Months(events)
    return Shown(every, fault[every], events, months, stage_codes(events, months))


def _faults(true: Events, directory: Directory, lost: Mapping[str, Flags], placed: Mapping[str, Placed]) -> Ints:
    """Return what is wrong with each party's records: a second account first; -1 where nothing is."""
    fault = np.full(len(true.kind), -1, dtype=np.int64)
    for name, where in placed.items():
        fault[getattr(true, name).party[where.gone]] = _MISSING
    fault[np.any([flags.any(axis=0) for flags in lost.values()], axis=0)] = UNMATCHED
    fault[directory.doubled("billing")] = DUPLICATE
    return fault


def _part(name: str, where: Placed, true: Events, lost: Mapping[str, Flags]) -> Ints:
    """Return the part of its party that each event lies on; -1 where it lies on no record."""
    party = getattr(true, name).party
    if name in _ACCOUNTS:
        part = np.where(where.second, _SECOND, _MAIN)
    else:
        part = np.where(lost[where.system][where.second.astype(np.int64), party], _LOST, _MAIN)
    return np.where(where.gone, -1, part)


def _moved(events: E, place: Ints, part: Ints) -> E:
    """Return the events of parties that have a place, each under its part of the party."""
    columns: dict[str, Any] = vars(events)
    party = columns["party"]
    kept = (place[party] >= 0) & (part >= 0)
    taken = {name: values[kept] for name, values in columns.items()}
    return type(events)(**{**taken, "party": place[party[kept]] + part[kept]})


def _created(directory: Directory, lost: Mapping[str, Flags], party: Ints) -> Ints:
    """Return the first day on which a record of each part is there."""
    seen = np.stack([directory.seen[name][party] for name in SYSTEMS])
    gone = np.stack([lost[name][:, party] for name in SYSTEMS])
    main = np.where(gone[:, 0], FAR, seen).min(axis=0)
    apart = np.where(gone.any(axis=1), seen, FAR).min(axis=0)
    second = np.where(np.isin(party, directory.doubled("billing")), directory.seen["billing"][party], FAR)
    return np.stack([main, apart, second], axis=1).reshape(-1)


def fault_rows(shown: Shown, true: Ints, party_ids: pa.Array) -> pa.Table:
    """Return the rows of `truth_faults`: month ends at which a party's main records show another stage."""
    main = np.arange(0, len(shown.party), PARTS)
    party, there = shown.party[main], shown.codes[main]
    place, month = np.nonzero(there != true[party])
    code = there[place, month]
    outcome = np.where(code == UNKNOWN, -1, code)
    return rows(
        TRUTH["truth_faults"],
        len(place),
        true_party=party_ids.take(pa.array(party[place])),
        as_of=dates(shown.events.clock.month_ends[month]),
        cause=pick(CAUSES, shown.fault[main][place]),
        shown_stage=pick([stage for stage, _ in OUTCOMES], outcome),
        shown_reason=pick([reason for _, reason in OUTCOMES], outcome),
    )
