"""Contract terms.

An annual contract is one row per term of 12 months, each with its last day; a renewal is the next row, of kind
`renewal`, or `change` at a new price. A monthly contract is one row per price: `term_months` 1, `amount` the price of a
month, no last day while it runs. A price change closes the row on the day before and opens the next, of kind `change`.
When the customer leaves, the row gets its last day. `auto_renew` is true for monthly rows that run or were cancelled,
false for rows that end by themselves: replaced by a change, or ended for want of payment.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import FAR, NONE, dates, money, numbered, pick, rows
from valuekit.simulate.draws import Flags, Ints, Rng, chance, days_between, some
from valuekit.simulate.parties import Kind, Parties, Plan
from valuekit.simulate.settings import Settings
from valuekit.simulate.spells import Form, Periods, Spells
from valuekit.tables.canonical import CONTRACT_KINDS, CONTRACTS

_NEW, _RENEWAL, _CHANGE = (CONTRACT_KINDS.index(kind) for kind in ("new", "renewal", "change"))


@dataclass
class Terms:
    """Signed contract terms as the data show them; one entry per row of `contracts`."""

    party: Ints
    signed: Ints
    start: Ints
    end: Ints
    """Last day; `FAR` while the contract runs without end."""
    cancelled: Ints
    """Day of notice, `NONE` without one."""
    goes_on: Flags
    months: Ints
    price: Ints
    kind: Ints
    recorded: Ints

    def __len__(self) -> int:
        return len(self.party)


def make_terms(
    rng: Rng, clock: Clock, settings: Settings, parties: Parties, spells: Spells, periods: Periods
) -> tuple[Terms, Ints]:
    """Return the terms and, for each period, its term (-1 for periods without contract)."""
    agreed = np.flatnonzero(spells.form[periods.spell] == Form.AGREED)
    known = periods.take(agreed)
    spell, annual = known.spell, spells.period[known.spell] == 12
    heads = np.flatnonzero((known.turn == 0) | annual | known.changed)
    tails = np.append(heads[1:], len(known)) - 1
    last = known.turn[tails] == spells.length[spell[tails]] - 1
    replaced = ~annual[heads] & (np.append(spell[heads[1:]], -1) == spell[heads])
    notice = _notice(rng, clock, settings, parties, spells, known, tails, last)
    end = _last_day(clock, known.end[tails], annual[heads], replaced, last, notice)
    end = np.where(_refunded(parties, spells, spell[heads]) & (notice != NONE), known.start[heads] + 27, end)
    end = _at_once(rng, settings, spells, spell[heads], known.start[heads], notice, end)
    kind = np.where(known.changed[heads], _CHANGE, np.where(known.turn[heads] == 0, _NEW, _RENEWAL))
    terms = Terms(
        party=spells.party[spell[heads]],
        signed=known.signed[heads],
        start=known.start[heads],
        end=end,
        cancelled=notice,
        goes_on=~annual[heads] & ((end == FAR) | (notice != NONE)),
        months=spells.period[spell[heads]],
        price=known.price[heads],
        kind=kind,
        recorded=_recorded(rng, clock, settings, known.signed[heads]),
    )
    term_of = np.full(len(periods), -1, dtype=np.int64)
    term_of[agreed] = np.repeat(np.arange(len(heads)), np.diff(np.append(heads, len(known))))
    return _with_tests(clock, parties, terms), term_of


def _at_once(
    rng: Rng, settings: Settings, spells: Spells, spell: Ints, start: Ints, notice: Ints, end: Ints
) -> Ints:  # fmt: skip
    """End some contracts of a single month within it: who joins and leaves between two month ends."""
    brief = (spells.period[spell] == 1) & (spells.length[spell] == 1) & (notice != NONE) & (end > start + 27)
    leaves = brief & chance(rng, settings.at_once, len(spell))
    return np.where(leaves, np.maximum(notice, start + 8), end)


def _refunded(parties: Parties, spells: Spells, spell: Ints) -> Flags:
    return np.asarray(parties.plan[spells.party[spell]] == Plan.REFUNDED, dtype=np.bool_)


def _notice(
    rng: Rng, clock: Clock, settings: Settings, parties: Parties, spells: Spells, known: Periods, tails: Ints,
    last: Flags,
) -> Ints:  # fmt: skip
    """Draw the day of notice in the last period; a notice after the data end is not known."""
    spell, start, end = known.spell[tails], known.start[tails], known.end[tails]
    refunded = _refunded(parties, spells, spell)
    earliest = np.where(spells.period[spell] == 12, start + 120, start + 3)
    day = days_between(rng, earliest, np.where(refunded, start + 12, end), len(tails))
    leaves = last & (chance(rng, settings.cancelled, len(tails)) | refunded)
    return np.where(leaves & (day <= clock.end), day, NONE)


def _last_day(clock: Clock, end: Ints, annual: Flags, replaced: Flags, last: Flags, notice: Ints) -> Ints:
    """Return the last day that the row shows: an open monthly contract has none until its end is known."""
    known = annual | replaced | (notice != NONE) | (last & (end <= clock.end))
    return np.where(known, end, FAR)


def _recorded(rng: Rng, clock: Clock, settings: Settings, signed: Ints) -> Ints:
    """Draw the day of record: mostly the day itself (missing), sometimes days later, rarely months later."""
    late = np.where(chance(rng, 0.2, len(signed)), signed + rng.integers(1, 6, len(signed)), NONE)
    late = np.where(late > clock.end, NONE, late)
    old = np.flatnonzero(signed < clock.end - 220)
    back = old[some(rng, len(old), settings.recorded_late)]
    late[back] = signed[back] + rng.integers(60, 200, len(back))
    return late


def _with_tests(clock: Clock, parties: Parties, terms: Terms) -> Terms:
    """Add the contracts of test accounts: one euro a month, without end."""
    party = parties.of(Kind.TEST)
    day = np.full(len(party), clock.start, dtype=np.int64)
    tests = Terms(
        party, day, day, day * 0 + FAR, day * 0 + NONE, day > 0, day * 0 + 1, day * 0 + 100, day * 0, day * 0 + NONE
    )
    return Terms(**{name: np.concatenate([values, getattr(tests, name)]) for name, values in vars(terms).items()})


def contract_rows(terms: Terms, ids: pa.Array, records: pa.Array, currency: pa.Array) -> pa.Table:
    """Return the rows of `contracts`."""
    return rows(
        CONTRACTS,
        len(terms),
        system="billing",
        id=ids,
        record=records,
        signed_on=dates(terms.signed),
        starts_on=dates(terms.start),
        ends_on=dates(terms.end),
        cancelled_on=dates(terms.cancelled),
        auto_renew=pa.array(terms.goes_on),
        amount=money(terms.price),
        currency=currency,
        term_months=terms.months.astype(np.int32),
        kind=pick(CONTRACT_KINDS, terms.kind),
        recorded_on=dates(terms.recorded),
    )


def term_ids(first: int, count: int) -> pa.Array:
    """Return ids of terms."""
    return numbered("T", first + np.arange(count))
