"""Net cash by party and month, tied to the books."""

from valuekit.tables.published.columns import count, day, money, number, party, text, yes
from valuekit.tables.published.vocabulary import CASH_LINES, COST_NOTES, COST_QUALITIES
from valuekit.tables.schema import Column, Table

BOOKS = Table(
    "books",
    "month, line and pool of the books: the tie-out",
    (
        Column("month", "DATE", "First day of the month", unit="date", required=True),
        text("line", "Line of the cash statement, or `general`"),
        text("pool", "Cost pool; `payments` or `orders` for money received"),
        text("driver", "How it was shared out; empty for money received"),
        money("ledger", "Amount in the books, summed straight from the input"),
        money("attributed", "Sum of what parties carry"),
        money("unattributed", "Amount whose party is not known"),
        money("unused_capacity", "Cost of capacity that nobody used"),
        money("unallocated", "Cost that is not shared out to parties, such as general cost"),
        money("difference", "ledger - attributed - unattributed - unused_capacity - unallocated; always 0"),
    ),
    key=("month", "line", "pool"),
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


POOL_MONTHS = Table(
    "pool_months",
    "month, function, pool and campaign of the ledger's cost, and the cost of goods of orders",
    (
        Column("month", "DATE", "First day of the month", unit="date", required=True),
        text("function", "Line of the books that the cost stands on"),
        text("pool", "Cost pool; `orders` for the cost of goods of orders"),
        text("campaign", "Campaign that this part of the pool is for; empty for the rest"),
        money("cost", "All of it; sums to the books"),
        money("direct", "Part that names its party"),
        text("driver", "What the rest is shared out by; `direct` where there is no rest"),
        Column("quality", "VARCHAR", "What kind of a measure the driver is", required=True, values=COST_QUALITIES),
        yes("fallback", "The driver stands in for the pool's own, which has no units in the month"),
        number("units", "Units of the driver, those of unknown parties too", "units of the driver"),
        number("capacity_minutes", "Practical capacity, of the ledger or else as configured", "minutes"),
        number("minutes_used", "Minutes that the driver counts", "minutes"),
        number(
            "rate_per_minute",
            "What a minute costs: of the capacity, or of the minutes used where they are more or it is not known",
            "reporting currency a minute",
        ),
        number("unused_minutes", "Capacity that nobody used", "minutes"),
        money("unused_cost", "What it costs, as in the books"),
        number("over_capacity_minutes", "Minutes beyond the capacity", "minutes"),
    ),
    key=("month", "function", "pool", "campaign"),
)


CASH_NOTES = Table(
    "cash_notes",
    "remark on the cost data and place that it is about",
    (
        Column("note", "VARCHAR", "Kind of remark", required=True, values=COST_NOTES),
        text("place", "Pool, activity, campaign, month or table"),
        count("rows", "How many ledger lines, rows, months or parties"),
        money("amount", "Money that it is about", required=False),
        text("message", "What there is to know, and what to do"),
    ),
    key=("note", "place"),
)


CHANNELS = Table(
    "channels",
    "party with a marketing contact or with money",
    (
        party(),
        text("channel", "Kind of the first contact; `none` without one"),
        text("campaign", "Campaign of the first contact", required=False),
        day("touched_on", "Day of the first contact"),
        day("won_month", "First day of the month of the first money; missing: never bought"),
        count("months", "Months from that one to the as-of date, both counted"),
    ),
    key=("party_id",),
)
