"""Cash flow: revenue, refunds and every cost by party and month, to the cent of the books."""

from valuekit.cashflow.activities import Activity, Extra
from valuekit.cashflow.campaigns import Attribution
from valuekit.cashflow.concentration import Concentration, whale_curve
from valuekit.cashflow.drivers import DEFAULT_CHAINS, DRIVERS, Pool, chain, unknown_pools
from valuekit.cashflow.statement import check_books, compute

__all__ = [
    "DEFAULT_CHAINS",
    "DRIVERS",
    "Activity",
    "Attribution",
    "Concentration",
    "Extra",
    "Pool",
    "chain",
    "check_books",
    "compute",
    "unknown_pools",
    "whale_curve",
]
