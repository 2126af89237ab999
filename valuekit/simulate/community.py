"""What customers give beyond money: ideas and referrals."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import dates, money, numbered, pick, rows
from valuekit.simulate.draws import Flags, Ints, Rng, chance, days_between
from valuekit.simulate.parties import Parties, trait
from valuekit.simulate.settings import Settings
from valuekit.simulate.spells import Form, Spells
from valuekit.tables import TRUTH
from valuekit.tables.canonical import IDEAS, REFERRALS

IDEA_KINDS = ("idea", "requirement")
IDEA_STATES = ("open", "accepted", "rejected", "met", "unmet")


@dataclass
class Ideas:
    """One entry per row of `ideas`."""

    party: Ints
    day: Ints
    kind: Ints
    state: Ints
    cents: Ints
    """Estimated value of an accepted idea; 0 without one."""


@dataclass
class Referrals:
    """One entry per row of `referrals`."""

    referrer: Ints
    referred: Ints
    day: Ints
    anyway: Flags
    """The referred would have joined anyway."""
    known: Flags
    """The company asked, and was told the truth."""


def make_ideas(rng: Rng, clock: Clock, settings: Settings, parties: Parties, spells: Spells) -> Ideas:
    """Draw ideas and requirements of customers while they pay."""
    first, last = spells.start(clock), np.minimum(spells.end(clock), clock.end)
    months = np.where(spells.form == Form.AGREED, np.maximum(last - first, 0) / 30.4, 0.0)
    rate = trait(settings, "ideas")[parties.archetype[spells.party]]
    spell = np.repeat(np.arange(len(spells)), rng.poisson(months * rate))
    count = len(spell)
    kind = chance(rng, 0.35, count).astype(np.int64)
    luck = rng.random(count)
    idea_state = np.where(luck < 0.3, 0, np.where(luck < 0.65, 1, 2))
    state = np.where(kind == 1, np.where(luck < 0.7, 3, 4), idea_state)
    worth = np.where(state == 1, np.rint(np.exp(rng.normal(7.2, 0.8, count))).astype(np.int64) * 100, 0)
    return Ideas(spells.party[spell], days_between(rng, first[spell], last[spell], count), kind, state, worth)


def make_referrals(rng: Rng, clock: Clock, settings: Settings, parties: Parties) -> Referrals:
    """Draw who was referred, and for each an earlier customer who referred; advocates do so more often."""
    buyers = np.arange(parties.buyers)
    order = buyers[np.argsort(parties.start[buyers], kind="stable")]
    weight = np.cumsum(trait(settings, "advocacy")[parties.archetype[order]])
    place = np.flatnonzero(chance(rng, settings.referred, len(order)) & (np.arange(len(order)) > 0))
    source = np.searchsorted(weight, rng.random(len(place)) * weight[place - 1], side="right")
    referrer, referred = order[np.minimum(source, place - 1)], order[place]
    day = np.minimum(parties.start[referred] - 1, clock.end)
    sound = (parties.start[referrer] < day) & (day >= clock.start)
    anyway = chance(rng, settings.joined_anyway, len(place))
    known = chance(rng, 0.25, len(place))
    return Referrals(referrer[sound], referred[sound], day[sound], anyway[sound], known[sound])


def idea_rows(ideas: Ideas, first: int, records: pa.Array, currency: str) -> pa.Table:
    """Return the rows of `ideas`; estimates are in the reporting currency."""
    no_value = ideas.cents == 0
    return rows(
        IDEAS,
        len(ideas.party),
        system="community",
        id=numbered("G", first + np.arange(len(ideas.party))),
        record=records,
        submitted_on=dates(ideas.day),
        kind=pick(IDEA_KINDS, ideas.kind),
        status=pick(IDEA_STATES, ideas.state),
        value_estimate=money(ideas.cents, no_value),
        currency=pick((currency,), np.where(no_value, -1, 0)),
    )


def referral_rows(
    referrals: Referrals, first: int, referrer: pa.Array, referred: pa.Array
) -> tuple[pa.Table, pa.Table]:
    """Return the rows of `referrals` and of `truth_referrals`."""
    ids = numbered("R", first + np.arange(len(referrals.day)))
    seen = rows(
        REFERRALS,
        len(ids),
        system="community",
        id=ids,
        referrer=referrer,
        referred=referred,
        referred_on=dates(referrals.day),
        would_have_joined_anyway=pa.array(referrals.anyway, mask=~referrals.known),
    )
    truth = rows(
        TRUTH["truth_referrals"],
        len(ids),
        system="community",
        id=ids,
        would_have_joined_anyway=pa.array(referrals.anyway),
    )
    return seen, truth
