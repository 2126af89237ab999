"""The tables that a snapshot publishes, in the order in which a run makes them.

Money is in the reporting currency, signed by its effect on cash: revenue is positive, refunds and costs are negative,
so that every total is a plain sum. `party_id` is the id of one real party, whatever records it has.
"""

from valuekit.money import MONEY
from valuekit.tables.schema import Column, Table

CASH_LINES = ("revenue", "refunds", "cost_of_goods", "marketing", "sales", "support", "incentives")
"""Lines of a customer's cash statement, from the top; net cash is their sum."""

STREAMS = ("revenue", "cost_of_goods", "marketing", "sales", "support", "incentives", "advocacy", "innovation")
"""Streams of the value cube; lifetime value is the discounted sum over them."""

HORIZON_YEARS = 10

STAGES = (
    "prospect", "signed_unpaid", "active", "inactive", "lapsed_paying", "churned",
    "paid_without_contract", "contact", "served", "supplier", "internal",
)  # fmt: skip
"""Lifecycle stages: every party is in exactly one. Customers are `active` + `inactive`."""

CUSTOMER_STAGES = ("active", "inactive")
"""Current customers: contract signed, first payment made, contract current."""

VALUED_STAGES = ("active", "inactive", "lapsed_paying", "churned", "paid_without_contract")
"""Stages of parties that have paid at least once: those that get a lifetime value and a value tier."""


def _party() -> Column:
    return Column("party_id", "VARCHAR", "Party", required=True)


def _text(name: str, meaning: str, *, required: bool = True) -> Column:
    return Column(name, "VARCHAR", meaning, required=required)


def _day(name: str, meaning: str) -> Column:
    return Column(name, "DATE", meaning, unit="date")


def _count(name: str, meaning: str) -> Column:
    return Column(name, "BIGINT", meaning, unit="count", required=True)


def _yes(name: str, meaning: str) -> Column:
    return Column(name, "BOOLEAN", meaning, required=True)


def _money(name: str, meaning: str, *, required: bool = True) -> Column:
    return Column(name, MONEY, meaning, unit="reporting currency", required=required)


def _number(name: str, meaning: str, unit: str = "") -> Column:
    return Column(name, "DOUBLE", meaning, unit=unit)


INTAKE = Table(
    "intake",
    "source of the configuration",
    (
        _text("table_name", "Canonical table"),
        _text("source", "File, or database and query, as configured"),
        _count("rows_in", "Rows read"),
        _count("rows_accepted", "Rows that keep the contract"),
        _count("rows_quarantined", "Rows set aside with reasons; accepted + quarantined = read"),
        _count("rows_warned", "Accepted rows with a warning"),
        _count("rows_later", "Accepted rows left out because they are dated after as_of or recorded after known_on"),
        _count("rows_out", "Rows of the canonical table, after lines were summed into one where configured"),
    ),
    key=("table_name", "source"),
)

QUARANTINE = Table(
    "quarantine",
    "input row set aside, or accepted with a warning",
    (
        _text("table_name", "Canonical table"),
        _text("source", "File or database query"),
        Column("row_number", "BIGINT", "Row in the source; the first row of data is 1", unit="row", required=True),
        _text("severity", "`quarantine`: set aside. `warn`: accepted"),
        _text("reasons", "Every rule that the row breaks, joined by `; `"),
        _text("row_text", "The row as it was read, as JSON"),
    ),
    key=("table_name", "source", "row_number", "severity"),
)

PARTIES = Table(
    "parties",
    "party",
    (
        _party(),
        _text("name", "Name, from the oldest record that has one", required=False),
        _text("label", "What people call it: its name, or else system and record of its oldest record"),
        _text("kind", "person, organisation or group", required=False),
        _text("role", "What it is to the company: buyer, served, supplier, partner, internal or test"),
        _yes("is_supplier", "Some record says supplier or partner"),
        _count("records", "Records merged into it"),
        _text("systems", "Systems that know it, joined by `, `"),
        _day("created_on", "Day of its oldest record"),
    ),
    key=("party_id",),
)

