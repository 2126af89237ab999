"""Marketing and sales: contacts, deals and the work behind them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import FAR, NONE, dates, minutes, money, numbered, pick, rows
from valuekit.simulate.contracts import Terms
from valuekit.simulate.draws import Flags, Floats, Ints, Rng, chance, choice, days_between, repeated
from valuekit.simulate.parties import Kind, Parties, Plan, trait
from valuekit.simulate.settings import Settings
from valuekit.simulate.spells import Form, Spells
from valuekit.simulate.usage import Trials
from valuekit.tables.canonical import ACTIVITIES, ENGAGEMENTS, OPPORTUNITIES

ENGAGEMENT_KINDS = ("campaign", "download", "trial_start", "trial_end", "event")
_SENT = ("Spring release", "Benchmark report", "Partner webinar", "Autumn fair", "Search", "Newsletter")
CAMPAIGNS = (*_SENT, "Library", "Free trial", "Road show")
DEAL_STATES = ("open", "won", "lost")
OWNERS = ("M. Berg", "J. Costa", "S. Iyer", "P. Novak", "L. Okafor", "R. Silva", "T. Weiss", "A. Young")
WORK = (
    ("sales", "discovery call"), ("sales", "demonstration"), ("sales", "proposal"), ("sales", "account review"),
    ("marketing", "event follow-up"), ("support", "success review"),
)  # fmt: skip
_CAMPAIGN, _DOWNLOAD, TRIAL_START, _END, _EVENT = range(5)
ACCOUNT_REVIEW, FOLLOW_UP, SUCCESS_REVIEW = 3, 4, 5
_OPEN, _WON, _LOST = range(3)


@dataclass
class Engagements:
    """One entry per row of `engagements`."""

    party: Ints
    day: Ints
    kind: Ints


@dataclass
class Deals:
    """One entry per row of `opportunities`."""

    party: Ints
    opened: Ints
    closed: Ints
    """`FAR` while open."""
    state: Ints
    cents: Ints

    def __len__(self) -> int:
        return len(self.party)


@dataclass
class Work:
    """One entry per row of `activities`."""

    party: Ints
    day: Ints
    what: Ints
    """Index of `WORK`."""
    minutes: Ints
    travel: Ints
    """Cents spent on the way to this party; 0 without a journey."""

    def __len__(self) -> int:
        return len(self.party)


def make_engagements(rng: Rng, clock: Clock, parties: Parties, spells: Spells, trials: Trials) -> Engagements:
    """Draw marketing contacts: before the start, now and then after it, and the trials."""
    party = np.flatnonzero(parties.engaged)
    early = np.repeat(party, 1 + rng.poisson(np.where(parties.kind[party] == Kind.BUYER, 3.0, 1.6)))
    until = np.where(parties.kind == Kind.BUYER, np.minimum(parties.start - 1, clock.end), parties.touched + 180)
    day = days_between(rng, parties.touched[early], np.minimum(until[early], clock.end), len(early))
    kind = np.array([_CAMPAIGN, _DOWNLOAD, _EVENT])[choice(rng, [0.55, 0.33, 0.12], len(early))]
    later, later_day = _while_customer(rng, clock, parties, spells)
    tried = trials.end != NONE
    return Engagements(
        np.concatenate([early, later, trials.party, trials.party[tried]]),
        np.concatenate([day, later_day, trials.start, trials.end[tried]]),
        np.concatenate(
            [kind, np.full(len(later), _CAMPAIGN), np.full(len(tried), TRIAL_START), np.full(tried.sum(), _END)]
        ),
    )


ENGAGEMENTS_A_MONTH = 0.10
"""Campaigns that reach an engaged customer in a month."""


def _while_customer(rng: Rng, clock: Clock, parties: Parties, spells: Spells) -> tuple[Ints, Ints]:
    first, last = spells.start(clock), np.minimum(spells.end(clock), clock.end)
    months = np.where(parties.engaged[spells.party], np.maximum(last - first, 0) / 30.4, 0.0)
    spell = np.repeat(np.arange(len(spells)), rng.poisson(months * ENGAGEMENTS_A_MONTH))
    return spells.party[spell], days_between(rng, first[spell], last[spell], len(spell))


def make_deals(rng: Rng, clock: Clock, parties: Parties, terms: Terms) -> Deals:
    """Draw deals: won ones for what salespeople sold, lost and open ones for prospects."""
    sold = np.flatnonzero((terms.kind == 0) & parties.sales_led[terms.party])
    grown = np.flatnonzero((terms.kind == 2) & sold_by_hand(parties)[terms.party])
    won = np.concatenate([sold, grown])
    party, closed = terms.party[won], terms.signed[won]
    opened = np.maximum(closed - rng.integers(14, 110, len(won)), clock.start)
    opened = np.minimum(np.maximum(opened, parties.touched[party]), closed)
    cents = terms.price[won] * np.where(terms.months[won] == 12, 1, 12)
    tried, opened_too, closed_too, state = _not_won(rng, clock, parties)
    worth = np.rint(parties.price[tried] * 11).astype(np.int64) * 100
    return Deals(
        np.concatenate([party, tried]),
        np.concatenate([opened, opened_too]),
        np.concatenate([closed, closed_too]),
        np.concatenate([np.full(len(won), _WON), state]),
        np.concatenate([cents, worth]),
    )


def sold_by_hand(parties: Parties) -> Flags:
    """Say of which parties a changed price is a deal."""
    return np.asarray((parties.price > 250) & parties.sales_led, dtype=np.bool_)


def _not_won(rng: Rng, clock: Clock, parties: Parties) -> tuple[Ints, Ints, Ints, Ints]:
    everyone = parties.of(Kind.PROSPECT, Kind.BUYER)
    odds = np.where(parties.kind[everyone] == Kind.PROSPECT, 0.45, 0.08)
    party = everyone[chance(rng, odds, len(everyone))]
    opened = days_between(rng, parties.touched[party], np.minimum(parties.touched[party] + 60, clock.end), len(party))
    closed = opened + rng.integers(20, 160, len(party))
    still_open = closed > clock.end
    state = np.where(still_open, _OPEN, _LOST)
    return party, opened, np.where(still_open, FAR, closed), state


def make_work(rng: Rng, clock: Clock, settings: Settings, parties: Parties, deals: Deals, spells: Spells) -> Work:
    """Draw the work of salespeople on deals, of marketing on events, and of both teams on large accounts."""
    parts = [
        _on_deals(rng, clock, parties, deals),
        _follow_ups(rng, clock, parties, spells),
        _reviews(rng, clock, settings, parties, spells, ACCOUNT_REVIEW),
        _reviews(rng, clock, settings, parties, spells, SUCCESS_REVIEW),
    ]
    return Work(*(np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])))


def _on_deals(rng: Rng, clock: Clock, parties: Parties, deals: Deals) -> Work:
    deal, turn = repeated(1 + rng.poisson(np.where(deals.state == _WON, MEETINGS_TO_WIN, 1.0)))
    party = deals.party[deal]
    day = days_between(rng, deals.opened[deal], np.minimum(deals.closed[deal], clock.end), len(deal))
    work, travel = meetings(rng, parties.price[party])
    return Work(party, day, np.minimum(turn, 2), work, travel)


MEETINGS_TO_WIN = 2.2
"""Meetings beyond the first that a deal takes which is won."""


def meetings(rng: Rng, price: Floats) -> tuple[Ints, Ints]:
    """Draw the minutes of meetings on deals of some monthly price, and the cents of journeys: larger ones take more."""
    size = np.clip(price / 220, 0.3, 8.0) ** 0.75
    work = np.maximum(10, np.rint(135 * size * rng.gamma(4.0, 0.25, len(price)))).astype(np.int64)
    travels = chance(rng, np.clip(size / 25, 0, 0.3), len(price))
    return work, np.where(travels, rng.integers(60, 480, len(price)) * 100, 0)


FOLLOW_UPS_A_MONTH = 0.024
"""Follow-ups of an engaged party in a month: before it buys, and while it is a customer."""


def _follow_ups(rng: Rng, clock: Clock, parties: Parties, spells: Spells) -> Work:
    engaged, paying = np.flatnonzero(parties.engaged), np.flatnonzero(parties.engaged[spells.party])
    party = np.concatenate([engaged, spells.party[paying]])
    first = np.concatenate([parties.touched[engaged], spells.start(clock)[paying]])
    last = np.concatenate([parties.start[engaged] - 1, spells.end(clock)[paying]])
    last = np.minimum(last, clock.end)
    months = np.maximum(last - first, 0) / 30.4
    chosen = np.repeat(np.arange(len(party)), rng.poisson(months * FOLLOW_UPS_A_MONTH))
    day = days_between(rng, first[chosen], last[chosen], len(chosen))
    none = np.zeros(len(chosen), dtype=np.int64)
    return Work(party[chosen], day, none + FOLLOW_UP, follow_up_minutes(rng, len(chosen)), none)


def follow_up_minutes(rng: Rng, count: int) -> Ints:
    """Draw the minutes of marketing's follow-ups."""
    return rng.integers(20, 120, count)


