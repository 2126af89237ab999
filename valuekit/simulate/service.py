"""Help: tickets by channel, and reviews of large accounts by the support and the sales team."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import FAR, dates, minutes, numbered, pick, rows
from valuekit.simulate.draws import Flags, Ints, Rng, chance, days_between
from valuekit.simulate.parties import Parties, trait
from valuekit.simulate.settings import Settings
from valuekit.simulate.spells import Spells
from valuekit.simulate.usage import months_of
from valuekit.tables.canonical import TICKETS

CHANNELS = ("agent", "community", "self_service")
_AGENT = CHANNELS.index("agent")


@dataclass
class Tickets:
    """One entry per row of `tickets`."""

    party: Ints
    day: Ints
    closed: Ints
    """Day of the solution, `FAR` while open."""
    channel: Ints
    minutes: Ints
    """Work of the support team; 0 on the other channels."""
    unrecorded: Flags
    """Nobody wrote the minutes down."""

    def __len__(self) -> int:
        return len(self.party)


def make_tickets(rng: Rng, clock: Clock, settings: Settings, parties: Parties, spells: Spells) -> Tickets:
    """Draw the needs of customers for help while they pay."""
    first, last = spells.start(clock), np.minimum(spells.end(clock), clock.end)
    span, month = months_of(clock, first, last)
    rate = trait(settings, "tickets")[parties.archetype[spells.party]]
    again = np.repeat(np.arange(len(span)), rng.poisson(rate[span]))
    spell, month = span[again], month[again]
    day = days_between(rng, clock.first(month), clock.first(month + 1) - 1, len(spell))
    inside = (day >= first[spell]) & (day <= last[spell])
    party, day = spells.party[spell][inside], day[inside]
    channel = _channel(rng, settings, parties, party)
    work = np.where(channel == _AGENT, ticket_minutes(rng, settings, parties, party), 0)
    closed = day + rng.geometric(0.35, len(day)) - 1
    unrecorded = chance(rng, settings.missing_minutes, len(day)) & (channel == _AGENT)
    return Tickets(party, day, np.where(closed > clock.end, FAR, closed), channel, work, unrecorded)


def _channel(rng: Rng, settings: Settings, parties: Parties, party: Ints) -> Ints:
    agent = trait(settings, "agent")[parties.archetype[party]]
    community = trait(settings, "community")[parties.archetype[party]]
    luck = rng.random(len(party))
    return np.where(luck < agent, 0, np.where(luck < agent + community, 1, 2))


def ticket_minutes(rng: Rng, settings: Settings, parties: Parties, party: Ints) -> Ints:
    """Draw an agent's minutes for tickets of these parties."""
    mean = trait(settings, "minutes")[parties.archetype[party]]
    return np.maximum(3, np.rint(mean * rng.gamma(3.0, 1 / 3, len(party)))).astype(np.int64)


def ticket_rows(tickets: Tickets, first: int, records: pa.Array) -> pa.Table:
    """Return the rows of `tickets`."""
    return rows(
        TICKETS,
        len(tickets),
        system="support",
        id=numbered("K", first + np.arange(len(tickets))),
        record=records,
        opened_on=dates(tickets.day),
        closed_on=dates(tickets.closed),
        channel=pick(CHANNELS, tickets.channel),
        minutes=minutes(tickets.minutes, (tickets.channel != _AGENT) | tickets.unrecorded),
    )
