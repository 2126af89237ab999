"""Spells of buying and their periods: from these come contracts, invoices, use and the true future.

A spell is an unbroken run of periods (a year or a month each) that a buyer keeps. Its whole length is drawn at once,
far beyond the data end: what the data show and what the future holds are one and the same draw.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from valuekit.simulate.clock import Clock
from valuekit.simulate.draws import Flags, Floats, Ints, Rng, chance, days_between, repeated
from valuekit.simulate.parties import Kind, Parties, Plan
from valuekit.simulate.settings import Settings

FUTURE_MONTHS = 120
_MONTHS_BEFORE_A_SECOND = 2
_LATEST_SIGNATURE = 45
"""Days after the start within which a contract that began unsigned is signed."""


class Form(IntEnum):
    """On what footing the buyer pays."""

    AGREED = 0
    """By contract."""
    INFORMAL = 1
    """By card, with no contract on record."""
    AFTER_LAPSE = 2
    """By standing order, after a contract that was not renewed."""


@dataclass
class Spells:
    """Runs of periods; one entry per spell, in order of party and start."""

    party: Ints
    form: Ints
    month: Ints
    """Month of the first period, in the window's count."""
    day: Ints
    """Day of the month on which periods start; 0 is the first."""
    period: Ints
    """Months in a period: 12 or 1."""
    length: Ints
    """Periods until the buyer stops."""
    price: Ints
    """Cents for the first period."""
    beside: Flags
    """A second subscription: money alone. Use, help and sales work go by the first."""

    def __len__(self) -> int:
        return len(self.party)

    @property
    def main(self) -> "Spells":
        """The spells without second subscriptions: a party is in one of them at a time."""
        return Spells(**{name: values[~self.beside] for name, values in vars(self).items()})

    @property
    def after(self) -> Ints:
        """Month in which the period after the last one would start."""
        return self.month + self.period * self.length

    def start(self, clock: Clock) -> Ints:
        """First day of the first period."""
        return clock.first(self.month) + self.day

    def end(self, clock: Clock) -> Ints:
        """Last day of the last period."""
        return clock.first(self.after) + self.day - 1


@dataclass
class Periods:
    """Periods of the spells that are known by the data end; one entry per period, in order of spell and time."""

    spell: Ints
    turn: Ints
    """0 for the first period of the spell."""
    signed: Ints
    start: Ints
    end: Ints
    price: Ints
    """Cents for the period."""
    changed: Flags
    """The price differs from that of the period before."""

    def __len__(self) -> int:
        return len(self.spell)

    def take(self, rows: Flags | Ints) -> "Periods":
        """Return some of the periods."""
        return Periods(**{name: values[rows] for name, values in vars(self).items()})


def make_spells(rng: Rng, clock: Clock, settings: Settings, parties: Parties) -> Spells:
    """Draw the spells of all buyers."""
    first = _first(rng, clock, parties)
    ends = (parties.plan[first.party] == Plan.USUAL) & (first.after < clock.months + FUTURE_MONTHS)
    comes_back = ends & chance(rng, settings.reactivated, len(first))
    lapses = ends & ~comes_back & (first.period == 12) & chance(rng, settings.pays_after_lapse, len(first))
    takes_two = (parties.plan[first.party] == Plan.USUAL) & (first.after - first.month > _MONTHS_BEFORE_A_SECOND)
    takes_two &= chance(rng, settings.second_subscriptions, len(first))
    parts = [
        first, _again(rng, first, comes_back, parties), _after_lapse(rng, first, lapses),
        _beside(rng, first, takes_two, parties),
    ]  # fmt: skip
    joined = {name: np.concatenate([getattr(s, name) for s in parts]) for name in vars(first)}
    order = np.lexsort((joined["beside"], joined["month"], joined["party"]))
    return Spells(**{name: values[order] for name, values in joined.items()})


def _first(rng: Rng, clock: Clock, parties: Parties) -> Spells:
    party = parties.of(Kind.BUYER)
    plan, period = parties.plan[party], np.where(parties.annual[party], 12, 1)
    length = _geometric(rng, parties.renewal[party], clock.months + FUTURE_MONTHS)
    length = np.where(plan == Plan.SIGNED_UNPAID, np.where(period == 12, 1, np.minimum(length, 3)), length)
    length = np.where(plan == Plan.REFUNDED, 1, length)
    form = np.where(plan == Plan.WITHOUT_CONTRACT, Form.INFORMAL, Form.AGREED).astype(np.int64)
    price = _price(parties.price[party], period)
    return Spells(
        party, form, parties.start_month[party], parties.start_day[party], period, length, price, _no(party)
    )  # fmt: skip


def _again(rng: Rng, first: Spells, rows: Flags, parties: Parties) -> Spells:
    """Return the second contracts of buyers who come back months later, at a slightly lower price."""
    party, count = first.party[rows], int(rows.sum())
    length = _geometric(rng, parties.renewal[party], FUTURE_MONTHS)
    month = first.after[rows] + rng.integers(2, 10, count)
    price = _price(parties.price[party] * 0.95, first.period[rows])
    return Spells(party, first.form[rows], month, first.day[rows], first.period[rows], length, price, _no(party))


