"""The life of one batch of parties: drawn step by step, then written down as the rows of every system."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from valuekit.simulate import (
    billing,
    community,
    contracts,
    faults,
    reasons,
    records,
    selling,
    service,
    stages,
    statuses,
    suppliers,
    usage,
)  # fmt: skip
from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import FAR, numbered, pick, rows, without
from valuekit.simulate.direct import make_direct
from valuekit.simulate.draws import Flags, Ints, Rng, earliest
from valuekit.simulate.exchange import Exchange
from valuekit.simulate.future import Ahead, future_rows
from valuekit.simulate.later import recorded_later
from valuekit.simulate.ledger import DIRECT, Caused, direct_rows
from valuekit.simulate.names import Names
from valuekit.simulate.parties import Kind, archetype_name, make_parties, trait
from valuekit.simulate.people import make_people
from valuekit.simulate.recurring import recurring_rows
from valuekit.simulate.settings import Settings
from valuekit.simulate.shown import fault_rows, shown
from valuekit.simulate.spells import make_periods, make_spells
from valuekit.simulate.usage import DAYS_IN_A_USING_MONTH
from valuekit.tables import TRUTH

_FIRST_ID, _IDS_OF_A_BATCH = 1_000_000_000, 10_000_000
_TEAM_OF = {"sales": "sales_team", "marketing": "marketing_team", "support": "success_team"}
_SYSTEM_OF = {"sales": "crm", "marketing": "marketing", "support": "support"}

Named = Iterator[tuple[str, pa.Table]]


class Life:
    """Everything that happens to a batch of parties, in the window and after it."""

    def __init__(self, rng: Rng, clock: Clock, settings: Settings, exchange: Exchange, batch: int, buyers: int) -> None:
        self._rng, self._clock, self._settings, self._exchange = rng, clock, settings, exchange
        self._first_id = _FIRST_ID + batch * _IDS_OF_A_BATCH
        self.parties = make_parties(rng, clock, settings, batch, buyers)
        self._buy()
        self._use()
        self._work_for()
        self.caused = self._cost()
        self._write_down()

    # --- what happens

    def _buy(self) -> None:
        rng, clock, settings, parties, exchange = (
            self._rng, self._clock, self._settings, self.parties, self._exchange,
        )  # fmt: skip
        self.spells = make_spells(rng, clock, settings, parties)
        self.main = self.spells.main
        self.periods = make_periods(rng, clock, settings, self.spells, parties.sales_led)
        self.terms, term = contracts.make_terms(rng, clock, settings, parties, self.spells, self.periods)
        self.bills = billing.make_bills(rng, clock, settings, parties, self.spells, self.periods, term)
        self.payments = billing.make_payments(rng, clock, settings, parties, self.bills, exchange)
        self.orders = billing.make_orders(rng, clock, settings, parties, self.main, self.payments, exchange)
        self.direct = make_direct(clock, settings, parties, self.spells, self.periods, exchange)

    def _use(self) -> None:
        rng, clock, settings, parties = self._rng, self._clock, self._settings, self.parties
        self.trials = usage.make_trials(rng, clock, parties)
        spans = usage.make_spans(rng, clock, parties, self.main, self.trials)
        self.usage = usage.make_usage(rng, clock, settings, parties, spans)
        self.tickets = service.make_tickets(rng, clock, settings, parties, self.main)
        self.ideas = community.make_ideas(rng, clock, settings, parties, self.main)
        self.referrals = community.make_referrals(rng, clock, settings, parties)

    def _work_for(self) -> None:
        rng, clock, parties = self._rng, self._clock, self.parties
        self.engagements = selling.make_engagements(rng, clock, parties, self.main, self.trials)
        self.deals = selling.make_deals(rng, clock, parties, self.terms)
        self.work = selling.make_work(rng, clock, self._settings, parties, self.deals, self.main)

    def _cost(self) -> Caused:
        settings, caused = self._settings, Caused(self._clock, self._settings, len(self.parties))
        received = self.payments.kind == 0
        fees = np.rint(self.payments.euros[received] * settings.payment_fee).astype(np.int64)
        caused.spend("hosting", self.usage.party, self.usage.day, self.usage.events * settings.event_cost)
        caused.spend("payment_fees", self.payments.party[received], self.payments.day[received], fees)
        caused.spend("campaigns", self.engagements.party, self.engagements.day, self._contact_cost())
        caused.spend("travel", self.work.party, self.work.day, self.work.travel)
        caused.work("support_team", self.tickets.party, self.tickets.day, self.tickets.minutes)
        for function, team in _TEAM_OF.items():
            mine = self._work_of(function)
            caused.work(team, self.work.party[mine], self.work.day[mine], self.work.minutes[mine])
        for index, pool in enumerate(DIRECT):
            mine = np.flatnonzero(self.direct.pool == index)
            day = self._clock.first(self.direct.month[mine])
            caused.spend(pool, self.direct.party[mine], day, self.direct.cents[mine])
        return caused

    def _contact_cost(self) -> Ints:
        costs = dict(self._settings.engagement_costs)
        return np.array([costs[kind] for kind in selling.ENGAGEMENT_KINDS])[self.engagements.kind]

    def _work_of(self, function: str) -> Ints:
        kinds = [index for index, (name, _) in enumerate(selling.WORK) if name == function]
        return np.flatnonzero(np.isin(self.work.what, kinds))

    # --- how it is written down

    def _write_down(self) -> None:
        rng, settings, parties = self._rng, self._settings, self.parties
        seen = records.seen_since(rng, self._clock, parties, self._first_events())
        self.directory = records.Directory(rng, settings, parties, seen)
        self.cards = records.make_cards(rng, settings, parties, self.directory)
        self.people = make_people(rng, self._clock, settings, parties, seen["crm"])
        self.bought = suppliers.make_bought(rng, self._clock, settings, seen["ledger"], self.caused)
        self.named = suppliers.named(self._clock, self.bought)
        self._place()
        self.party_ids = records.party_ids(parties)
        self._currency = pick(self._exchange.codes, parties.currency)

    def _place(self) -> None:
        """Decide on which records the events lie that stages are made of, and write the contract register."""
        directory, missing = self.directory, self._settings.missing_record
        second = directory.coin("billing", self.terms.party)
        self.billed = np.append(second, False)[self.bills.term]
        paid = np.where(self.payments.bill >= 0, self.billed[self.payments.bill], False)
        contacts = directory.place("marketing", self.engagements.party, missing)
        self.placed = {
            "terms": directory.place("billing", self.terms.party, 0.0, second),
            "payments": directory.place("billing", self.payments.party, missing / 4, paid),
            "orders": directory.on_first("billing", self.orders.party),
            "usage": directory.on_first("product", self.usage.party),
            "engagements": contacts,
            "trials": contacts.take(self.engagements.kind == selling.TRIAL_START),
            "deals": directory.place("crm", self.deals.party, missing),
        }
        allowed = ~np.isin(np.arange(len(self.parties)), directory.doubled("billing"))
        self.register = faults.write_register(self._rng, self._clock, self._settings, self.terms, allowed)
        self.typed = statuses.manual_statuses(
            self._rng, self._clock, self._settings, self.spells, self.bills, directory.seen["crm"]
        )

    def _first_events(self) -> dict[str, Ints]:
        """Return, by system, the first day on which something is written down for each party."""
        worked = {system: self._work_of(function) for function, system in _SYSTEM_OF.items()}
        cards_on_file = np.flatnonzero(
            ~self.parties.sales_led[self.trials.party] & (self.parties.kind[self.trials.party] == Kind.BUYER)
        )
        parts: dict[str, list[tuple[Ints, Ints]]] = {
            "billing": [
                (self.terms.party, self.terms.signed), (self.bills.party, self.bills.issued),
                (self.orders.party, self.orders.day),
                (self.trials.party[cards_on_file], self.trials.start[cards_on_file]),
            ],
            "crm": [(self.deals.party, self.deals.opened)],
            "product": [(self.usage.party, self.usage.day), (self.trials.party, self.trials.start)],
            "marketing": [(self.engagements.party, self.engagements.day)],
            "support": [(self.tickets.party, self.tickets.day)],
            "community": [
                (self.ideas.party, self.ideas.day), (self.referrals.referrer, self.referrals.day),
                (self.referrals.referred, self.referrals.day),
            ],
        }  # fmt: skip
        for system, mine in worked.items():
            parts[system].append((self.work.party[mine], self.work.day[mine]))
        return {system: self._first(events) for system, events in parts.items()}

    def _first(self, events: list[tuple[Ints, Ints]]) -> Ints:
        party, day = (np.concatenate(columns) for columns in zip(*events, strict=True))
        return earliest(party, day, len(self.parties), FAR)

    def tables(self) -> Named:
        """Yield the rows of every table, in the order in which they are written."""
        yield from self._who()
        yield from self._money()
        yield from self._behaviour()
        yield from self._truth()

    def _who(self) -> Named:
        parties = self.parties
        names = Names(parties.number, parties.person, parties.currency)
        seen, truth = records.record_rows(self._rng, parties, names, self.directory, self.cards)
        people, true_people = records.people_rows(self._rng, parties, names, self.directory, self.people)
        yield "records", pa.concat_tables([seen, people])
        yield "truth_parties", pa.concat_tables([truth, true_people])
        yield "links", records.link_rows(self._rng, parties, self.directory, self.cards)

    def _money(self) -> Named:
        register, written = self.register, self.directory.written
        terms = contracts.term_ids(self._first_id, len(register.terms))
        added = register.terms.party[len(self.terms) :]
        signers = pa.concat_arrays([written(self.terms.party, self.placed["terms"]), self._billing(added)])
        currency = self._currency_of(register.terms.party)
        signers = without(signers, register.nobodys)
        yield "contracts", contracts.contract_rows(register.terms, terms, signers, currency)
        yield "truth_contract_issues", faults.issue_rows(register, terms)
        invoices = numbered("I", self._first_id + np.arange(len(self.bills)))
        yield "invoices", billing.invoice_rows(
            self._clock, self.bills, invoices, self._billing(self.bills.party, self.billed), terms,
            self._currency_of(self.bills.party), self._tax(self.bills.party, self.bills.cents),
        )  # fmt: skip
        yield "payments", billing.payment_rows(
            self.payments, self.bills, self._first_id, invoices, written(self.payments.party, self.placed["payments"]),
            self._currency_of(self.payments.party), self._booked(),
            self._tax(self.payments.party, self.payments.cents),
        )  # fmt: skip
        yield "orders", billing.order_rows(
            self.orders, self._first_id, self._billing(self.orders.party), self._currency_of(self.orders.party),
            self._tax(self.orders.party, self.orders.cents),
        )  # fmt: skip
        yield "costs", pa.concat_tables([self._direct(), self._bought()])
        yield "statuses", pa.concat_tables([self._provider(), self._manual()])

    def _booked(self) -> Ints:
        share = np.where(self.payments.kind == 0, self._settings.booked_later, self._settings.returns_booked_later)
        return recorded_later(self._rng, self._clock, self.payments.day, share)

    def _bought(self) -> pa.Table:
        sellers = self.directory.ids("ledger", self.bought.party)
        return suppliers.bought_rows(self._clock, self._first_id, self.bought, sellers, self._exchange.codes[0])

    def _billing(self, party: Ints, second: Flags | None = None) -> pa.Array:
        return self.directory.ids("billing", party, second)

    def _currency_of(self, party: Ints) -> pa.Array:
        return self._currency.take(pa.array(party))

    def _tax(self, party: Ints, cents: Ints) -> Ints:
        by_currency = dict(self._settings.tax)
        rates = np.array([by_currency.get(code, 0.0) for code in self._exchange.codes])
        return billing.tax_on(cents, rates[self.parties.currency[party]])

    def _direct(self) -> pa.Table:
        d = self.direct
        return direct_rows(
            self._clock, self._first_id, d.pool, d.month, d.cents, self._billing(d.party), self._exchange.codes[0]
        )

    def _provider(self) -> pa.Table:
        since = self.directory.seen["billing"]
        said = statuses.provider_statuses(
            self._rng, self._clock, self._settings, self.spells, self.bills, self.trials, since
        )
        return statuses.status_rows(said, "billing", "provider", statuses.PROVIDER, self._billing(said.party))

    def _manual(self) -> pa.Table:
        ids = self.directory.ids("crm", self.typed.party)
        return statuses.status_rows(self.typed, "crm", "manual", statuses.MANUAL, ids)

    def _behaviour(self) -> Named:
        write, missing, first = self.directory.events, self._settings.missing_record, self._first_id
        home = self._exchange.codes[0]
        contacted = self.directory.written(self.engagements.party, self.placed["engagements"])
        campaign = selling.campaigns(self._rng, self._settings, self.engagements)
        self.caused.name_campaigns(campaign, self.engagements.day, self._contact_cost())
        yield "engagements", selling.engagement_rows(self.engagements, first, contacted, campaign)
        deals = self.directory.written(self.deals.party, self.placed["deals"])
        yield "opportunities", selling.deal_rows(
            self.deals, first, deals, self._currency_of(self.deals.party),
            self._recorded(self.deals.opened),
        )  # fmt: skip
        yield "activities", pa.concat_tables([self._activities(function) for function in _SYSTEM_OF])
        users = self.directory.ids("product", self.usage.party)
        yield "usage", usage.usage_rows(self.usage, users, self._recorded(self.usage.day))
        yield "tickets", service.ticket_rows(self.tickets, first, write("support", self.tickets.party, missing))
        yield "ideas", community.idea_rows(self.ideas, first, write("community", self.ideas.party, missing), home)
        pair = (self.directory.ids("community", p) for p in (self.referrals.referrer, self.referrals.referred))
        seen, truth = community.referral_rows(self.referrals, first, *pair)
        yield "referrals", seen
        yield "truth_referrals", truth

    def _activities(self, function: str) -> pa.Table:
        mine, system = self._work_of(function), _SYSTEM_OF[function]
        who = self.directory.events(system, self.work.party[mine], self._settings.missing_record)
        return selling.work_rows(self.work, mine, self._first_id, system, who, self._exchange.codes[0])

    def _recorded(self, day: Ints) -> Ints:
        return recorded_later(self._rng, self._clock, day, self._settings.booked_later)

    # --- the truth

    def _truth(self) -> Named:
        events = stages.Events(
            self._clock, self.parties.kind, self.directory.created(), self.terms,
            self.payments, self.orders, self.usage, self.engagements, self.trials, self.deals,
        )  # fmt: skip
        months = stages.Months(events)
        codes = stages.stage_codes(events, months)
        lost = records.lost_records(self.parties, self.cards)
        seen = shown(events, self.directory, lost, self.placed)
        yield "truth_stages", stages.stage_rows(self._clock, codes, self.party_ids)
        yield "truth_faults", fault_rows(seen, codes, self.party_ids)
        yield "truth_reasons", reasons.reason_rows(events, months, codes, seen, self.party_ids)
        yield "truth_mrr", recurring_rows(self._clock, self.terms, self.parties, self._exchange, self.party_ids)
        pays = statuses.truly_paying(self._clock, self.bills, self.payments, self.orders, months.paid[:, -1])
        yield "truth_statuses", statuses.manual_truth(self.typed, pays, self.party_ids)
        yield "truth_costs", self.caused.truth(self.party_ids)
        yield "truth_rates", self._rates()
        ahead = Ahead(
            self._clock, self._settings, self.parties, self.spells, self.periods, self.bills, self._exchange
        )  # fmt: skip
        buys = np.arange(len(self.parties)) < self.parties.buyers
        payers = np.flatnonzero(months.paid[:, -1] & buys)
        yield "truth_future", future_rows(self._rng, ahead, payers, self.party_ids)

    def _rates(self) -> pa.Table:
        parties, buyers = self.parties, np.arange(self.parties.buyers)
        kind = parties.archetype[buyers]
        return rows(
            TRUTH["truth_rates"],
            len(buyers),
            true_party=self.party_ids.take(pa.array(buyers)),
            archetype=pick(archetype_name(self._settings), kind),
            renewal_probability=parties.renewal[buyers],
            usage_per_month=parties.use[buyers] * DAYS_IN_A_USING_MONTH,
            tickets_per_month=trait(self._settings, "tickets")[kind],
        )
