"""What the simulator plants and records, so that every later claim can be measured against it. No run reads these."""

from valuekit.money import MONEY
from valuekit.tables.canonical import MINUTES
from valuekit.tables.published import STAGES
from valuekit.tables.schema import Column, Table


def _party() -> Column:
    return Column("true_party", "VARCHAR", "The real party behind its records", required=True)


def _text(name: str, meaning: str, *, required: bool = True) -> Column:
    return Column(name, "VARCHAR", meaning, required=required)


def _money(name: str, meaning: str) -> Column:
    return Column(name, MONEY, meaning, unit="reporting currency", required=True)


def _rate(name: str, meaning: str, unit: str) -> Column:
    return Column(name, "DOUBLE", meaning, unit=unit)


TRUTH_PARTIES = Table(
    "truth_parties",
    "party record",
    (
        _text("system", "System"),
        _text("record", "Record"),
        _party(),
        _text("planted", "Why the record exists, such as duplicate_typo", required=False),
    ),
    key=("system", "record"),
)  # fmt: skip

TRUTH_STAGES = Table(
    "truth_stages",
    "party and month end at which the party is known",
    (
        _party(),
        Column("as_of", "DATE", "Month end", unit="date", required=True),
        Column("stage", "VARCHAR", "True stage", required=True, values=STAGES),
        _text("reason", "True sub-reason", required=False),
    ),
    key=("true_party", "as_of"),
)

TRUTH_REASONS = Table(
    "truth_reasons",
    "party and team's list where it disagrees with the headline list, at the data end",
    (
        _party(),
        _text("definition", "Team: sales, marketing, finance or product"),
        _text("side", "only_team: on the team's list alone. only_headline: on the headline list alone"),
        _text("reason", "Planted reason"),
    ),
    key=("true_party", "definition"),
)

TRUTH_COSTS = Table(
    "truth_costs",
    "party, month and function that worked for it",
    (
        _party(),
        Column("month", "DATE", "First day of the month", unit="date", required=True),
        _text("function", "cost_of_goods, marketing, sales, support or incentives"),
        Column("minutes", MINUTES, "True minutes of work", unit="minutes", required=True),
        _money("cost", "True cost caused, positive"),
    ),
    key=("true_party", "month", "function"),
)

TRUTH_RATES = Table(
    "truth_rates",
    "party that ever buys",
    (
        _party(),
        _text("archetype", "Planted kind, such as heavy_service or volume_buyer"),
        _rate("renewal_probability", "Probability of renewing at each renewal", "probability"),
        _rate("usage_per_month", "Expected days of use a month", "days"),
        _rate("tickets_per_month", "Expected tickets a month", "tickets"),
    ),
    key=("true_party",),
)

TRUTH_REFERRALS = Table(
    "truth_referrals",
    "referral",
    (
        _text("system", "System"),
        _text("id", "Referral"),
        Column("would_have_joined_anyway", "BOOLEAN", "True when the referral made no difference", required=True),
    ),
    key=("system", "id"),
)

TRUTH_FUTURE = Table(
    "truth_future",
    "party that has ever paid and year after the data end",
    (
        _party(),
        Column("year", "INTEGER", "Year after the data end, 1 to 10", required=True),
        _money("revenue", "Cash received"),
        _money("cost_of_goods", "Cost of goods, negative"),
        _money("marketing", "Marketing cost, negative"),
        _money("sales", "Sales cost, negative"),
        _money("support", "Support cost, negative"),
        _money("incentives", "Incentives, negative"),
    ),
    key=("true_party", "year"),
)

TRUTH: dict[str, Table] = {
    t.name: t
    for t in (
        TRUTH_PARTIES, TRUTH_STAGES, TRUTH_REASONS, TRUTH_COSTS, TRUTH_RATES, TRUTH_REFERRALS, TRUTH_FUTURE,
    )
}  # fmt: skip
