"""Cash flow: revenue, refunds and every cost by party and month, to the cent of the books."""

from valuekit.cashflow.concentration import Concentration, whale_curve
from valuekit.cashflow.drivers import DEFAULT_CHAINS, DRIVERS, chain, unknown_pools
from valuekit.cashflow.receivables import SALES_DAYS, follow_receivables
from valuekit.cashflow.statement import check_books, compute

__all__ = [
    "DEFAULT_CHAINS",
    "DRIVERS",
    "SALES_DAYS",
    "Concentration",
    "chain",
    "check_books",
    "compute",
    "follow_receivables",
    "unknown_pools",
    "whale_curve",
]