def _after_lapse(rng: Rng, first: Spells, rows: Flags) -> Spells:
    count = int(rows.sum())
    ones = np.ones(count, dtype=np.int64)
    length = rng.geometric(0.16, count)
    price = first.price[rows] // 1200 * 100
    return Spells(
        first.party[rows], ones * Form.AFTER_LAPSE, first.after[rows], first.day[rows], ones, length, price, _no(ones)
    )  # fmt: skip


def _beside(rng: Rng, first: Spells, rows: Flags, parties: Parties) -> Spells:
    """Return second subscriptions: monthly, from some month of the first on, at less than half its price."""
    party, count = first.party[rows], int(rows.sum())
    ones, most = np.ones(count, dtype=np.int64), np.minimum(first.after - first.month, 24)[rows]
    length = _geometric(rng, np.minimum(parties.renewal[party], 0.95), FUTURE_MONTHS)
    month = first.month[rows] + days_between(rng, _MONTHS_BEFORE_A_SECOND, most - 1, count)
    price = _price(parties.price[party] * rng.uniform(0.15, 0.45, count), ones)
    return Spells(party, ones * Form.AGREED, month, rng.integers(0, 28, count), ones, length, price, ~_no(party))


def _no(party: Ints) -> Flags:
    return np.zeros(len(party), dtype=np.bool_)


def _geometric(rng: Rng, keep: Floats, most: int) -> Ints:
    """Draw how many periods until somebody who keeps each with probability `keep` stops."""
    stops = 1 + np.floor(np.log1p(-rng.random(len(keep))) / np.log(keep))
    return np.asarray(np.minimum(stops, most), dtype=np.int64)


def _price(monthly: Floats, period: Ints) -> Ints:
    """Return whole units as cents; twelve months cost as much as eleven."""
    return np.asarray(np.maximum(1, np.rint(monthly * np.where(period == 12, 11, 1))) * 100, dtype=np.int64)


def make_periods(rng: Rng, clock: Clock, settings: Settings, spells: Spells, sales_led: Flags) -> Periods:
    """Draw prices and days of signature of every period that is signed by the data end."""
    known = np.clip((clock.months - spells.month) // spells.period + 1, 0, spells.length)
    spell, turn = repeated(known)
    period, month = spells.period[spell], spells.month[spell] + turn * spells.period[spell]
    start = clock.first(month) + spells.day[spell]
    changed = price_changes(rng, settings, spells, spell, turn)
    price = _prices(rng, settings, spells, spell, turn, changed)
    lead = _signed_before(rng, turn, period, changed, sales_led[spells.party[spell]])
    late = (turn == 0) & (start < clock.end - _LATEST_SIGNATURE) & (spells.form[spell] == Form.AGREED)
    late &= chance(rng, settings.signed_late, len(spell))
    lead = np.where(late, -rng.integers(8, _LATEST_SIGNATURE, len(spell)), lead)
    early = (turn == 0) & (start > clock.end)  # begins after the data end: signed in its last weeks
    signed = np.where(early, clock.end - rng.integers(0, 20, len(spell)), np.maximum(start - lead, clock.start))
    ends = clock.first(month + period) + spells.day[spell] - 1
    return Periods(spell, turn, signed, start, ends, price, changed).take(signed <= clock.end)


def price_changes(rng: Rng, settings: Settings, spells: Spells, spell: Ints, turn: Ints) -> Flags:
    """Draw which periods begin at another price than the one before."""
    odds = np.where(spells.period[spell] == 12, settings.annual_change, settings.monthly_change)
    return np.asarray((turn > 0) & (spells.form[spell] == Form.AGREED) & chance(rng, odds, len(spell)), dtype=np.bool_)


def _prices(rng: Rng, settings: Settings, spells: Spells, spell: Ints, turn: Ints, changed: Flags) -> Ints:
    change = price_steps(rng, settings, changed)
    steps = np.cumsum(change)
    base = steps - change
    first = np.flatnonzero(turn == 0)
    before = np.repeat(base[first], np.diff(np.append(first, len(spell))))
    units = np.maximum(1, np.rint(spells.price[spell] / 100 * np.exp(steps - before)))
    return np.asarray(units * 100, dtype=np.int64)


def price_steps(rng: Rng, settings: Settings, changed: Flags) -> Floats:
    """Draw the change of the logarithm of the price, 0 where it stays."""
    up = chance(rng, settings.upgrades, len(changed))
    size = np.where(up, rng.uniform(0.10, 0.45, len(changed)), -rng.uniform(0.10, 0.30, len(changed)))
    return np.where(changed, np.log1p(size), 0.0)


def _signed_before(rng: Rng, turn: Ints, period: Ints, changed: Flags, sales_led: Flags) -> Ints:
    """Draw the days between signature and start: none for self-service and for months that just go on."""
    count = len(turn)
    by_hand = (turn == 0) & sales_led | (turn > 0) & (period == 12) | changed
    return np.where(by_hand, rng.integers(0, 21, count), 0)


def months_within(spells: Spells, first: int, last: int) -> Ints:
    """Count the months of each spell within months [first, last)."""
    return np.asarray(
        np.clip(np.minimum(spells.after, last) - np.maximum(spells.month, first), 0, None), dtype=np.int64
    )
