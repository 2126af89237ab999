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
        _yes("in_review", "One of its records looks like a record of another party, and nobody has decided yet"),
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

PARTY_ALIASES = Table(
    "party_aliases",
    "party id of a former run that is no party's id any more",
    (
        _text("former_id", "The id that was"),
        _party(),
        _text("reason", "`merged`: its records went to an older party. `undone`: its records went to several"),
    ),
    key=("former_id",),
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
        _text("rule", "Rule: decision, link, billing_id, tax_id, email, domain_name, match or unit"),
        _text("evidence", "The value that both records share, or what a match agrees and differs in"),
        _number("probability", "Probability of a match; missing for exact keys", "probability"),
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
        _number("probability", "Probability of a match; missing for exact keys", "probability"),
    ),
)

LATE_RECORDS = Table(
    "late_records",
    "party, table, month and later month in which rows of that month were recorded",
    (
        _party(),
        _text("table_name", "Canonical table"),
        Column("month", "DATE", "First day of the month that the rows belong to", unit="date", required=True),
        Column("recorded_month", "DATE", "First day of the month in which they were recorded", "date", required=True),
        _count("rows", "Rows"),
    ),
    key=("party_id", "table_name", "month", "recorded_month"),
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
        _day("paid_until", "Last day that its payments cover, by the term of what was paid"),
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
        _money("profit_12m", "Invoices and orders of the last 12 months minus the cost of those months"),
        _count("records", "Records merged into it by then"),
        _yes("in_review", "One of its records may belong to another party"),
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
        _text("event_on", "The day that makes a party count, as an expression over the facts", required=False),
        _text("counts", "Whom it counts, in words", required=False),
        _text("excludes", "Whom it does not count, in words", required=False),
        _text("status", "agreed or open"),
        _text("answers", "Each team's own answer, as JSON: team to answer", required=False),
        _count("version", "Version that its owner gave it"),
        _text("fingerprint", "Hash of its rule and windows: a changed rule is another version"),
        _text("kind", "`team`: somebody's definition. `system`: all parties that a system has a record of"),
        _yes("headline", "True for the one number that the company reports"),
        _count("members", "Parties that it counts; 0 when not countable"),
        _count("members_with_internal", "Parties that it would count if internal and test accounts were let in"),
        _text("not_countable", "Why it can count nobody, such as a table without rows", required=False),
        _count("bit", "Its bit in every sum of definitions"),
        _count("reason_bits", "Reasons that can explain why it does not count a party, as a sum of their bits"),
    ),
    key=("definition",),
)

PARTY_LISTS = Table(
    "party_lists",
    "party: the definitions that count it, and what can explain that others do not",
    (
        _party(),
        _count("definitions", "Definitions that count it, as a sum of their bits"),
        _count("reasons", "Reasons that hold for it, as a sum of their bits"),
    ),
    key=("party_id",),
)

REASONS = Table(
    "reasons",
    "reason why one list counts a party and another does not, in order of priority",
    (
        _text("reason", "Key, such as onboarding"),
        Column("priority", "INTEGER", "1 is asked first: the first that holds is the reason", required=True),
        _count("bit", "Its bit in every sum of reasons"),
        _text("label", "Name for people"),
        _text("sentence", "What it says about the party"),
        _text("predicate", "The rule over facts and stage"),
        _text("asks", "Facts that a list must rest on for this to explain an absence; empty means any", required=False),
    ),
    key=("reason",),
)

RECONCILIATION = Table(
    "reconciliation",
    "month end, pair of definitions, side and reason",
    (
        Column("as_of", "DATE", "Month end, or the as-of date", unit="date", required=True),
        _text("definition_a", "First definition, in the order of `definitions`"),
        _text("definition_b", "Second definition"),
        _text("side", "only_a, only_b or both"),
        _text("reason", "The first reason that holds; `unexplained`, there even when 0; empty for both"),
        _count("parties", "Members of this cell"),
    ),
    key=("as_of", "definition_a", "definition_b", "side", "reason"),
)

