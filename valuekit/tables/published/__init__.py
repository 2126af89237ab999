"""The tables that a snapshot publishes, in the order in which a run makes them.

Money is in the reporting currency, signed by its effect on cash: revenue is positive, refunds and costs are negative,
so that every total is a plain sum. `party_id` is the id of one real party, whatever records it has.
"""

from valuekit.tables.published.cashflow import (
    BOOKS,
    BREAK_EVEN,
    CASH,
    CASH_MONTHS,
    CASH_NOTES,
    CHANNELS,
    POOL_MONTHS,
    SCALE_CURVES,
    SCALE_EFFECTS,
    SCALE_GROUPS,
)
from valuekit.tables.published.checks import CHECKS
from valuekit.tables.published.executives import AGREEMENT, CONSENSUS, MEASURES, RANKINGS
from valuekit.tables.published.identity import MERGE_LOG, PARTIES, PARTY_ALIASES, PARTY_RECORDS, REVIEW_PAIRS
from valuekit.tables.published.intake import INTAKE, LATE_RECORDS, QUARANTINE
from valuekit.tables.published.invoiced import INVOICED_MONTHS, RECEIVABLE_MONTHS
from valuekit.tables.published.lifecycle import (
    DEFINITIONS,
    FACTS,
    HISTORY,
    MEMBERSHIPS,
    PARTY_LISTS,
    REASONS,
    RECONCILIATION,
    STAGE,
    STAGE_MONTHS,
)
from valuekit.tables.published.movements import (
    CUSTOMER_MOVEMENTS,
    JOINED_AND_LEFT,
    MRR_MONTHS,
    MRR_MOVEMENTS,
    PAYING_AND_USING,
)
from valuekit.tables.published.receivables import PAYING_ON_TIME, RECEIVABLES
from valuekit.tables.published.registers import (
    CASH_AND_PROFIT,
    CASH_AND_PROFIT_MONTHS,
    CASH_SPELLS,
    COMMISSIONS,
    CONTRACT_ISSUES,
    MANAGED_IN,
    PAYING_STATUS,
    RELATIONSHIPS,
    RENEWALS,
    STATUS_WORDS,
    TRADE,
)
from valuekit.tables.published.value import (
    COST_MODELS,
    CUBE,
    EXPECTED_COST,
    LTV,
    LTV_INTERVALS,
    SEGMENTS,
    TIERS,
    VALUE_SUMS,
)
from valuekit.tables.published.vocabulary import (
    BOOK_LINES,
    CASH_LINES,
    COST_LINES,
    COST_NOTES,
    COST_QUALITIES,
    CUSTOMER_STAGES,
    HORIZON_YEARS,
    MARKETING_LINES,
    MRR_KINDS,
    STAGES,
    STREAMS,
    TEAMS,
    VALUED_STAGES,
)
from valuekit.tables.schema import Table

__all__ = [
    "BOOK_LINES",
    "CASH_LINES",
    "COST_LINES",
    "COST_NOTES",
    "COST_QUALITIES",
    "CUSTOMER_STAGES",
    "HORIZON_YEARS",
    "MARKETING_LINES",
    "MRR_KINDS",
    "PUBLISHED",
    "STAGES",
    "STREAMS",
    "TEAMS",
    "VALUED_STAGES",
]

PUBLISHED: dict[str, Table] = {
    t.name: t
    for t in (
        INTAKE,
        QUARANTINE,
        LATE_RECORDS,
        PARTIES,
        PARTY_RECORDS,
        PARTY_ALIASES,
        MERGE_LOG,
        REVIEW_PAIRS,
        BOOKS,
        CASH_MONTHS,
        CASH,
        INVOICED_MONTHS,
        RECEIVABLE_MONTHS,
        SCALE_CURVES,
        SCALE_EFFECTS,
        BREAK_EVEN,
        POOL_MONTHS,
        CHANNELS,
        CASH_NOTES,
        PAYING_ON_TIME,
        RECEIVABLES,
        FACTS,
        STAGE,
        DEFINITIONS,
        MEMBERSHIPS,
        PARTY_LISTS,
        REASONS,
        RECONCILIATION,
        HISTORY,
        STAGE_MONTHS,
        CUSTOMER_MOVEMENTS,
        JOINED_AND_LEFT,
        PAYING_AND_USING,
        MRR_MOVEMENTS,
        MRR_MONTHS,
        CONTRACT_ISSUES,
        RENEWALS,
        STATUS_WORDS,
        PAYING_STATUS,
        MANAGED_IN,
        COMMISSIONS,
        RELATIONSHIPS,
        TRADE,
        CASH_AND_PROFIT,
        CASH_SPELLS,
        CASH_AND_PROFIT_MONTHS,
        EXPECTED_COST,
        COST_MODELS,
        CUBE,
        LTV,
        LTV_INTERVALS,
        SEGMENTS,
        TIERS,
        VALUE_SUMS,
        SCALE_GROUPS,
        MEASURES,
        RANKINGS,
        AGREEMENT,
        CONSENSUS,
        CHECKS,
    )
}  # fmt: skip
"""Every published table by name, in the order in which a run makes them."""
