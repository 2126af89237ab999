"""Who exists: the parties of a batch and how each behaves."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from valuekit.simulate.clock import Clock
from valuekit.simulate.draws import Flags, Floats, Ints, Rng, chance, choice, days_between, fraction_below, some
from valuekit.simulate.settings import Archetype, Settings

BATCH = 10_000
"""Buyers made at a time; part of what a seed means."""

_NUMBERS_OF_A_BATCH = 10 * BATCH


class Kind(IntEnum):
    """What a party is."""

    BUYER = 0
    PROSPECT = 1
    CONTACT = 2
    SERVED = 3
    SUPPLIER = 4
    INTERNAL = 5
    TEST = 6


class Plan(IntEnum):
    """How a buyer buys."""

    USUAL = 0
    SIGNED_UNPAID = 1
    WITHOUT_CONTRACT = 2
    REFUNDED = 3


@dataclass
class Parties:
    """A batch of parties, buyers first; one entry per party in every array."""

    number: Ints
    """Number of the party in the company; its id is made from it."""
    kind: Ints
    archetype: Ints
    plan: Ints
    buyers: int
    engaged: Flags
    sales_led: Flags
    annual: Flags
    person: Flags
    sells_too: Flags
    """Also a supplier."""
    trial: Flags
    currency: Ints
    price: Floats
    """List price a month, in units of the currency."""
    renewal: Floats
    """Probability of renewing, each time."""
    use: Floats
    """Probability of using the product in a month."""
    start_month: Ints
    start_day: Ints
    """Day of the month (0 is the first) on which the first contract starts."""
    start: Ints
    touched: Ints
    """Day from which the company knows the party."""
    host: Ints
    """For served parties the buyer that serves them; for subsidiaries the parent; otherwise -1, as for parties that the
    company serves itself."""

    def __len__(self) -> int:
        return len(self.number)

    def of(self, *kinds: Kind) -> Ints:
        """Return the parties of the kinds."""
        return np.flatnonzero(np.isin(self.kind, kinds))


def trait(settings: Settings, name: str) -> Floats:
    """Return one rate of every archetype, to be taken by archetype.

    >>> trait(Settings(), "share").sum().round(6).item()
    1.0
    """
    return np.array([getattr(a, name) for a in settings.archetypes], dtype=np.float64)


def make_parties(rng: Rng, clock: Clock, settings: Settings, batch: int, buyers: int) -> Parties:
    """Draw the parties of a batch."""
    kind = _kinds(settings, buyers)
    count, buyer = len(kind), kind == Kind.BUYER
    archetype = choice(rng, trait(settings, "share"), count)
    annual = chance(rng, trait(settings, "annual")[archetype], count)
    renewal = _renewal(rng, settings, annual)
    plan = _plans(rng, settings, buyers, count)
    month, day = _starts(rng, clock, settings, count)
    start = np.where(buyer, clock.first(month) + day, clock.end)
    sales_led = buyer & chance(rng, trait(settings, "sales_led")[archetype], count)
    person = _persons(rng, settings, kind, archetype)
    price = trait(settings, "price")[archetype] * np.exp(trait(settings, "spread")[archetype] * rng.normal(size=count))
    return Parties(
        number=batch * _NUMBERS_OF_A_BATCH + np.arange(count),
        kind=kind,
        archetype=archetype,
        plan=plan,
        buyers=buyers,
        engaged=np.where(buyer, chance(rng, settings.engaged, count), kind == Kind.PROSPECT),
        sales_led=sales_led & (plan != Plan.WITHOUT_CONTRACT),
        annual=annual & (plan != Plan.WITHOUT_CONTRACT) & (plan != Plan.REFUNDED),
        person=person,
        sells_too=_among(rng, buyer & (plan == Plan.USUAL), settings.supplier_buyers),
        trial=_trials(rng, settings, kind),
        currency=choice(rng, [share for _, share in settings.currencies], count),
        price=price,
        renewal=renewal,
        use=_use(rng, settings, trait(settings, "use")[archetype], renewal, annual),
        start_month=month,
        start_day=day,
        start=start,
        touched=_touched(rng, clock, kind, start, sales_led),
        host=_hosts(rng, settings, kind, buyers, person),
    )


def archetype_name(settings: Settings) -> tuple[str, ...]:
    """Return the archetypes' names, to be picked by archetype."""
    return tuple(map(_name, settings.archetypes))


def _name(archetype: Archetype) -> str:
    return archetype.name


