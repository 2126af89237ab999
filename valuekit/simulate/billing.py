"""Money: invoices, payments and what comes back, and one-off orders."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import dates, money, numbered, pick, rows
from valuekit.simulate.draws import Flags, Floats, Ints, Rng, chance, days_between, earliest
from valuekit.simulate.exchange import Exchange
from valuekit.simulate.parties import Kind, Parties, Plan
from valuekit.simulate.settings import Settings
from valuekit.simulate.spells import Form, Periods, Spells
from valuekit.tables.canonical import INVOICES, ORDERS, PAYMENTS

INVOICE_STATES = ("open", "paid", "void", "uncollectible")
PAYMENT_KINDS = ("payment", "refund", "chargeback", "credit")
NEVER = 2**29
"""The day on which an invoice is paid that never is; later than any day of the simulation."""


@dataclass
class Bills:
    """One entry per billed period; those without contract have a payment but no invoice."""

    party: Ints
    term: Ints
    """Contract term, -1 without contract."""
    issued: Ints
    due: Ints
    paid: Ints
    """Day of payment: after the data end when still outstanding, `NEVER` when it never comes."""
    cents: Ints
    void: Flags
    months: Ints
    """Months that are billed."""
    last: Ints
    """Last day of the whole spell that it is a part of."""

    def __len__(self) -> int:
        return len(self.party)


@dataclass
class Payments:
    """Movements of money; one entry per row of `payments`."""

    party: Ints
    bill: Ints
    """Bill that is paid; -1 for test accounts."""
    day: Ints
    cents: Ints
    kind: Ints
    euros: Ints
    """Cents of the reporting currency."""

    def __len__(self) -> int:
        return len(self.party)


@dataclass
class Orders:
    """One-off purchases."""

    party: Ints
    day: Ints
    cents: Ints
    euros: Ints


def make_bills(
    rng: Rng, clock: Clock, settings: Settings, parties: Parties, spells: Spells, periods: Periods, term: Ints
) -> Bills:  # fmt: skip
    """Bill every period that has begun."""
    rows_ = np.flatnonzero(periods.start <= clock.end)
    billed, spell = periods.take(rows_), periods.spell[rows_]
    party, annual = spells.party[spell], spells.period[spell] == 12
    due = billed.start + np.where(annual, 30, 14)
    paid = _paid_on(rng, settings, parties, party, billed.start, due, term[rows_] < 0)
    dodged = _dodged(rng, settings, spells, billed)
    never = chance(rng, settings.uncollectible, len(billed)) | (parties.plan[party] == Plan.SIGNED_UNPAID) | dodged
    paid = np.where(never & (term[rows_] >= 0), NEVER, paid)
    sound = np.zeros(len(billed), dtype=np.bool_)
    bills = Bills(
        party, term[rows_], billed.start, due, paid, billed.price, sound, spells.period[spell], spells.end(clock)[spell]
    )
    return _with_voids(rng, settings, bills)


def _paid_on(
    rng: Rng, settings: Settings, parties: Parties, party: Ints, issued: Ints, due: Ints, informal: Flags
) -> Ints:
    """Draw the day of payment: cards are charged at once, invoices are paid around or long after the due date."""
    late = chance(rng, settings.late_payers, len(parties))
    habit = np.where(late, rng.gamma(3.0, 7.0, len(parties)), rng.normal(-6, 4, len(parties)))
    by_invoice = due + np.rint(habit[party] + rng.normal(0, 4, len(party))).astype(np.int64)
    card = ~parties.sales_led[party] | informal
    refunded = parties.plan[party] == Plan.REFUNDED
    at_once = issued + chance(rng, 0.2, len(party))
    return np.where(card | refunded, at_once, np.maximum(issued, by_invoice))


def _dodged(rng: Rng, settings: Settings, spells: Spells, billed: Periods) -> Flags:
    """Mark last months that nobody paid: half of monthly contracts end for want of payment."""
    final = (billed.turn == spells.length[billed.spell] - 1) & (billed.turn > 0)
    return np.asarray(
        final & (spells.period[billed.spell] == 1) & chance(rng, (1 - settings.cancelled) / 2, len(billed)),
        dtype=np.bool_,
    )


def _with_voids(rng: Rng, settings: Settings, bills: Bills) -> Bills:
    again = np.flatnonzero(chance(rng, settings.void_invoices, len(bills)) & (bills.term >= 0))
    index = np.concatenate([np.arange(len(bills)), again])
    voided = np.arange(len(index)) >= len(bills)
    result = Bills(**{name: values[index] for name, values in vars(bills).items()})
    return Bills(**{**vars(result), "void": voided, "paid": np.where(voided, NEVER, result.paid)})


def make_payments(
    rng: Rng, clock: Clock, settings: Settings, parties: Parties, bills: Bills, exchange: Exchange
) -> Payments:
    """Return the payments made by the data end, what came back, and the single euros of test accounts."""
    paid = np.flatnonzero(bills.paid <= clock.end)
    kind, day, cents = _returned(rng, clock, settings, parties, bills, paid)
    back = np.flatnonzero(kind > 0)
    tests = parties.of(Kind.TEST)
    ones = np.ones(len(tests), dtype=np.int64)
    party = np.concatenate([bills.party[paid], bills.party[paid[back]], tests])
    days = np.concatenate([bills.paid[paid], day[back], clock.start + ones])
    amounts = np.concatenate([bills.cents[paid], -cents[back], 100 * ones])
    return Payments(
        party=party,
        bill=np.concatenate([paid, paid[back], -ones]),
        day=days,
        cents=amounts,
        kind=np.concatenate([np.zeros(len(paid), dtype=np.int64), kind[back], 0 * ones]),
        euros=exchange.reporting(amounts, parties.currency[party], days),
    )


def _returned(
    rng: Rng, clock: Clock, settings: Settings, parties: Parties, bills: Bills, paid: Ints
) -> tuple[Ints, Ints, Ints]:
    """Draw what comes back of each payment: its kind (0: nothing), day and cents."""
    count = len(paid)
    refunded = parties.plan[bills.party[paid]] == Plan.REFUNDED
    edges = np.cumsum([settings.refunds, settings.chargebacks, settings.credits])
    luck = rng.random(count)
    kind = np.where(luck < edges[2], np.searchsorted(edges, luck, side="right") + 1, 0)
    whole = refunded | (kind == 2) | chance(rng, 0.5, count)
    cents = np.where(whole & (kind != 3), bills.cents[paid], np.maximum(1, bills.cents[paid] // 4))
    day = bills.paid[paid] + np.where(refunded, rng.integers(5, 26, count), rng.integers(2, 46, count))
    kind = np.where(refunded, 1, kind)
    cents = np.where(refunded, bills.cents[paid], cents)
    day = np.where(refunded, np.minimum(day, clock.end), day)
    return np.where(day <= clock.end, kind, 0).astype(np.int64), day, cents


def make_orders(
    rng: Rng, clock: Clock, settings: Settings, parties: Parties, spells: Spells, payments: Payments,
    exchange: Exchange,
) -> Orders:  # fmt: skip
    """Draw one-off purchases of customers whose contract runs on: no order without a contract beside it."""
    loyal = (spells.form == Form.AGREED) & (spells.end(clock) > clock.end) & (parties.plan[spells.party] == Plan.USUAL)
    since = np.maximum(spells.start(clock), earliest(payments.party, payments.day, len(parties), NEVER)[spells.party])
    months = np.maximum(clock.end - since, 0) / 30.4
    spell = np.repeat(np.arange(len(spells)), rng.poisson(np.where(loyal, months * settings.orders, 0.0)))
    party, day = spells.party[spell], days_between(rng, since[spell], clock.end, len(spell))
    cents = 24_000 * rng.integers(1, 6, len(spell))
    return Orders(party, day, cents, exchange.reporting(cents, parties.currency[party], day))


def tax_on(cents: Ints, rate: Floats) -> Ints:
    """Return the tax on top of each price, to the cent; what goes back takes its tax along.

    >>> tax_on(np.array([1000, -1000, 5]), np.array([0.19, 0.19, 0.0])).tolist()
    [190, -190, 0]
    """
    return np.rint(cents * rate).astype(np.int64)


def invoice_rows(
    clock: Clock, bills: Bills, ids: pa.Array, records: pa.Array, terms: pa.Array, currency: pa.Array, tax: Ints
) -> pa.Table:  # fmt: skip
    """Return the rows of `invoices`: bills under contract."""
    given_up = (bills.paid == NEVER) & (bills.issued < clock.end - 90)
    state = np.where(bills.void, 2, np.where(bills.paid <= clock.end, 1, np.where(given_up, 3, 0)))
    table = rows(
        INVOICES,
        len(bills),
        system="billing",
        id=ids,
        record=records,
        contract=pick(terms, bills.term),
        issued_on=dates(bills.issued),
        due_on=dates(bills.due),
        amount=money(bills.cents + tax),
        tax=money(tax, tax == 0),
        currency=currency,
        status=pick(INVOICE_STATES, state),
    )
    return table.filter(pa.array(bills.term >= 0))


def payment_rows(
    payments: Payments, bills: Bills, first: int, invoices: pa.Array, records: pa.Array, currency: pa.Array,
    recorded: Ints, tax: Ints,
) -> pa.Table:  # fmt: skip
    """Return the rows of `payments`."""
    invoiced = np.where((payments.bill >= 0) & (bills.term[payments.bill] >= 0), payments.bill, -1)
    return rows(
        PAYMENTS,
        len(payments),
        system="billing",
        id=numbered("Y", first + np.arange(len(payments))),
        record=records,
        invoice=pick(invoices, invoiced),
        paid_on=dates(payments.day),
        amount=money(payments.cents + tax),
        tax=money(tax, tax == 0),
        currency=currency,
        kind=pick(PAYMENT_KINDS, payments.kind),
        recorded_on=dates(recorded),
    )


def order_rows(orders: Orders, first: int, records: pa.Array, currency: pa.Array, tax: Ints) -> pa.Table:
    """Return the rows of `orders`; what they cost is in the ledger."""
    return rows(
        ORDERS,
        len(orders.party),
        system="billing",
        id=numbered("O", first + np.arange(len(orders.party))),
        record=records,
        ordered_on=dates(orders.day),
        amount=money(orders.cents + tax),
        tax=money(tax, tax == 0),
        currency=currency,
    )
