"""Facts, stages, and every definition over them; at the date described and at the month ends before it."""

from valuekit.tables.published.columns import count, day, money, number, party, text, yes
from valuekit.tables.published.vocabulary import STAGES
from valuekit.tables.schema import Column, Table

FACTS = Table(
    "facts",
    "party, with everything dated that is known of it at the as-of date",
    (
        party(),
        Column("as_of", "DATE", "The date described", unit="date", required=True),
        text("role", "What the party is to the company"),
        yes("is_internal", "Internal or test account"),
        yes("is_supplier", "Also sells to the company"),
        day("created_on", "Day of its oldest record"),
        day("engaged_on", "First marketing contact"),
        day("trial_started_on", "First trial"),
        day("opened_on", "First deal opened"),
        day("won_on", "First deal won"),
        day("last_won_on", "Last deal won"),
        count("deals_won", "Deals won"),
        money("won_amount", "Value of deals won"),
        day("signed_on", "First contract signed"),
        day("contract_starts_on", "First day of the first contract"),
        day(
            "contract_ends_on",
            "Last day of the latest contract, renewals included; missing when open-ended. "
            "After a lapse, a new contract is seen from the day it starts",
        ),
        day("cancelled_on", "Day of notice for the latest contract"),
        yes("has_contract", "Signed a contract"),
        yes("contract_current", "A signed contract covers the as-of date"),
        money("mrr", "Monthly recurring revenue of current contracts"),
        Column("term_months", "INTEGER", "Length of the current or latest term", unit="months"),
        day("first_paid_on", "First payment above zero, contract or not"),
        day("last_paid_on", "Last payment above zero"),
        money("paid", "Payments minus refunds, chargebacks and credits, without tax"),
        yes("has_paid", "Payments exceed refunds, chargebacks and credits, in the currency paid and tax included"),
        day("paid_until", "Last day that its payments cover, by the term of what was paid"),
        money("invoiced", "Invoices without tax, void ones left out"),
        money("overdue", "Unpaid invoices past their due date, tax included"),
        day("first_ordered_on", "First order above zero"),
        day("last_ordered_on", "Last order above zero"),
        count("orders", "Days with an order above zero"),
        money("ordered", "Orders minus returns, without tax"),
        yes("has_ordered", "Orders exceed returns, in the currency ordered and tax included"),
        day("first_used_on", "First use of the product"),
        day("last_used_on", "Last use of the product, trial or not"),
        day("last_used_in_contract_on", "Last use on or after the first contract's start"),
        number("days_since_use", "Days since last_used_in_contract_on; missing when never used", "days"),
        number("days_since_order", "Days since the last order", "days"),
        yes("used_this_month", "Used in the calendar month of the as-of date"),
        money("net_cash", "Net cash in all months, from the cash statement"),
        money("net_cash_12m", "Net cash in the last 12 months"),
        money("profit_12m", "Invoices and orders of the last 12 months without tax, minus the cost of those months"),
        count("records", "Records merged into it by then"),
        yes("in_review", "One of its records may belong to another party"),
    ),
    key=("party_id",),
)


STAGE = Table(
    "stages",
    "party",
    (
        party(),
        Column("stage", "VARCHAR", "Lifecycle stage", required=True, values=STAGES),
        text("reason", "Sub-reason, such as onboarding, no_recent_use, lapsed or cancelled", required=False),
        day("since", "Day the party entered the stage, as far as the facts tell"),
    ),
    key=("party_id",),
)


DEFINITIONS = Table(
    "definitions",
    "definition of customer",
    (
        text("definition", "Key, such as finance"),
        text("label", "Name for people"),
        text("owner", "Team that counts this way"),
        text("system", "Source of truth"),
        text("sentence", "What the number means, in one sentence"),
        text("predicate", "The rule over facts and stage"),
        text("event_on", "The day that makes a party count, as an expression over the facts", required=False),
        text("counts", "Whom it counts, in words", required=False),
        text("excludes", "Whom it does not count, in words", required=False),
        text("status", "agreed or open"),
        text("answers", "Each team's own answer, as JSON: team to answer", required=False),
        count("version", "Version that its owner gave it"),
        text("fingerprint", "Hash of its rule and windows: a changed rule is another version"),
        text("kind", "`team`: somebody's definition. `system`: all parties that a system has a record of"),
        yes("headline", "True for the one number that the company reports"),
        count("members", "Parties that it counts; 0 when not countable"),
        count("members_with_internal", "Parties that it would count if internal and test accounts were let in"),
        text("not_countable", "Why it can count nobody, such as a table without rows", required=False),
        count("bit", "Its bit in every sum of definitions"),
        count("reason_bits", "Reasons that can explain why it does not count a party, as a sum of their bits"),
    ),
    key=("definition",),
)


MEMBERSHIPS = Table(
    "memberships",
    "party and definition that counts it",
    (party(), text("definition", "Definition")),
    key=("party_id", "definition"),
)


PARTY_LISTS = Table(
    "party_lists",
    "party: the definitions that count it, and what can explain that others do not",
    (
        party(),
        count("definitions", "Definitions that count it, as a sum of their bits"),
        count("reasons", "Reasons that hold for it, as a sum of their bits"),
    ),
    key=("party_id",),
)


REASONS = Table(
    "reasons",
    "reason why one list counts a party and another does not, in order of priority",
    (
        text("reason", "Key, such as onboarding"),
        Column("priority", "INTEGER", "1 is asked first: the first that holds is the reason", required=True),
        count("bit", "Its bit in every sum of reasons"),
        text("label", "Name for people"),
        text("sentence", "What it says about the party"),
        text("predicate", "The rule over facts and stage"),
        text("asks", "Facts that a list must rest on for this to explain an absence; empty means any", required=False),
    ),
    key=("reason",),
)


RECONCILIATION = Table(
    "reconciliation",
    "month end, pair of definitions, side and reason",
    (
        Column("as_of", "DATE", "Month end, or the as-of date", unit="date", required=True),
        text("definition_a", "First definition, in the order of `definitions`"),
        text("definition_b", "Second definition"),
        text("side", "only_a, only_b or both"),
        text("reason", "The first reason that holds; `unexplained`, there even when 0; empty for both"),
        count("parties", "Members of this cell"),
    ),
    key=("as_of", "definition_a", "definition_b", "side", "reason"),
)


HISTORY = Table(
    "history",
    "party and run of month ends in which its stage and its memberships stay the same",
    (
        party(),
        Column("from_end", "DATE", "First month end of the run", unit="date", required=True),
        Column("until_end", "DATE", "Last month end of the run, or the as-of date", unit="date", required=True),
        Column("stage", "VARCHAR", "Lifecycle stage", required=True, values=STAGES),
        text("reason", "Sub-reason of the stage", required=False),
        count("definitions", "Definitions that count it, as a sum of their bits"),
        text("former_stage", "Stage of the run before; missing for the first", required=False),
        count("former_definitions", "Definitions that counted it in the run before, as a sum of their bits"),
        count("first_definitions", "Definitions that count it for the first time, as a sum of their bits"),
    ),
    key=("party_id", "from_end"),
)


STAGE_MONTHS = Table(
    "stage_months",
    "month end, stage and reason",
    (
        Column("as_of", "DATE", "Month end, or the as-of date", unit="date", required=True),
        yes("complete", "False for a month that is still running at the as-of date"),
        text("stage", "Lifecycle stage"),
        text("reason", "Sub-reason", required=False),
        count("parties", "Parties"),
    ),
    key=("as_of", "stage", "reason"),
)
