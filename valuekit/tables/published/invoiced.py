"""The invoiced view: what parties were billed by month, and what they owe."""

from valuekit.tables.published.columns import money
from valuekit.tables.published.vocabulary import COST_LINES
from valuekit.tables.schema import Column, Table

_PARTY = Column("party_id", "VARCHAR", "Party; missing where the invoice or payment has none that is known")
_MONTH = Column("month", "DATE", "Month by its name: the first day of the calendar month", unit="date", required=True)

INVOICED_MONTHS = Table(
    "invoiced_months",
    "party and month with anything billed or spent",
    (
        _PARTY,
        _MONTH,
        money("invoiced", "Invoices of the month without tax, void ones left out, and orders"),
        money("credited", "Claims given up by refund or credit, and returned orders; zero or less"),
        money("written_off", "Claims on uncollectible invoices; zero or less"),
        *(money(line, f"Cash from {line.replace('_', ' ')}, as in cash_months") for line in COST_LINES),
        money("net_invoiced", "Sum of the lines"),
    ),
    key=("month", "party_id"),
)

RECEIVABLE_MONTHS = Table(
    "receivable_months",
    "party and month in which its receivable or its money on account moves",
    (
        _PARTY,
        _MONTH,
        money("begin", "Owed at the begin: the end of the party's row before"),
        money("invoiced", "Invoices of the month with tax, void ones left out"),
        money("received", "Money that settles invoices, at the rate of its own day"),
        money("credited", "Claims given up by refund or credit"),
        money("written_off", "Claims on uncollectible invoices"),
        money("unknown", "Claims on invoices called paid without a payment: nobody knows when, so from their day on"),
        money("fx", "Received at another rate than invoiced: gains are positive"),
        money(
            "end",
            "begin + invoiced - received - credited - written_off - unknown + fx; open + disputed",
        ),
        money("on_account", "Money without invoice, beyond it or before it; with `received` all that was paid"),
    ),
    key=("month", "party_id"),
)
