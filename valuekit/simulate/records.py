"""Records: how each system writes the parties down, and the links between records that somebody noted."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import FAR, dates, numbered, pick, rows, without
from valuekit.simulate.draws import Flags, Ints, Rng, chance, choice, some
from valuekit.simulate.names import Names, scrambled
from valuekit.simulate.parties import Kind, Parties, Plan
from valuekit.simulate.people import People, person_ids, person_rows
from valuekit.simulate.settings import Settings
from valuekit.tables import TRUTH
from valuekit.tables.canonical import LINKS, RECORDS

SYSTEMS = ("billing", "crm", "product", "marketing", "support", "community", "ledger")
"""Systems in the order of trust: a party's first record is that of the first system that knows it."""

PREFIXES = ("B", "C", "A", "L", "S", "M", "V")
ROLES = ("buyer", "served", "supplier", "internal", "test", "partner")
PARTY_KINDS = ("person", "organisation")
PLANTED = (
    "duplicate_typo", "duplicate_exact", "second_billing_id", "other_contact", "unmatched", "linked",
    "served", "supplier", "internal", "test", "buyer_and_supplier", "person",
)  # fmt: skip
_BILLING, _CRM, _PRODUCT, _MARKETING, _SUPPORT, _COMMUNITY, _LEDGER = range(len(SYSTEMS))
_TYPO, _EXACT, _SECOND, _CONTACT, _UNMATCHED, _LINKED = range(6)
_MISSPELT = 4


def party_ids(parties: Parties) -> pa.Array:
    """Return the ids of the real parties, as the truth tables write them."""
    return numbered("P", scrambled(parties.number, 1))


class Directory:
    """Which systems know which party, under which record id, and since when."""

    def __init__(self, rng: Rng, settings: Settings, parties: Parties, seen: dict[str, Ints]) -> None:
        """`seen` gives, for each system, the first day on which it knows each party; `FAR` means never."""
        self._rng, self.seen, self._count = rng, seen, len(parties)
        self._doubles = {name: np.zeros(len(parties), dtype=np.bool_) for name in SYSTEMS}
        self._double("crm", rng, settings.duplicates_typo)
        self._double("marketing", rng, settings.duplicates_exact)
        paying = parties.plan == Plan.USUAL
        self._double("billing", rng, settings.two_billing_ids, (parties.kind == Kind.BUYER) & paying)
        self._ids = {
            name: pa.concat_arrays(
                [
                    numbered(p, scrambled(parties.number, 20 + i + 50 * twice) + twice * 1_000_000_000)
                    for twice in (0, 1)
                ]
            )
            for i, (name, p) in enumerate(zip(SYSTEMS, PREFIXES, strict=True))
        }

    def _double(self, system: str, rng: Rng, share: float, allowed: Flags | None = None) -> None:
        known = self.seen[system] < FAR
        candidates = np.flatnonzero(known if allowed is None else known & allowed)
        self._doubles[system][candidates[some(rng, len(candidates), share)]] = True

    def doubled(self, system: str) -> Ints:
        """Return the parties with two records in the system."""
        return np.flatnonzero(self._doubles[system])

    def coin(self, system: str, party: Ints) -> Flags:
        """Decide for each event whether it is written on the party's second record."""
        return self._doubles[system][party] & chance(self._rng, 0.4, len(party))

    def ids(self, system: str, party: Ints, second: Flags | None = None) -> pa.Array:
        """Return record ids; the second record where `second`."""
        places = party if second is None else party + self._count * second
        return self._ids[system].take(pa.array(places))

    def place(self, system: str, party: Ints, missing: float, second: Flags | None = None) -> "Placed":
        """Decide which record each event is written on; a share of the events is written on none."""
        second = self.coin(system, party) if second is None else second
        return Placed(system, second, chance(self._rng, missing, len(party)))

    def on_first(self, system: str, party: Ints) -> "Placed":
        """Write every event on the party's first record."""
        return Placed(system, np.zeros(len(party), dtype=np.bool_), np.zeros(len(party), dtype=np.bool_))

    def written(self, party: Ints, placed: "Placed") -> pa.Array:
        """Return the record that each event is written on."""
        return without(self.ids(placed.system, party, placed.second), placed.gone)

    def events(self, system: str, party: Ints, missing: float) -> pa.Array:
        """Return the record that each event is written on, a share of them missing."""
        return self.written(party, self.place(system, party, missing))

    def created(self) -> Ints:
        """Return the first day on which any system knows each party."""
        return np.asarray(np.min(np.stack(list(self.seen.values())), axis=0), dtype=np.int64)


