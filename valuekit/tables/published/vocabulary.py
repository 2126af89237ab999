"""The words that several published tables share."""

CASH_LINES = (
    "revenue", "refunds", "cost_of_goods", "acquisition", "retention", "sales", "support", "incentives", "other",
)  # fmt: skip
"""Lines of a customer's cash statement, from the top; net cash is their sum."""

COST_LINES = CASH_LINES[2:]
"""Lines of cost, which the cash view and the invoiced view share."""

BOOK_LINES = (
    "revenue", "refunds", "cost_of_goods", "marketing", "sales", "support", "incentives", "other", "general",
)  # fmt: skip
"""Lines of the company's books, by the function that the ledger names; nobody carries `general`."""

MARKETING_LINES = ("acquisition", "retention")
"""The two lines that marketing has in a statement: until the month of the first money received, and after it."""

COST_QUALITIES = (
    "direct", "measured time", "time equation", "measured money", "counted", "revenue", "equal", "none",
)  # fmt: skip
"""How good the driver of a pool is as a picture of what was caused, the best first."""

COST_NOTES = (
    "pool_without_driver", "driver_without_pool", "activity_without_pool", "activity_not_timed", "ledger_month_missing",
    "campaign_touched_nobody", "minutes_below_zero", "currency_without_rate", "paid_in_another_currency",
    "cost_of_the_lost",
)  # fmt: skip
"""Kinds of remarks on the cost data."""

VALUE_NOTES = ("contracts_without_money", "data_end_early", "nobody_has_paid", "renewal_groups_too_small")
"""Kinds of remarks on the lifetime value."""

STREAMS = ("revenue", "cost_of_goods", "marketing", "sales", "support", "incentives", "other", "advocacy", "innovation")
"""Streams of the value cube; lifetime value is the discounted sum over them."""

HORIZON_YEARS = 10

STAGES = (
    "prospect", "signed_unpaid", "active", "inactive", "lapsed_paying", "churned",
    "paid_without_contract", "contact", "served", "supplier", "internal",
)  # fmt: skip
"""Lifecycle stages: every party is in exactly one. Customers are `active` + `inactive`."""

TEAMS = ("sales", "marketing", "finance", "product")
"""Keys of the four teams' definitions, in the order in which they meet a customer: the counts that contradict each
other."""

CUSTOMER_STAGES = ("active", "inactive")
"""Current customers: contract signed, first payment made, contract current."""

VALUED_STAGES = ("active", "inactive", "lapsed_paying", "churned", "paid_without_contract")
"""Stages of parties that have paid at least once: those that get a lifetime value and a value tier."""

MRR_KINDS = ("new_business", "expansion", "reactivation", "contraction", "churn", "fx")
"""Ways in which monthly recurring revenue moves."""
