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
        _text("true_party", "The real party behind it; people count with their organisation"),
        _text("planted", "Why the record exists, such as duplicate_typo", required=False),
        _text("true_person", "The real party when people count by themselves"),
        _text("true_parent", "The real party when a subsidiary counts with the organisation that owns it"),
        _text("true_group", "The real party when everybody counts with the organisation at the top"),
    ),
    key=("system", "record"),
)

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
    "party and side of a team's list where it disagrees with the headline list, at the data end",
    (
        _party(),
        _text("definition", "Team: sales, marketing, finance or product"),
        _text("side", "only_team: on the team's list alone. only_headline: on the headline list alone"),
        _text(
            "reason",
            "In the words of `reasons`. Where the records, joined by exact keys, show a side that is not so: "
            "`unmatched_id` (an event lies on a record that no key joins, or on none) or `duplicate` (a second account "
            "at the payment provider)",
        ),
    ),
    key=("true_party", "definition", "side"),
)

TRUTH_FAULTS = Table(
    "truth_faults",
    "party and month end at which its records, joined by exact keys, show another stage than the true one",
    (
        _party(),
        Column("as_of", "DATE", "Month end", unit="date", required=True),
        Column(
            "cause",
            "VARCHAR",
            "Why: records that no key joins, a second account at the payment provider, or events without a record",
            required=True,
            values=("unmatched_id", "duplicate", "missing_record"),
        ),
        _text("shown_stage", "Stage that its main records show; missing when none was there yet", required=False),
        _text("shown_reason", "Sub-reason that they show", required=False),
    ),
    key=("true_party", "as_of"),
)

TRUTH_MRR = Table(
    "truth_mrr",
    "party and month end at which it has recurring revenue",
    (
        _party(),
        Column("as_of", "DATE", "Month end", unit="date", required=True),
        _money("mrr", "Monthly price of the signed contracts that cover the day, each at the rate of its signature"),
        Column("mrr_in_currency", MONEY, "The same in the currency of its contracts", unit="currency", required=True),
    ),
    key=("true_party", "as_of"),
)

TRUTH_STATUSES = Table(
    "truth_statuses",
    "party that somebody gave a paying status by hand",
    (
        _party(),
        _text("manual", "What was set last: paying or not_paying"),
        Column("manual_on", "DATE", "Day it was set", unit="date", required=True),
        Column(
            "pays",
            "BOOLEAN",
            "Bought on, and the months paid for reach the data end or the 15 days before; or ordered in 90 days",
            required=True,
        ),
        Column("stale", "BOOLEAN", "What was set is no longer so", required=True),
    ),
    key=("true_party",),
)

TRUTH_CONTRACT_ISSUES = Table(
    "truth_contract_issues",
    "row of the contract register and what is wrong with it",
    (
        _text("system", "System"),
        _text("contract", "Contract term"),
        Column(
            "issue",
            "VARCHAR",
            "overlap: a renewal written down twice. gap: written to start days after the term before has ended. "
            "missing_end: a term of twelve months without a last day. not_signed: drafted alone. backdated: signed "
            "after its start, or recorded more than 31 days after its signature. no_party: names no customer. "
            "end_before_start and no_price (below 0): rows that no run accepts",
            required=True,
            values=(
                "overlap",
                "gap",
                "missing_end",
                "not_signed",
                "backdated",
                "no_party",
                "end_before_start",
                "no_price",
            ),
        ),
    ),
    key=("system", "contract", "issue"),
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
        TRUTH_PARTIES, TRUTH_STAGES, TRUTH_FAULTS, TRUTH_REASONS, TRUTH_MRR, TRUTH_STATUSES, TRUTH_CONTRACT_ISSUES,
        TRUTH_COSTS, TRUTH_RATES, TRUTH_REFERRALS, TRUTH_FUTURE,
    )
}  # fmt: skip
