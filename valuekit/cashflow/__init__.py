"""Cash flow: revenue, refunds and every cost by party and month, to the cent of the books."""

from valuekit.cashflow.activities import Activity, Extra
from valuekit.cashflow.books_check import check_books
from valuekit.cashflow.break_even import explain_break_even, find_break_even
from valuekit.cashflow.campaigns import Attribution
from valuekit.cashflow.concentration import Concentration, whale_curve
from valuekit.cashflow.drivers import DEFAULT_CHAINS, DRIVERS, Pool, chain, unknown_pools
from valuekit.cashflow.fiscal import CALENDAR_MONTHS
from valuekit.cashflow.receivables import SALES_DAYS, follow_receivables
from valuekit.cashflow.scale import explain_scale, measure_scale
from valuekit.cashflow.scale_groups import share_scale
from valuekit.cashflow.settlement import settle
from valuekit.cashflow.statement import compute

__all__ = [
    "CALENDAR_MONTHS",
    "DEFAULT_CHAINS",
    "DRIVERS",
    "SALES_DAYS",
    "Activity",
    "Attribution",
    "Concentration",
    "Extra",
    "Pool",
    "chain",
    "check_books",
    "compute",
    "explain_break_even",
    "explain_scale",
    "find_break_even",
    "follow_receivables",
    "measure_scale",
    "settle",
    "share_scale",
    "unknown_pools",
    "whale_curve",
]
