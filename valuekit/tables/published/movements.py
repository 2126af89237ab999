"""How customers and recurring revenue move from month to month."""

from valuekit.tables.published.columns import count, day, money, number, party, text, yes
from valuekit.tables.published.vocabulary import MRR_KINDS
from valuekit.tables.schema import Column, Table

CUSTOMER_MOVEMENTS = Table(
    "customer_movements",
    "definition and month: begin + new + reactivated - churned = end",
    (
        text("definition", "Definition"),
        Column("as_of", "DATE", "Month end, or the as-of date", unit="date", required=True),
        yes("complete", "False for a month that is still running at the as-of date"),
        count("begin", "Members at the month end before"),
        count("new", "Members now, and never before"),
        count("reactivated", "Members now and earlier, but not at the month end before"),
        count("churned", "Members at the month end before, and no longer"),
        count("end", "Members now"),
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
        number("churn_rate", "Those of `begin` that churned, as a share of it", "share"),
        number("growth_rate", "end / begin - 1", "share"),
    ),
    key=("definition", "as_of"),
)


JOINED_AND_LEFT = Table(
    "joined_and_left",
    "definition and party that joined and left between two month ends, as far as contracts tell",
    (
        party(),
        text("definition", "Definition: one that asks no more than contract, payment and stage"),
        Column("as_of", "DATE", "The month end after it", unit="date", required=True),
        day("joined_on", "First day of the term"),
        day("left_on", "Last day of the term"),
    ),
    key=("definition", "as_of", "party_id"),
)


PAYING_AND_USING = Table(
    "paying_and_using",
    "month: who pays and uses, and who stopped since the month end before; empty where one of the two is not recorded",
    (
        Column("as_of", "DATE", "Month end, or the as-of date", unit="date", required=True),
        yes("complete", "False for a month that is still running at the as-of date"),
        Column("paying_and_using", "BIGINT", "Parties that pay and use", unit="count"),
        Column("paying_only", "BIGINT", "Parties that pay and do not use", unit="count"),
        Column("using_only", "BIGINT", "Parties that use and do not pay", unit="count"),
        Column(
            "paying_begin", "BIGINT", "Paying at the month end before: the denominator of payment churn", unit="count"
        ),
        Column("using_begin", "BIGINT", "Using at the month end before: the denominator of usage churn", unit="count"),
        Column("stopped_paying", "BIGINT", "Paying at the month end before, and no longer", unit="count"),
        Column("stopped_using", "BIGINT", "Using at the month end before, and no longer", unit="count"),
        Column("stopped_both", "BIGINT", "Stopped both in the month", unit="count"),
        number("payment_churn_rate", "stopped_paying / paying_begin", "share"),
        number("usage_churn_rate", "stopped_using / using_begin", "share"),
    ),
    key=("as_of",),
)


MRR_MOVEMENTS = Table(
    "mrr_movements",
    "party, month and kind of movement that is not zero",
    (
        party(),
        Column("as_of", "DATE", "Month end, or the as-of date", unit="date", required=True),
        Column("movement", "VARCHAR", "Kind", required=True, values=MRR_KINDS),
        money("amount", "Change of its monthly recurring revenue; losses are negative"),
    ),
    key=("party_id", "as_of", "movement"),
)


MRR_MONTHS = Table(
    "mrr_months",
    "month: begin + movements = end (losses are negative)",
    (
        Column("as_of", "DATE", "Month end, or the as-of date", unit="date", required=True),
        yes("complete", "False for a month that is still running at the as-of date"),
        money("begin", "Monthly recurring revenue at the month end before"),
        *(money(kind, f"Change by {kind.replace('_', ' ')}") for kind in MRR_KINDS),
        money("end", "Monthly recurring revenue at the month end: a balance, never summed over months"),
        money("end_without_rate", "Part of `end` at the rate of signature, because the month end has none"),
        count("customers_begin", "Parties with recurring revenue at the month end before"),
        count("customers_new", "Parties with recurring revenue for the first time"),
        count("customers_reactivated", "Parties with recurring revenue again"),
        count("customers_churned", "Parties whose recurring revenue went to zero"),
        count("customers_end", "Parties with recurring revenue at the month end"),
        number("logo_churn_rate", "Those of `customers_begin` that churned, as a share of them", "share"),
        number("gross_churn_rate", "-(churn + contraction) / begin, of those that were there at the begin", "share"),
        number("net_churn_rate", "-(churn + contraction + expansion) / begin, of those that were there", "share"),
        number("grr", "Gross revenue retention: 1 - gross_churn_rate", "share"),
        number("nrr", "Net revenue retention: 1 - net_churn_rate", "share"),
        number("quick_ratio", "(new_business + reactivation + expansion) / -(contraction + churn)", "ratio"),
        number("arpa", "end / customers_end", "reporting currency"),
        number("annual_churn_rate", "1 - (1 - logo_churn_rate)^12; missing for a month that still runs", "share"),
    ),
    key=("as_of",),
)