HISTORY = Table(
    "history",
    "party and run of month ends in which its stage and its memberships stay the same",
    (
        _party(),
        Column("from_end", "DATE", "First month end of the run", unit="date", required=True),
        Column("until_end", "DATE", "Last month end of the run, or the as-of date", unit="date", required=True),
        Column("stage", "VARCHAR", "Lifecycle stage", required=True, values=STAGES),
        _text("reason", "Sub-reason of the stage", required=False),
        _count("definitions", "Definitions that count it, as a sum of their bits"),
        _text("former_stage", "Stage of the run before; missing for the first", required=False),
        _count("former_definitions", "Definitions that counted it in the run before, as a sum of their bits"),
        _count("first_definitions", "Definitions that count it for the first time, as a sum of their bits"),
    ),
    key=("party_id", "from_end"),
)

STAGE_MONTHS = Table(
    "stage_months",
    "month end, stage and reason",
    (
        Column("as_of", "DATE", "Month end, or the as-of date", unit="date", required=True),
        _yes("complete", "False for a month that is still running at the as-of date"),
        _text("stage", "Lifecycle stage"),
        _text("reason", "Sub-reason", required=False),
        _count("parties", "Parties"),
    ),
    key=("as_of", "stage", "reason"),
)

CUSTOMER_MOVEMENTS = Table(
    "customer_movements",
    "definition and month: begin + new + reactivated - churned = end",
    (
        _text("definition", "Definition"),
        Column("as_of", "DATE", "Month end, or the as-of date", unit="date", required=True),
        _yes("complete", "False for a month that is still running at the as-of date"),
        _count("begin", "Members at the month end before"),
        _count("new", "Members now, and never before"),
        _count("reactivated", "Members now and earlier, but not at the month end before"),
        _count("churned", "Members at the month end before, and no longer"),
        _count("end", "Members now"),
        Column(
            "new_using",
            "BIGINT",
            "Of the new ones, those that use the product at the month end; missing without a definition of use",
            unit="count",
        ),
        Column(
            "acquired",
            "BIGINT",
            "Parties that it ever counts, and whose event date lies in the month; missing without an event date",
            unit="count",
        ),
        _number("churn_rate", "Those of `begin` that churned, as a share of it", "share"),
        _number("growth_rate", "end / begin - 1", "share"),
    ),
    key=("definition", "as_of"),
)

JOINED_AND_LEFT = Table(
    "joined_and_left",
    "definition and party that joined and left between two month ends, as far as contracts tell",
    (
        _party(),
        _text("definition", "Definition: one that asks no more than contract, payment and stage"),
        Column("as_of", "DATE", "The month end after it", unit="date", required=True),
        _day("joined_on", "First day of the term"),
        _day("left_on", "Last day of the term"),
    ),
    key=("definition", "as_of", "party_id"),
)

PAYING_AND_USING = Table(
    "paying_and_using",
    "month: who pays and who uses, and who stopped either since the month end before",
    (
        Column("as_of", "DATE", "Month end, or the as-of date", unit="date", required=True),
        _yes("complete", "False for a month that is still running at the as-of date"),
        _count("paying_and_using", "Parties that pay and use"),
        _count("paying_only", "Parties that pay and do not use"),
        _count("using_only", "Parties that use and do not pay"),
        _count("paying_begin", "Paying at the month end before: the denominator of payment churn"),
        _count("using_begin", "Using at the month end before: the denominator of usage churn"),
        _count("stopped_paying", "Paying at the month end before, and no longer"),
        _count("stopped_using", "Using at the month end before, and no longer"),
        _count("stopped_both", "Stopped both in the month"),
        _number("payment_churn_rate", "stopped_paying / paying_begin", "share"),
        _number("usage_churn_rate", "stopped_using / using_begin", "share"),
    ),
    key=("as_of",),
)