@dataclass
class Placed:
    """Where events of one kind are written down; one entry per event."""

    system: str
    second: Flags
    """On the party's second record in the system."""
    gone: Flags
    """On no record."""

    def take(self, rows: Flags | Ints) -> "Placed":
        """Return the places of some of the events."""
        return Placed(self.system, self.second[rows], self.gone[rows])


@dataclass
class Cards:
    """Records before they are written; one entry per record."""

    system: Ints
    party: Ints
    second: Flags
    mode: Ints
    """Index of `PLANTED` for a record that is special, -1 for one that shares the e-mail address."""


def make_cards(rng: Rng, settings: Settings, parties: Parties, directory: Directory) -> Cards:
    """List the records, and draw how each can be joined with the party's first one."""
    known = np.stack([directory.seen[name] < FAR for name in SYSTEMS])
    system, party = np.nonzero(known)
    first = np.argmax(known, axis=0)[party] == system
    shares = [settings.other_contact, settings.unmatched, settings.linked]
    mode = np.array([_CONTACT, _UNMATCHED, _LINKED, -1])[choice(rng, [*shares, 1 - sum(shares)], len(party))]
    mode = np.where(first | ((system == _LEDGER) & (mode != _LINKED)), -1, mode)
    mode = np.where(parties.person[party] & (mode == _CONTACT), -1, mode)
    extra = [
        (index, directory.doubled(SYSTEMS[index]), why)
        for index, why in ((_CRM, _TYPO), (_MARKETING, _EXACT), (_BILLING, _SECOND))
    ]
    return Cards(
        np.concatenate([system, *(np.full(len(who), index) for index, who, _ in extra)]),
        np.concatenate([party, *(who for _, who, _ in extra)]),
        np.arange(len(system) + sum(len(who) for _, who, _ in extra)) >= len(system),
        np.concatenate([mode, *(np.full(len(who), why) for _, who, why in extra)]),
    )


def record_rows(
    rng: Rng, parties: Parties, names: Names, directory: Directory, cards: Cards
) -> tuple[pa.Table, pa.Table]:
    """Return the rows of `records` and of `truth_parties`."""
    party, count = cards.party, len(cards.party)
    ids, systems = _ids(directory, cards), pick(SYSTEMS, cards.system)
    created = np.stack([directory.seen[name] for name in SYSTEMS])[cards.system, party]
    seen = rows(
        RECORDS,
        count,
        system=systems,
        record=ids,
        phone=without(names.phone(party), chance(rng, 0.35, count)),
        kind=pick(PARTY_KINDS, np.where(parties.person[party], 0, 1)),
        role=pick(ROLES, _role(parties, cards)),
        parent=_parents(parties, directory, cards, created),
        created_on=dates(created),
        **_addresses(rng, names, cards),
        **_numbers(rng, parties, names, directory, cards),
    )
    planted = pick(PLANTED, _planted(parties, cards))
    return seen, _truth(parties, systems, ids, party, planted, party_ids(parties).take(party))


def people_rows(
    rng: Rng, parties: Parties, names: Names, directory: Directory, people: People
) -> tuple[pa.Table, pa.Table]:
    """Return the rows of `records` and of `truth_parties` for people under accounts."""
    accounts = directory.ids("crm", people.account)
    seen = person_rows(rng, people, parties, names, accounts)
    crm = pa.repeat(pa.scalar("crm"), len(people))
    planted = pa.repeat(pa.scalar("person"), len(people))
    return seen, _truth(parties, crm, seen["record"], people.account, planted, person_ids(people))


def _truth(
    parties: Parties, systems: pa.Array, ids: pa.Array, party: Ints, planted: pa.Array, person: pa.Array
) -> pa.Table:  # fmt: skip
    """Return rows of `truth_parties`: whose records these are, counted by person, account, parent and group."""
    every, owner = party_ids(parties), owners(parties)
    return rows(
        TRUTH["truth_parties"],
        len(party),
        system=systems,
        record=ids,
        true_party=every.take(pa.array(party)),
        planted=planted,
        true_person=person,
        true_parent=every.take(pa.array(owner[party])),
        true_group=every.take(pa.array(_top(owner)[party])),
    )


