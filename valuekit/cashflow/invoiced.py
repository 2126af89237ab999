"""The invoiced view: what parties were billed month by month, what they paid of it, and what they owe."""

from datetime import date

from valuekit.engine import Engine
from valuekit.errors import CheckError
from valuekit.tables import PUBLISHED

PACKAGE = "valuekit.cashflow"

PARTIES = 250_000
"""Parties whose invoices are worked on at once: bounds the memory, does not change a result."""


def compute_invoiced(engine: Engine, *, as_of: date) -> None:
    """Make the tables `invoiced_months` and `receivable_months`.

    Reads: `invoices`, `payments`, `orders` and `fx_rates`, accepted, with `party_id`; `cash_months`, and the parties'
    numbers that `compute` made. Money in the reporting currency.

    A receivable is the sum of the invoices that stand: void ones never count, nor those of one's own units and test
    accounts. It is kept invoice by invoice in the invoice's currency, at the rate of the invoice's day, and moves with

    - `received`: payments that name the invoice, and chargebacks, which open it again. Up to the amount of the invoice
      and not before its day; the rest stands in `on_account`, as does money that names no invoice that stands.
    - `credited`: refunds and credits, which first take back what was paid beyond the invoice, and then give up the
      claim; and credit notes (invoices below zero).
    - `written_off`: what is left of an uncollectible invoice on its due day, or on the day of its last payment when
      that is later, and no later than `as_of`. No table says when a claim was given up.
    - `fx`: payments count at the rate of their own day; what they brought more than the claim was worth. A payment in
      another currency than the invoice's counts in the invoice's by the rate of the day. Once the status of an invoice
      paid so is `paid`, nothing of it is left: the difference is an effect of rates too.

    Always end = begin + invoiced - received - credited - written_off + fx, and received + on_account is all money of
    `payments` that did not move inside the enterprise. Receivables hold the tax, `invoiced_months` leaves it out: of
    what is credited and written off it takes the share that tax has in the invoice. There an order counts as billed
    when it is placed, and its return as credited; the lines of cost are those of `cash_months`.

    Raises: `CheckError` when a receivable does not close, or when the two views do not hold the same payments.
    """
    for name in ("invoiced_months", "receivable_months"):
        engine.make_empty(PUBLISHED[name])
    last = engine.count("cashflow_parties")
    for start in range(0, last + 1, PARTIES):
        window = {"as_of": as_of, "first": start, "last": start + PARTIES - 1}
        made = engine.run(PACKAGE, "invoiced.sql", window)
        engine.execute("INSERT INTO invoiced_months BY NAME SELECT * FROM cashflow_invoiced")
        engine.execute("INSERT INTO receivable_months BY NAME SELECT * FROM cashflow_receivables")
        if not engine.keep_scratch:
            engine.drop(*made)
    check_receivables(engine)


def check_receivables(engine: Engine) -> None:
    """Prove that every receivable closes, follows on the one before, and that no money is lost or counted twice."""
    broken = engine.rows(_BROKEN)
    if broken:
        party, month, gap = broken[0]
        _fail(f"{len(broken)} receivable(s), such as that of {party} in {month:%Y-%m}, do not close: by {gap}")
    shown, booked = engine.rows(_BOTH)[0]
    if shown != booked:
        _fail(f"the receivables hold payments of {shown}, the books {booked}")


_BROKEN = """
SELECT party_id, month, "begin" + invoiced - received - credited - written_off + fx - "end" AS gap
FROM (SELECT *, LAG("end", 1, 0) OVER (PARTITION BY party_id ORDER BY month) AS former FROM receivable_months)
WHERE "begin" + invoiced - received - credited - written_off + fx <> "end" OR "begin" <> former
ORDER BY month, party_id
"""

_BOTH = """
SELECT
    (SELECT COALESCE(SUM(received + on_account), 0) FROM receivable_months) AS shown,
    (SELECT COALESCE(SUM(ledger + tax - eliminated), 0) FROM books WHERE pool = 'payments'
        AND line IN ('revenue', 'refunds')) AS booked
"""


def _fail(what: str) -> None:
    raise CheckError(
        f"{what}.",
        where="cashflow",
        next_step="This is a fault of valuekit, not of the data: please report it with the table `receivable_months`.",
    )