def _reviews(rng: Rng, clock: Clock, settings: Settings, parties: Parties, spells: Spells, what: int) -> Work:
    """Draw one review a quarter of accounts that have any."""
    mean = trait(settings, "reviews")[parties.archetype[spells.party]]
    paying = (mean > 0) & (spells.form == Form.AGREED) & (parties.plan[spells.party] == Plan.USUAL)
    first, last = spells.start(clock), np.minimum(spells.end(clock), clock.end)
    spell, turn = repeated(np.where(paying, np.maximum(last - first, 0) // 91, 0))
    day = first[spell] + 91 * turn + rng.integers(0, 91, len(spell))
    work = np.maximum(10, np.rint(mean[spell] * rng.gamma(4.0, 0.25, len(spell)))).astype(np.int64)
    none = np.zeros(len(spell), dtype=np.int64)
    return Work(spells.party[spell], day, none + what, work, none)


def campaigns(rng: Rng, settings: Settings, engagements: Engagements) -> Ints:
    """Draw the campaign of each contact, an index of `CAMPAIGNS`; -1 without one."""
    kind = engagements.kind
    drawn = np.where(kind == _CAMPAIGN, rng.integers(0, len(_SENT), len(kind)), -1)
    if settings.campaigns_named:
        for number, of_kind in enumerate((_DOWNLOAD, TRIAL_START, _EVENT), start=len(_SENT)):
            drawn = np.where(kind == of_kind, number, drawn)
    return drawn


def engagement_rows(engagements: Engagements, first: int, records: pa.Array, campaign: Ints) -> pa.Table:
    """Return the rows of `engagements`."""
    count = len(engagements.party)
    return rows(
        ENGAGEMENTS,
        count,
        system="marketing",
        id=numbered("E", first + np.arange(count)),
        record=records,
        engaged_on=dates(engagements.day),
        kind=pick(ENGAGEMENT_KINDS, engagements.kind),
        campaign=pick(CAMPAIGNS, campaign),
    )


def deal_rows(deals: Deals, first: int, records: pa.Array, currency: pa.Array, recorded: Ints) -> pa.Table:
    """Return the rows of `opportunities`."""
    return rows(
        OPPORTUNITIES,
        len(deals),
        system="crm",
        id=numbered("D", first + np.arange(len(deals))),
        record=records,
        opened_on=dates(deals.opened),
        closed_on=dates(deals.closed),
        status=pick(DEAL_STATES, deals.state),
        amount=money(deals.cents),
        currency=currency,
        owner=pick(OWNERS, deals.party % len(OWNERS)),
        recorded_on=dates(recorded),
    )


def work_rows(work: Work, mine: Ints, first: int, system: str, records: pa.Array, currency: str) -> pa.Table:
    """Return the rows of `activities` for some of the work; a journey's cost is in the reporting currency."""
    what, travel = work.what[mine], work.travel[mine]
    return rows(
        ACTIVITIES,
        len(mine),
        system=system,
        id=numbered("W", first + mine),
        record=records,
        done_on=dates(work.day[mine]),
        function=pick([function for function, _ in WORK], what),
        activity=pick([activity for _, activity in WORK], what),
        minutes=minutes(work.minutes[mine]),
        direct_cost=money(travel, travel == 0),
        currency=pick((currency,), np.where(travel == 0, -1, 0)),
    )
