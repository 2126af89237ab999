"""Lifetime value and the segments by it."""

from valuekit.tables.published.columns import count, money, number, party, text
from valuekit.tables.published.vocabulary import HORIZON_YEARS, STREAMS
from valuekit.tables.schema import Column, Table

CUBE = Table(
    "cube",
    "party and stream that is not zero",
    (
        party(),
        Column("stream", "VARCHAR", "Stream of cash", required=True, values=STREAMS),
        *(money(f"year_{y}", f"Expected cash in year {y} after the as-of date, not discounted")
          for y in range(1, HORIZON_YEARS + 1)),
    ),
    key=("party_id", "stream"),
)  # fmt: skip


LTV = Table(
    "ltv",
    "party that has paid more than it got back",
    (
        party(),
        text("model", "Model behind the value"),
        text("basis", "own: its history decides; pooled: shared with its peers; prior: its peers alone"),
        number("own_weight", "Weight of its own history in its expected purchases or renewals", "share"),
        number("p_alive", "Probability that it is still a customer", "probability"),
        money("ltv", "Expected discounted cash at the run's horizon and discount rate"),
    ),
    key=("party_id",),
)


SEGMENTS = Table(
    "segments",
    "party that has paid more than it got back",
    (
        party(),
        text("stage", "Lifecycle stage"),
        text("tier", "Value tier"),
        Column("tier_order", "INTEGER", "1 is the highest tier", required=True),
        money("ltv", "Lifetime value at the run's horizon and discount rate"),
        money("net_cash_12m", "Net cash in the last 12 months"),
        money("mrr", "Monthly recurring revenue"),
    ),
    key=("party_id",),
)


TIERS = Table(
    "tiers",
    "value tier",
    (
        text("tier", "Name"),
        Column("tier_order", "INTEGER", "1 is the highest", required=True),
        text("rule", "Which parties it holds, in words with its cut points"),
        money("lowest_ltv", "Lowest value in it", required=False),
        money("highest_ltv", "Highest value in it", required=False),
        count("parties", "Parties in it"),
        money("ltv", "Their lifetime value"),
        money("net_cash_12m", "Their net cash in the last 12 months"),
    ),
    key=("tier",),
)
