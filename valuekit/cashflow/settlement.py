"""How invoices are settled: one set of rules for what was paid, given up, written off and is still owed."""

from datetime import date

from valuekit.engine import Engine, Expression
from valuekit.money import MONEY
from valuekit.tables import Column, Table

PACKAGE = "valuekit.cashflow"

BILLS = 2_000_000
"""Invoices that are settled at once: bounds the memory, does not change a result."""


def settle(engine: Engine, *, as_of: date) -> None:
    """Settle the invoices, once for all who ask what is owed.

    Makes `settled_parties` (numbers for parties), `settled_bills` (invoices that stand), `settled_money` (all money,
    with the invoice that it is for) and `settled_states` (what there is of an invoice from a day on, until the next);
    amounts are whole hundredths of a cent. And `overdue_days`: by party and day, by how much what it has overdue
    changes; summed up to a day, what it was, and up to `as_of`, `overdue` of `paying_on_time`. It leaves out invoices
    that are called paid or uncollectible: on an earlier day, nobody could have known which payment is the last, so that
    the sum is what a run as of then finds.

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
    engine.drop("settled_money", "settled_states")
    for group in groups(engine):
        engine.add(PACKAGE, "settlement.sql", {"as_of": as_of, **group}, **_WORTH, **_TAX)
    engine.run(PACKAGE, "overdue.sql", {"as_of": as_of}, amount=amount("amount"))
    engine.forget("settled_payments", "settled_elsewhere")


def groups(engine: Engine) -> list[dict[str, int | str]]:
    """Return the first and last number and id of the parties that are worked on at once; nobody known is in the first.

    Reads `settled_parties` and `settled_bills`.
    """
    size = max(1, BILLS * engine.count("settled_parties") // max(1, engine.count("settled_bills")))
    sql = """
        SELECT MIN(n), MAX(n), MIN(party_id), MAX(party_id)
        FROM settled_parties GROUP BY (n - 1) // $size ORDER BY 1
    """
    found = engine.rows(sql, {"size": size}) or [(0, 0, "", "")]
    named = [dict(zip(("first", "last", "first_party", "last_party"), row, strict=True)) for row in found]
    return [named[0] | {"first": 0}, *named[1:]]


def worth(part: str) -> Expression:
    """SQL of a part of a claim in the reporting currency, at the rate of the invoice; halves away from zero."""
    return _share(part, of="claim", taken="worth", unit="unit")


def amount(hundredths: str) -> Expression:
    """SQL of money from hundredths of a cent."""
    return _sql(f"CAST(CAST(COALESCE({hundredths}, 0) AS DECIMAL(22, 0)) * 0.0001 AS DECIMAL(18, 4))")


def _share(part: str, *, of: str, taken: str, unit: str) -> Expression:
    """SQL of as much of `taken` as `part` is of `of`, in whole units; all or nothing, mostly, needs no division."""
    sized = f"(2 * CAST({taken} AS HUGEINT) * ABS({part}) + {unit} * CAST({of} AS HUGEINT))"
    return _sql(
        f"CASE WHEN {part} = 0 THEN 0 WHEN {taken} = {of} THEN {part} "
        f"WHEN ABS({part}) = {of} THEN SIGN({part}) * {taken} "
        f"ELSE CAST(SIGN({part}) * {unit} * ({sized} // (2 * {unit} * CAST({of} AS HUGEINT))) AS BIGINT) END"
    )


def _sql(text: str) -> Expression:
    return Expression(text, text, frozenset())


_STANDS = _sql("(i.status <> 'void' AND i.amount <> 0 AND i.reporting_amount <> 0 AND i.issued_on <= $as_of)")
_WORTH = {part: worth(f"{part}_part") for part in ("lost", "unknown", "disputed", "open", "credited")}
_TAX = {
    f"tax_{part}": _share(part, of="worth", taken="taxed", unit="tax_unit")
    for part in ("invoiced", "credited", "written_off")
}

OVERDUE_DAYS = Table(
    "overdue_days",
    "party and day on which what it has overdue changes",
    (
        Column("party_id", "VARCHAR", "Party", required=True),
        Column("day", "DATE", "Day", unit="date", required=True),
        Column("overdue", MONEY, "By how much it changes", unit="reporting currency", required=True),
    ),
    key=("party_id", "day"),
)