MRR_KINDS = ("new_business", "expansion", "reactivation", "contraction", "churn", "fx")
"""Ways in which monthly recurring revenue moves."""

MRR_MOVEMENTS = Table(
    "mrr_movements",
    "party, month and kind of movement that is not zero",
    (
        _party(),
        Column("as_of", "DATE", "Month end, or the as-of date", unit="date", required=True),
        Column("movement", "VARCHAR", "Kind", required=True, values=MRR_KINDS),
        _money("amount", "Change of its monthly recurring revenue; losses are negative"),
    ),
    key=("party_id", "as_of", "movement"),
)

MRR_MONTHS = Table(
    "mrr_months",
    "month: begin + movements = end (losses are negative)",
    (
        Column("as_of", "DATE", "Month end, or the as-of date", unit="date", required=True),
        _yes("complete", "False for a month that is still running at the as-of date"),
        _money("begin", "Monthly recurring revenue at the month end before"),
        *(_money(kind, f"Change by {kind.replace('_', ' ')}") for kind in MRR_KINDS),
        _money("end", "Monthly recurring revenue at the month end: a balance, never summed over months"),
        _money("end_without_rate", "Part of `end` at the rate of signature, because the month end has none"),
        _count("customers_begin", "Parties with recurring revenue at the month end before"),
        _count("customers_new", "Parties with recurring revenue for the first time"),
        _count("customers_reactivated", "Parties with recurring revenue again"),
        _count("customers_churned", "Parties whose recurring revenue went to zero"),
        _count("customers_end", "Parties with recurring revenue at the month end"),
        _number("logo_churn_rate", "Those of `customers_begin` that churned, as a share of them", "share"),
        _number("gross_churn_rate", "-(churn + contraction) / begin, of those that were there at the begin", "share"),
        _number("net_churn_rate", "-(churn + contraction + expansion) / begin, of those that were there", "share"),
        _number("grr", "Gross revenue retention: 1 - gross_churn_rate", "share"),
        _number("nrr", "Net revenue retention: 1 - net_churn_rate", "share"),
        _number("quick_ratio", "(new_business + reactivation + expansion) / -(contraction + churn)", "ratio"),
        _number("arpa", "end / customers_end", "reporting currency"),
        _number("annual_churn_rate", "1 - (1 - logo_churn_rate)^12; missing for a month that still runs", "share"),
    ),
    key=("as_of",),
)

CONTRACT_ISSUES = Table(
    "contract_issues",
    "contract term and what is wrong with it",
    (
        Column("party_id", "VARCHAR", "Party; missing when its record is unknown or the row was set aside"),
        _text("system", "System"),
        _text("contract", "Contract term"),
        _text(
            "issue",
            "overlap, gap, end_before_start, missing_end, not_signed, backdated, no_price, no_party, "
            "cancelled_after_end, or set_aside: a row that is no contract for another reason",
        ),
        _text("detail", "What is wrong, with the days"),
    ),
    key=("system", "contract", "issue"),
)

RENEWALS = Table(
    "renewals",
    "contract term that ends soon after the as-of date",
    (
        _party(),
        _text("system", "System"),
        _text("contract", "Contract term"),
        Column("renews_on", "DATE", "First day after the term", unit="date", required=True),
        _count("days_left", "Days from the as-of date"),
        _yes("auto_renew", "It goes on unless the customer gives notice"),
        _yes("notice_given", "The customer gave notice: it ends"),
        _money("mrr", "Monthly recurring revenue of the term"),
    ),
    key=("system", "contract"),
)

STATUS_WORDS = Table(
    "status_words",
    "word of a payment provider, or of people, for who pays",
    (
        _text("origin", "provider or manual"),
        _text("status", "The word, as it was read"),
        _text("meaning", "paying, not_paying, trial or unknown"),
        _count("rows", "Rows that say it"),
        _count("parties", "Parties whose latest status it is"),
    ),
    key=("origin", "status"),
)