PARTY_RECORDS = Table(
    "party_records",
    "party record",
    (_text("system", "System"), _text("record", "Record in that system"), _party()),
    key=("system", "record"),
)

MERGE_LOG = Table(
    "merge_log",
    "pair of records that a rule joined",
    (
        _party(),
        _text("system", "System of the joined record"),
        _text("record", "Joined record"),
        _text("to_system", "System of the record it was joined to"),
        _text("to_record", "Record it was joined to"),
        _text("rule", "Rule: email, tax_id, billing_id, domain_name or link"),
        _text("evidence", "The value that both records share"),
    ),
)

REVIEW_PAIRS = Table(
    "review_pairs",
    "pair of records that looks like one party and was not merged",
    (
        _text("system", "System of the first record"),
        _text("record", "First record"),
        _text("to_system", "System of the second record"),
        _text("to_record", "Second record"),
        _text("rule", "Rule that matched them"),
        _text("evidence", "The value that both records share"),
        _text("reason", "Why they were not merged, such as two billing ids"),
    ),
)

BOOKS = Table(
    "books",
    "month, line and pool of the books: the tie-out",
    (
        Column("month", "DATE", "First day of the month", unit="date", required=True),
        _text("line", "Line of the cash statement, or `general`"),
        _text("pool", "Cost pool; `payments` or `orders` for money received"),
        _text("driver", "How it was shared out; empty for money received"),
        _money("ledger", "Amount in the books, summed straight from the input"),
        _money("attributed", "Sum of what parties carry"),
        _money("unattributed", "Amount whose party is not known"),
        _money("unused_capacity", "Cost of capacity that nobody used"),
        _money("unallocated", "Cost that is not shared out to parties, such as general cost"),
        _money("difference", "ledger - attributed - unattributed - unused_capacity - unallocated; always 0"),
    ),
    key=("month", "line", "pool"),
)

CASH_MONTHS = Table(
    "cash_months",
    "party and month with any cash",
    (
        _party(),
        Column("month", "DATE", "First day of the month", unit="date", required=True),
        *(_money(line, f"Cash from {line.replace('_', ' ')}, signed by its effect") for line in CASH_LINES),
        _money("net_cash", "Sum of the lines"),
    ),
    key=("party_id", "month"),
)

CASH = Table(
    "cash",
    "party with any cash up to the as-of date",
    (
        _party(),
        _day("first_month", "First month with cash"),
        _day("last_month", "Last month with cash"),
        *(_money(line, f"Cash from {line.replace('_', ' ')} in all months") for line in CASH_LINES),
        _money("net_cash", "Sum of the lines in all months"),
        *(_money(f"{line}_12m", f"Cash from {line.replace('_', ' ')} in the last 12 months") for line in CASH_LINES),
        _money("net_cash_12m", "Sum of the lines in the last 12 months"),
    ),
    key=("party_id",),
)

