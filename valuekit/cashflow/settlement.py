"""How invoices are settled: one set of rules for what was paid, given up, written off and is still owed."""

from collections.abc import Iterator
from datetime import date

from valuekit.engine import Engine, Expression

PACKAGE = "valuekit.cashflow"

BILLS = 2_000_000
"""Invoices that are settled at once: bounds the memory, does not change a result."""

SCRATCH = (
    "settled_inside", "settled_payments", "settled_money", "settled_bills", "settled_bill_money", "settled_states",
)  # fmt: skip
"""What `settle` makes: whoever asks for it drops it."""


def settle(engine: Engine, *, as_of: date, all_bills: bool = True) -> Iterator[None]:
    """Settle the invoices in groups; yield once for each, with its tables made.

    They are `settled_bills`, `settled_bill_money` and `settled_states`, and `settled_money`: all money with the invoice
    that it is for. With `all_bills` false, only invoices that are called neither paid nor uncollectible.

    Reads: `invoices`, `payments` and `fx_rates`, accepted, with `party_id`; `parties` for the roles. Nothing after the
    date.

    An invoice stands unless it is void, of nothing, or of one's own units and test accounts. It is kept in its own
    currency, at the rate of its day; a payment in another currency counts by the rate of the day.

    - Money pays the invoice that it names in its system, else one of that id and its party in another; from the day of
      the invoice on, and up to its amount. The rest is on account, as is money that names no invoice that stands.
    - A credit lowers what is owed and is no money for the invoice. A chargeback takes a payment back and is disputed
      until it is paid again.
    - A refund takes back what was paid beyond the invoice, then what was paid of it. So much of the claim is given
      up where the invoice is called paid all the same, and owed again where it is not.
    - The last payment of an invoice that is called paid settles it. What it lacks is given up; in another currency
      it is an effect of rates. One that is called paid without a payment is `unknown`: nobody knows when.
    - An uncollectible invoice is written off on its due day, or on the day of its last payment when that is later, and
      no later than `as_of`.
    - A negative invoice is a credit note: a negative claim, which money back settles.
    """
    engine.run(PACKAGE, "matching.sql", {"as_of": as_of}, stands=_STANDS)
    bills = (engine.scalar("SELECT MAX(rowid) FROM invoices") or 0) + 1
    for first in range(0, bills, BILLS):
        group = {"as_of": as_of, "first": first, "last": first + BILLS - 1, "all": all_bills}
        engine.run(PACKAGE, "settlement.sql", group, stands=_STANDS, **_WORTH, **_TAX)
        yield


def worth(part: str) -> Expression:
    """SQL of a part of a claim in the reporting currency, at the rate of the invoice; halves away from zero."""
    sized = f"(2 * worth * ABS({part}) + unit * claim) // (2 * unit * claim)"
    return _sql(f"CASE WHEN {part} = 0 THEN 0 ELSE SIGN({part}) * unit * ({sized}) END")


def amount(hundredths: str) -> Expression:
    """SQL of money from hundredths of a cent."""
    return _sql(f"CAST(CAST(COALESCE({hundredths}, 0) AS DECIMAL(22, 0)) * 0.0001 AS DECIMAL(18, 4))")


def _tax(part: str) -> Expression:
    """SQL of the tax in a part of an invoice: the share that it has in the whole."""
    sized = f"(2 * taxed * ABS({part}) + tax_unit * worth) // (2 * tax_unit * worth)"
    return _sql(f"SIGN({part}) * tax_unit * ({sized})")


def _sql(text: str) -> Expression:
    return Expression(text, text, frozenset())


_STANDS = _sql("(i.status <> 'void' AND i.amount <> 0 AND i.reporting_amount <> 0 AND i.issued_on <= $as_of)")
_WORTH = {part: worth(f"{part}_part") for part in ("lost", "unknown", "disputed", "open", "credited")}
_TAX = {f"tax_{part}": _tax(part) for part in ("invoiced", "credited", "written_off")}