def owners(parties: Parties) -> Ints:
    """Return who owns each party: its parent, or itself.

    An owner comes before what it owns, so that nobody is his own owner's owner.
    """
    owned = (parties.kind == Kind.BUYER) & (parties.host >= 0)
    return np.where(owned, parties.host, np.arange(len(parties)))


def _top(owner: Ints) -> Ints:
    """Return the owner at the top of each party's group."""
    while (owner[owner] != owner).any():
        owner = owner[owner]
    return owner


def _lonely(cards: Cards) -> Flags:
    """Mark records that share no exact key with the party's others."""
    return np.isin(cards.mode, [_TYPO, _UNMATCHED, _LINKED])


def lost_records(parties: Parties, cards: Cards) -> dict[str, Flags]:
    """Tell by system, for the first and the second record of each party, whether nothing exact joins it to the others.

    A matrix for each system: two rows, one column for each party.
    """
    lost = np.zeros((len(SYSTEMS), 2, len(parties)), dtype=np.bool_)
    alone = np.isin(cards.mode, [_TYPO, _UNMATCHED])
    lost[cards.system[alone], cards.second[alone].astype(np.int64), cards.party[alone]] = True
    return dict(zip(SYSTEMS, lost, strict=True))


def _addresses(rng: Rng, names: Names, cards: Cards) -> dict[str, pa.Array]:
    """Return name, e-mail address and domain, each written as the system's users write it."""
    party, mode, count, lonely = cards.party, cards.mode, len(cards.party), _lonely(cards)
    alone = np.where(mode == _LINKED, 1, _MISSPELT)
    style = np.where(lonely, alone, choice(rng, [0.5, 0.25, 0.15, 0.1], count))
    email = pc.if_else(pa.array(mode == _CONTACT), names.other_email.take(party), names.email.take(party))
    no_email = lonely | ((mode == _CONTACT) & chance(rng, 0.2, count))
    no_domain = (mode == _LINKED) | ((mode == -1) & chance(rng, 0.3, count))
    return {
        "name": names.name(party, style),
        "email": without(email, no_email),
        "domain": without(names.domain.take(party), no_domain),
    }


def _numbers(rng: Rng, parties: Parties, names: Names, directory: Directory, cards: Cards) -> dict[str, pa.Array]:
    """Return tax number and billing id where the system asks for them."""
    party, count, lonely = cards.party, len(cards.party), _lonely(cards)
    asks = np.isin(cards.system, [_BILLING, _LEDGER]) | ((cards.system == _CRM) & chance(rng, 0.5, count))
    pays = (directory.seen["billing"][party] < FAR) & (cards.mode != _SECOND)
    told = np.isin(cards.system, [_CRM, _PRODUCT]) & chance(rng, 0.4, count) & pays
    has_billing_id = ((cards.system == _BILLING) | told) & ~lonely
    return {
        "tax_id": without(names.tax_id(party), ~asks | lonely | parties.person[party]),
        "billing_id": without(names.billing_id(party, cards.mode == _SECOND), ~has_billing_id),
    }


def _parents(parties: Parties, directory: Directory, cards: Cards, created: Ints) -> pa.Array:
    """Return the parent's CRM record, where the CRM knew the parent by then."""
    host = np.where(parties.kind == Kind.BUYER, parties.host, -1)[cards.party]
    known = (cards.system == _CRM) & _noted(directory, host, created)
    return without(directory.ids("crm", np.maximum(host, 0)), ~known)


def _noted(directory: Directory, host: Ints, created: Ints) -> Flags:
    """Tell whether the CRM knew the parent when it wrote the subsidiary down."""
    return np.asarray((host >= 0) & (directory.seen["crm"][host] <= created) & (created < FAR), dtype=np.bool_)


def _ids(directory: Directory, cards: Cards) -> pa.Array:
    parts = [directory.ids(name, cards.party, cards.second) for name in SYSTEMS]
    return pa.concat_arrays(parts).take(pa.array(cards.system * len(cards.party) + np.arange(len(cards.party))))