FACTS = Table(
    "facts",
    "party, with everything dated that is known of it at the as-of date",
    (
        _party(),
        Column("as_of", "DATE", "The date described", unit="date", required=True),
        _text("role", "What the party is to the company"),
        _yes("is_internal", "Internal or test account"),
        _yes("is_supplier", "Also sells to the company"),
        _day("created_on", "Day of its oldest record"),
        _day("engaged_on", "First marketing contact"),
        _day("trial_started_on", "First trial"),
        _day("opened_on", "First deal opened"),
        _day("won_on", "First deal won"),
        _day("last_won_on", "Last deal won"),
        _count("deals_won", "Deals won"),
        _money("won_amount", "Value of deals won"),
        _day("signed_on", "First contract signed"),
        _day("contract_starts_on", "First day of the first contract"),
        _day(
            "contract_ends_on",
            "Last day of the latest contract, renewals included; missing when open-ended. "
            "After a lapse, a new contract is seen from the day it starts",
        ),
        _day("cancelled_on", "Day of notice for the latest contract"),
        _yes("has_contract", "Signed a contract"),
        _yes("contract_current", "A signed contract covers the as-of date"),
        _money("mrr", "Monthly recurring revenue of current contracts"),
        Column("term_months", "INTEGER", "Length of the current or latest term", unit="months"),
        _day("first_paid_on", "First payment above zero, contract or not"),
        _day("last_paid_on", "Last payment above zero"),
        _money("paid", "Payments minus refunds, chargebacks and credits"),
        _yes("has_paid", "Payments exceed refunds, chargebacks and credits, in the currency paid"),
        _money("invoiced", "Invoices, void ones left out"),
        _money("overdue", "Unpaid invoices past their due date"),
        _day("first_ordered_on", "First order above zero"),
        _day("last_ordered_on", "Last order above zero"),
        _count("orders", "Days with an order above zero"),
        _money("ordered", "Orders minus returns"),
        _yes("has_ordered", "Orders exceed returns, in the currency ordered"),
        _day("first_used_on", "First use of the product"),
        _day("last_used_on", "Last use of the product, trial or not"),
        _day("last_used_in_contract_on", "Last use on or after the first contract's start"),
        _number("days_since_use", "Days since last_used_in_contract_on; missing when never used", "days"),
        _number("days_since_order", "Days since the last order", "days"),
        _yes("used_this_month", "Used in the calendar month of the as-of date"),
        _money("net_cash", "Net cash in all months, from the cash statement"),
        _money("net_cash_12m", "Net cash in the last 12 months"),
    ),
    key=("party_id",),
)

STAGE = Table(
    "stages",
    "party",
    (
        _party(),
        Column("stage", "VARCHAR", "Lifecycle stage", required=True, values=STAGES),
        _text("reason", "Sub-reason, such as onboarding, no_recent_use, lapsed or cancelled", required=False),
        _day("since", "Day the party entered the stage, as far as the facts tell"),
    ),
    key=("party_id",),
)

DEFINITIONS = Table(
    "definitions",
    "definition of customer",
    (
        _text("definition", "Key, such as finance"),
        _text("label", "Name for people"),
        _text("owner", "Team that counts this way"),
        _text("system", "Source of truth"),
        _text("sentence", "What the number means, in one sentence"),
        _text("predicate", "The rule over facts and stage"),
        _yes("headline", "True for the one number that the company reports"),
        _count("members", "Parties that it counts; 0 when not countable"),
        _text("not_countable", "Why it can count nobody, such as a table without rows", required=False),
    ),
    key=("definition",),
)

MEMBERSHIPS = Table(
    "memberships",
    "party and definition that counts it",
    (_party(), _text("definition", "Definition")),
    key=("party_id", "definition"),
)

DIFFERENCES = Table(
    "definition_differences",
    "pair of definitions, side, stage and reason",
    (
        _text("definition_a", "First definition, by name"),
        _text("definition_b", "Second definition"),
        _text("side", "only_a, only_b or both"),
        _text("stage", "Lifecycle stage of the members"),
        _text("reason", "Sub-reason of the stage", required=False),
        _count("parties", "Members of this cell"),
    ),
    key=("definition_a", "definition_b", "side", "stage", "reason"),
)

CUBE = Table(
    "cube",
    "party and stream that is not zero",
    (
        _party(),
        Column("stream", "VARCHAR", "Stream of cash", required=True, values=STREAMS),
        *(_money(f"year_{y}", f"Expected cash in year {y} after the as-of date, not discounted")
          for y in range(1, HORIZON_YEARS + 1)),
    ),
    key=("party_id", "stream"),
)  # fmt: skip

LTV = Table(
    "ltv",
    "party that has paid more than it got back",
    (
        _party(),
        _text("model", "Model behind the value"),
        _text("basis", "own: its history decides; pooled: shared with its peers; prior: its peers alone"),
        _number("own_weight", "Weight of its own history in its expected purchases or renewals", "share"),
        _number("p_alive", "Probability that it is still a customer", "probability"),
        _money("ltv", "Expected discounted cash at the run's horizon and discount rate"),
    ),
    key=("party_id",),
)