def _kinds(settings: Settings, buyers: int) -> Ints:
    shares = {
        Kind.PROSPECT: settings.prospects,
        Kind.CONTACT: settings.contacts,
        Kind.SERVED: settings.served,
        Kind.SUPPLIER: settings.suppliers,
        Kind.INTERNAL: settings.internal,
        Kind.TEST: settings.tests,
    }
    counts = [buyers, *(max(1, round(share * buyers)) for share in shares.values())]
    return np.repeat(np.array([Kind.BUYER, *shares], dtype=np.int64), counts)


def _plans(rng: Rng, settings: Settings, buyers: int, count: int) -> Ints:
    plan = np.full(count, Plan.USUAL, dtype=np.int64)
    plan[:buyers][some(rng, buyers, settings.fully_refunded)] = Plan.REFUNDED
    plan[:buyers][some(rng, buyers, settings.without_contract)] = Plan.WITHOUT_CONTRACT
    plan[:buyers][some(rng, buyers, settings.signed_unpaid)] = Plan.SIGNED_UNPAID
    return plan


def _starts(rng: Rng, clock: Clock, settings: Settings, count: int) -> tuple[Ints, Ints]:
    """Draw the first contract's month and day; a few start in the month after the data end."""
    weights = 1 + settings.growth * np.arange(clock.months + 1)
    weights[-1] *= 0.2
    return choice(rng, weights, count), rng.integers(0, 28, count)


def _renewal(rng: Rng, settings: Settings, annual: Flags) -> Floats:
    yearly, monthly = (rng.beta(*shape, len(annual)) for shape in (settings.annual_renewal, settings.monthly_renewal))
    return np.clip(np.where(annual, yearly, monthly), 0.001, 0.9995)


def _use(rng: Rng, settings: Settings, mean: Floats, renewal: Floats, annual: Flags) -> Floats:
    """Draw the probability of use: who renews often uses often; a few never begin."""
    place = np.empty(len(mean))
    for group in (annual, ~annual):
        place[group] = fraction_below(renewal[group])
    use = np.clip(mean + 0.35 * (place - 0.5) * (mean > 0.5) + rng.normal(0, 0.06, len(mean)), 0.01, 0.995)
    return np.where(chance(rng, settings.never_onboarded, len(mean)), 0.0, use)


def _persons(rng: Rng, settings: Settings, kind: Ints, archetype: Ints) -> Flags:
    small = np.isin(kind, [Kind.BUYER, Kind.PROSPECT]) & (archetype == 0)
    share = settings.persons / max(settings.archetypes[0].share, settings.persons)
    return np.asarray((small & chance(rng, share, len(kind))) | (kind == Kind.SERVED), dtype=np.bool_)


def _trials(rng: Rng, settings: Settings, kind: Ints) -> Flags:
    share = np.where(kind == Kind.BUYER, settings.trial_first, settings.prospects_on_trial)
    return np.isin(kind, [Kind.BUYER, Kind.PROSPECT]) & chance(rng, share, len(kind))


def _touched(rng: Rng, clock: Clock, kind: Ints, start: Ints, sales_led: Flags) -> Ints:
    """Draw the first day that the company knows of the party: some time before a buyer's start."""
    count = len(kind)
    lead = np.where(sales_led, rng.integers(30, 150, count), rng.integers(16, 45, count))
    anywhere = clock.end - ((clock.end - clock.start) * rng.random(count) ** 1.3).astype(np.int64)
    known = np.where(kind == Kind.BUYER, np.minimum(start - lead, clock.end - 1), anywhere)
    known = np.where(np.isin(kind, [Kind.INTERNAL, Kind.TEST]), clock.start, known)
    return np.maximum(known, clock.start)


def _among(rng: Rng, allowed: Flags, share: float) -> Flags:
    marked = np.zeros(len(allowed), dtype=np.bool_)
    marked[np.flatnonzero(allowed)] = some(rng, int(allowed.sum()), share)
    return marked


def _hosts(rng: Rng, settings: Settings, kind: Ints, buyers: int, person: Flags) -> Ints:
    """Draw who serves the served, and the parents of subsidiaries: earlier organisations, so that none is its own."""
    host = np.full(len(kind), -1, dtype=np.int64)
    served = np.flatnonzero(kind == Kind.SERVED)
    by_company = chance(rng, settings.served_by_company, len(served))
    host[served] = np.where(by_company, -1, rng.integers(0, buyers, len(served)))
    child = np.flatnonzero(some(rng, buyers, settings.subsidiaries))
    child = child[child > 0]
    parent = days_between(rng, 0, child - 1, len(child))
    host[child] = np.where(person[child] | person[parent], -1, parent)
    return host