def _role(parties: Parties, cards: Cards) -> Ints:
    """Return the role that a system knows of; most systems leave a buyer's role out."""
    kind = parties.kind[cards.party]
    role = np.full(len(kind), -1, dtype=np.int64)
    role[(kind == Kind.BUYER) & (cards.system == _BILLING)] = 0
    for code, name in ((Kind.SERVED, "served"), (Kind.INTERNAL, "internal"), (Kind.TEST, "test")):
        role[kind == code] = ROLES.index(name)
    partner = parties.number[cards.party] % 7 == 0
    return np.where(cards.system == _LEDGER, np.where(partner, ROLES.index("partner"), 2), role)


def _planted(parties: Parties, cards: Cards) -> Ints:
    planted, kind = cards.mode.copy(), parties.kind[cards.party]
    for code in (Kind.SERVED, Kind.SUPPLIER, Kind.INTERNAL, Kind.TEST):
        planted[(kind == code) & (planted < 0)] = PLANTED.index(code.name.lower())
    both = (cards.system == _LEDGER) & parties.sells_too[cards.party]
    return np.where(both & (planted < 0), PLANTED.index("buyer_and_supplier"), planted)


def link_rows(rng: Rng, parties: Parties, directory: Directory, cards: Cards) -> pa.Table:
    """Return the rows of `links`: linked records, who serves whom, and every subsidiary that no `parent` names."""
    known = np.stack([directory.seen[name] < FAR for name in SYSTEMS])
    first = np.argmax(known, axis=0)
    linked = np.flatnonzero(cards.mode == _LINKED)
    same = _links(directory, cards.system[linked], cards.party[linked], first[cards.party[linked]],
                  cards.party[linked], "same")  # fmt: skip
    served = np.flatnonzero((parties.kind == Kind.SERVED) & (parties.host >= 0))
    host = parties.host[served]
    serves = _links(directory, first[host], host, np.full(len(served), _PRODUCT), served, "serves")
    owned_by = np.where(parties.kind == Kind.BUYER, parties.host, -1)
    unwritten = ~_noted(directory, owned_by, directory.seen["crm"])
    child = np.flatnonzero((owned_by >= 0) & (unwritten | chance(rng, 0.3, len(parties))))
    owned = _links(directory, first[child], child, first[parties.host[child]], parties.host[child], "parent")
    return pa.concat_tables([same, serves, owned])


def _links(directory: Directory, system: Ints, party: Ints, to_system: Ints, to_party: Ints, kind: str) -> pa.Table:
    none = np.zeros(len(party), dtype=np.bool_)
    near, far = Cards(system, party, none, system), Cards(to_system, to_party, none, to_system)
    return rows(
        LINKS,
        len(party),
        system=pick(SYSTEMS, system),
        from_record=_ids(directory, near),
        to_system=pick(SYSTEMS, to_system),
        to_record=_ids(directory, far),
        kind=kind,
    )


def seen_since(rng: Rng, clock: Clock, parties: Parties, first_event: dict[str, Ints]) -> dict[str, Ints]:
    """Return the first day on which each system knows each party, from the first events and from habit."""
    seen = {name: first_event.get(name, np.full(len(parties), FAR, dtype=np.int64)).copy() for name in SYSTEMS}
    buyer, contact = parties.kind == Kind.BUYER, parties.kind == Kind.CONTACT
    noted = buyer & (parties.sales_led | (parties.start > clock.end) | chance(rng, 0.35, len(parties)))
    _known(seen["crm"], noted | (contact & chance(rng, 0.6, len(parties))), parties.touched)
    _known(seen["marketing"], parties.engaged | (contact & (seen["crm"] == FAR)), parties.touched)
    user = np.isin(parties.kind, [Kind.SERVED, Kind.INTERNAL, Kind.TEST])
    _known(seen["product"], user, parties.touched)
    _known(seen["product"], buyer & (parties.start <= clock.end), parties.start)
    _known(seen["billing"], parties.kind == Kind.TEST, parties.touched)
    _known(seen["ledger"], (parties.kind == Kind.SUPPLIER) | parties.sells_too, parties.touched)
    return seen


def _known(since: Ints, who: Flags, day: Ints) -> None:
    since[who] = np.minimum(since[who], day[who])