SEGMENTS = Table(
    "segments",
    "party that has paid more than it got back",
    (
        _party(),
        _text("stage", "Lifecycle stage"),
        _text("tier", "Value tier"),
        Column("tier_order", "INTEGER", "1 is the highest tier", required=True),
        _money("ltv", "Lifetime value at the run's horizon and discount rate"),
        _money("net_cash_12m", "Net cash in the last 12 months"),
        _money("mrr", "Monthly recurring revenue"),
    ),
    key=("party_id",),
)

TIERS = Table(
    "tiers",
    "value tier",
    (
        _text("tier", "Name"),
        Column("tier_order", "INTEGER", "1 is the highest", required=True),
        _text("rule", "Which parties it holds, in words with its cut points"),
        _money("lowest_ltv", "Lowest value in it", required=False),
        _money("highest_ltv", "Highest value in it", required=False),
        _count("parties", "Parties in it"),
        _money("ltv", "Their lifetime value"),
        _money("net_cash_12m", "Their net cash in the last 12 months"),
    ),
    key=("tier",),
)

MEASURES = Table(
    "measures",
    "executive's measure of the best customer",
    (
        _text("measure", "Key"),
        _text("requirement", "Row of the product specification, B1 to B12"),
        _text("executive", "CCO, CPO, CMO, CRO or CFO"),
        _text("label", "Name for people"),
        _text("sentence", "Definition, in one sentence"),
        _text("unit", "Unit of the value"),
        _yes("high_is_best", "False where a low value is best"),
        _text("not_rankable", "Why the measure cannot be taken of anybody; empty when it can", required=False),
        _count("ranked", "Customers that it ranks"),
        _number("weight", "Weight in the consensus", "share"),
    ),
    key=("measure",),
)

RANKINGS = Table(
    "rankings",
    "current customer and measure that ranks it",
    (
        _party(),
        _text("measure", "Measure"),
        Column("value", "DOUBLE", "Value of the measure, in its unit", required=True),
        Column(
            "rank",
            "DOUBLE",
            "Rank; 1 is best; customers equal in value and tie-break share their mean rank",
            required=True,
        ),
    ),
    key=("party_id", "measure"),
)

AGREEMENT = Table(
    "agreement",
    "pair of measures",
    (
        _text("measure_a", "First measure"),
        _text("measure_b", "Second measure"),
        _count("common", "Customers that both rank"),
        _count("top_n", "How many of the best are compared"),
        _number("overlap", "Share of the top N that both name", "share"),
        _number(
            "kendall_tau_b",
            "Kendall tau-b over the common customers (above 50,000: over a sample of so many)",
            "correlation",
        ),
    ),
    key=("measure_a", "measure_b"),
)

CONSENSUS = Table(
    "consensus",
    "current customer",
    (
        _party(),
        _number("score", "Weighted mean Borda score over the measures that rank it; 1 is best, 0 is worst", "score"),
        _count("measures", "Measures that rank it"),
        Column("rank", "BIGINT", "Rank by score; missing when measures with less than half of the weight rank it"),
    ),
    key=("party_id",),
)

CHECKS = Table(
    "checks",
    "check of the run",
    (
        _text("check_name", "Name"),
        _yes("passed", "Result"),
        _text("expected", "What should be"),
        _text("actual", "What is"),
        _text("meaning", "What the check proves"),
    ),
    key=("check_name",),
)

PUBLISHED: dict[str, Table] = {
    t.name: t
    for t in (
        INTAKE, QUARANTINE, PARTIES, PARTY_RECORDS, MERGE_LOG, REVIEW_PAIRS, BOOKS, CASH_MONTHS, CASH, FACTS, STAGE,
        DEFINITIONS, MEMBERSHIPS, DIFFERENCES, CUBE, LTV, SEGMENTS, TIERS, MEASURES, RANKINGS, AGREEMENT, CONSENSUS,
        CHECKS,
    )
}  # fmt: skip
