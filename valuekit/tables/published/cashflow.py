"""Net cash by party and month, tied to the books."""

from valuekit.money import MONEY
from valuekit.tables.published.columns import day, money, party, text
from valuekit.tables.published.vocabulary import CASH_LINES
from valuekit.tables.schema import Column, Table

BOOKS = Table(
    "books",
    "month, line, pool and currency of the books: the tie-out",
    (
        Column("month", "DATE", "First day of the month", unit="date", required=True),
        text("line", "Line of the cash statement, or `general`"),
        text("pool", "Cost pool; `payments` or `orders` for money received"),
        text("currency", "Currency in which the money moved; all amounts but `ledger_in_currency` are converted"),
        text("driver", "How it was shared out; empty for money received"),
        Column("ledger_in_currency", MONEY, "Amount in the books before conversion", unit="currency", required=True),
        money("ledger", "Amount in the books, without tax, summed straight from the input"),
        money("attributed", "Sum of what parties carry"),
        money("unattributed", "Amount whose party is not known"),
        money("unused_capacity", "Cost of capacity that nobody used"),
        money("unallocated", "Cost that is not shared out to parties, such as general cost"),
        money("eliminated", "Amount that moved inside the enterprise, or for its test accounts: nobody's cash flow"),
        money("difference", "ledger less the five columns before; always 0"),
        money("tax", "Tax that was kept out: ledger + tax is what was paid in or paid back"),
    ),
    key=("month", "line", "pool", "currency"),
)


CASH_MONTHS = Table(
    "cash_months",
    "party and month with any cash",
    (
        party(),
        Column("month", "DATE", "First day of the month", unit="date", required=True),
        *(money(line, f"Cash from {line.replace('_', ' ')}, signed by its effect") for line in CASH_LINES),
        money("net_cash", "Sum of the lines"),
    ),
    key=("party_id", "month"),
)


CASH = Table(
    "cash",
    "party with any cash up to the as-of date",
    (
        party(),
        day("first_month", "First month with cash"),
        day("last_month", "Last month with cash"),
        *(money(line, f"Cash from {line.replace('_', ' ')} in all months") for line in CASH_LINES),
        money("net_cash", "Sum of the lines in all months"),
        *(money(f"{line}_12m", f"Cash from {line.replace('_', ' ')} in the last 12 months") for line in CASH_LINES),
        money("net_cash_12m", "Sum of the lines in the last 12 months"),
    ),
    key=("party_id",),
)
