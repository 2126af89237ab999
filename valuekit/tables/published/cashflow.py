"""Net cash by party and month, tied to the books."""

from valuekit.money import MONEY
from valuekit.tables.published.columns import count, day, money, number, party, text, yes
from valuekit.tables.published.vocabulary import CASH_LINES, COST_NOTES, COST_QUALITIES
from valuekit.tables.schema import Column, Table

BOOKS = Table(
    "books",
    "month, line, pool and currency of the books: the tie-out",
    (
        Column("month", "DATE", "Month by its name: the first day of the calendar month", unit="date", required=True),
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
        Column("month", "DATE", "Month by its name: the first day of the calendar month", unit="date", required=True),
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


PARTY_POOLS = Table(
    "party_pools",
    "party, line and pool of the books with cost in the last 12 months",
    (
        party(),
        text("line", "Line of the books that the cost stands on"),
        text("pool", "Cost pool; `orders` for the cost of goods of orders"),
        money("cost_12m", "What the party carries of it, named or shared out; sums to `attributed` of the books"),
    ),
    key=("party_id", "line", "pool"),
)


SCALE_CURVES = Table(
    "scale_curves",
    "function and pool that was shared out by units of a driver",
    (
        text("function", "Function of the ledger"),
        text("pool", "Cost pool"),
        text("driver", "What its volume is counted in: the driver of its latest month"),
        Column("basis", "VARCHAR", "Where the elasticity comes from", required=True,
               values=("given", "estimated", "none")),
        text("reason", "Why there is no scale effect, one word; missing where there is one", required=False),
        number("elasticity", "Percent of cost by percent of volume that is used; below 1, unit cost falls with volume"),
        number("estimate", "What the months say, whether it is used or not"),
        number("low", "Lower end of the 95% interval of the estimate"),
        number("high", "Upper end"),
        count("months", "Months with cost and units that the estimate rests on"),
        money("cost_12m", "Cost shared out in the last 12 months, positive"),
        number("units_12m", "Units of the driver in the last 12 months"),
        number("unit_cost", "cost_12m / units_12m", "reporting currency"),
        money("residual_12m", "Credits of all parties, taken back: cost that nobody alone causes"),
    ),
    key=("function", "pool"),
)  # fmt: skip


SCALE_EFFECTS = Table(
    "scale_effects",
    "party with any cash up to the as-of date",
    (
        party(),
        money("standalone_12m", "Net cash of the last 12 months, every unit at its average cost"),
        money("scale_credit_12m", "What all others would pay more without it"),
        money("with_scale_12m", "standalone_12m + scale_credit_12m"),
        text("main_pool", "Pool with the largest part of the credit", required=False),
        money("main_pool_credit_12m", "The credit from that pool", required=False),
        number("main_pool_share", "Its share of the volume of that pool", "share"),
    ),
    key=("party_id",),
)


SCALE_GROUPS = Table(
    "scale_groups",
    "grouping of parties (stage or tier) and group",
    (
        text("grouping", "stage or tier"),
        text("member", "The group; `not known` for money and units without a party, `no tier`, or `others`"),
        count("parties", "Parties with cash in the group"),
        money("standalone_12m", "Their net cash of the last 12 months at average cost"),
        money("scale_effect_12m", "What a fair share of the scale (Shapley) adds; sums to zero over the groups"),
        money("with_scale_12m", "standalone_12m + scale_effect_12m"),
    ),
    key=("grouping", "member"),
)


BREAK_EVEN = Table(
    "break_even",
    "party with any cash up to the as-of date, and one for the enterprise",
    (
        Column("party_id", "VARCHAR", "Party; missing for the enterprise"),
        money("net_cash_12m", "Net cash of the last 12 months"),
        money("variable_12m", "The part that moves with volume"),
        money("fixed_12m", "The part that does not; of the enterprise: unallocated + unused capacity + `capacity_12m`"),
        money("priced_12m", "The part that moves with price: revenue and refunds"),
        money("capacity_12m", "Of the enterprise: cost of capacity in use, fixed until the capacity is used up"),
        number("volume", "Multiple of the volume at which net cash is zero", "multiple"),
        text("volume_reason", "Why there is none, one word", required=False),
        number("price_change", "Change of price at which net cash is zero; 0.1 is 10% more", "share"),
        text("price_reason", "Why there is none, one word", required=False),
        number("minutes_a_month", "Minutes of support a month", "minutes"),
        number("minute_rate", "Cost of a minute of support, of the company", "reporting currency"),
        number("minutes_at_zero", "Minutes of support a month at which net cash is zero", "minutes"),
        text("minutes_reason", "Why there are none, one word", required=False),
    ),
    key=("party_id",),
)


POOL_MONTHS = Table(
    "pool_months",
    "month, function, pool and campaign of the ledger's cost, and the cost of goods of orders",
    (
        Column("month", "DATE", "Month by its name: the first day of the calendar month", unit="date", required=True),
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