PAYING_STATUS = Table(
    "paying_status",
    "party that somebody gave a paying status, or that pays",
    (
        _party(),
        _text("manual", "By hand: paying, not_paying, trial or unknown", required=False),
        _day("manual_on", "Day it was set by hand"),
        _text("provider", "By the payment provider: paying, not_paying, trial or unknown", required=False),
        _day("provider_on", "Day the provider set it"),
        _text("derived", "By payments, contracts and orders: paying or not_paying"),
        _yes("stale", "Set by hand before the last event that changed whether it pays, and wrong now"),
        _day("wrong_since", "Day of that event; missing unless stale"),
    ),
    key=("party_id",),
)

MANAGED_IN = Table(
    "managed_in",
    "current customer",
    (
        _party(),
        _text("system", "The one system that manages it"),
        _text("rule", "The rule that says so"),
    ),
    key=("party_id",),
)

COMMISSIONS = Table(
    "commissions",
    "deal won: the day that earns the commission, under each rule",
    (
        _text("system", "System"),
        _text("deal", "Deal"),
        Column("party_id", "VARCHAR", "Party; missing when its record is unknown"),
        _text("owner", "Salesperson", required=False),
        _money("amount", "Value of the deal"),
        _day("signed", "Under the rule `contract signed`"),
        _day("first_payment", "Under the rule `first payment received`"),
        _day("active_use", "Under the rule `customer uses it`"),
        _yes("rules_disagree", "Due under one rule and not under another at the as-of date, or in another month"),
    ),
    key=("system", "deal"),
)

RELATIONSHIPS = Table(
    "relationships",
    "party that serves another without selling to it",
    (
        Column("party_id", "VARCHAR", "Served party", required=True),
        Column("served_by", "VARCHAR", "Serving party; missing when the company itself serves"),
        _text("kind", "Type of relationship, as configured, such as person-person"),
        _text("serving_role", "What the company calls the one that serves"),
        _text("aim", "money: the served also buys. mission: it does not"),
    ),
)

TRADE = Table(
    "trade",
    "party that the company buys from",
    (
        _party(),
        _money("received", "Money received from it, refunds subtracted"),
        _money("paid", "Money paid to it, negative"),
        _money("net", "received + paid"),
        _yes("is_customer", "It is a current customer too"),
    ),
    key=("party_id",),
)

CASH_AND_PROFIT = Table(
    "cash_and_profit",
    "sign of net cash and sign of profit, of current customers over 12 months",
    (
        _yes("cash_positive", "Net cash of the last 12 months above zero: a customer by cash"),
        _yes("profitable", "Profit of the last 12 months above zero"),
        _text("label", "Name of the cell"),
        _count("parties", "Customers in the cell"),
        _money("net_cash_12m", "Their net cash"),
        _money("profit_12m", "Their profit"),
    ),
    key=("cash_positive", "profitable"),
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
        INTAKE, QUARANTINE, PARTIES, PARTY_RECORDS, PARTY_ALIASES, MERGE_LOG, REVIEW_PAIRS, LATE_RECORDS, BOOKS, CASH_MONTHS,
        CASH, FACTS, STAGE, DEFINITIONS, MEMBERSHIPS, DIFFERENCES, PARTY_LISTS, REASONS, RECONCILIATION, HISTORY,
        STAGE_MONTHS, CUSTOMER_MOVEMENTS, JOINED_AND_LEFT, PAYING_AND_USING, MRR_MOVEMENTS, MRR_MONTHS,
        CONTRACT_ISSUES, RENEWALS, STATUS_WORDS, PAYING_STATUS, MANAGED_IN, COMMISSIONS, RELATIONSHIPS, TRADE,
        CASH_AND_PROFIT,
        CUBE, LTV, SEGMENTS, TIERS, MEASURES, RANKINGS, AGREEMENT, CONSENSUS, CHECKS,
    )
}  # fmt: skip
