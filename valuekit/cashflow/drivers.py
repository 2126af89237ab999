"""What shares out a pool: its driver, and what stands in for it in a month in which the driver has no units."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from valuekit.engine import Engine
from valuekit.errors import ConfigError, UnknownNameError

DRIVERS = {
    "ticket_minutes": "minutes of the agents' tickets opened in the month",
    "tickets": "agents' tickets opened in the month",
    "activity_minutes": "minutes of work that the pool's function did for the party in the month",
    "direct_cost": "money that the pool's function spent on the party alone in the month",
    "engagements": "marketing contacts in the month",
    "usage_events": "uses of the product in the month",
    "orders": "orders in the month, returns left out",
    "revenue": "payments and orders in the month, refunds and returns left out",
    "equal": "one for each party with revenue in the month",
    "none": "not shared out",
}
"""Every driver and what its units are."""

DEFAULT_CHAINS: Mapping[str, tuple[str, ...]] = {
    "support": ("ticket_minutes", "tickets"),
    "sales": ("activity_minutes",),
    "marketing": ("engagements",),
    "cost_of_goods": ("usage_events",),
    "incentives": ("revenue",),
    "other": ("revenue",),
    "general": ("none",),
}
"""Drivers of a pool by its function, where the configuration names none; the first with units in the month is used."""

FALLBACK = "revenue"
"""Stands in for every driver but `none`; a month without revenue either leaves the pool unallocated."""

IN_MINUTES = ("ticket_minutes", "activity_minutes")
"""Drivers that measure time, for which a capacity cost rate exists."""

OF_FUNCTION = ("activity_minutes", "direct_cost")
"""Drivers that count only the work of the pool's own function."""

_TIME_KEPT = """SELECT DISTINCT 'ticket_minutes', '' FROM tickets WHERE channel = 'agent' AND minutes > 0
UNION ALL
SELECT DISTINCT 'activity_minutes', function FROM activities WHERE minutes > 0"""

_CHAIN = pa.schema(
    [
        ("function", pa.string()),
        ("pool", pa.string()),
        ("position", pa.int32()),
        ("driver", pa.string()),
        ("work", pa.string()),
        ("label", pa.string()),
        ("in_minutes", pa.bool_()),
        ("keeps_time", pa.bool_()),
    ]
)


def chain(function: str, driver: str | None = None) -> tuple[str, ...]:
    """Return the drivers to try for a pool, in order; `driver` is the configured one, if any.

    >>> chain("support")
    ('ticket_minutes', 'tickets', 'revenue', 'none')
    >>> chain("marketing", "equal"), chain("general")
    (('equal', 'revenue', 'none'), ('none',))
    """
    first = (driver,) if driver else DEFAULT_CHAINS[function]
    if first == ("none",):
        return first
    return tuple(dict.fromkeys((*first, FALLBACK, "none")))


def unknown_pools(engine: Engine, pools: Mapping[str, str]) -> list[str]:
    """Return the configured pools that the ledger does not have: perhaps misspelt, perhaps not begun yet."""
    known = {row[0] for row in engine.rows("SELECT DISTINCT pool FROM costs")}
    return sorted(set(pools) - known)


def plan(engine: Engine, pools: Mapping[str, str]) -> set[str]:
    """Make `cashflow_chain`, the drivers to try for each pool of `costs`, and return the drivers that it names.

    Raises `UnknownNameError` for a driver that does not exist, and `ConfigError` where general cost is to be shared
    out: a customer's statement has no line for it.
    """
    for driver in pools.values():
        if driver not in DRIVERS:
            raise UnknownNameError("driver", driver, DRIVERS, where="cashflow.pools")
    found = engine.rows("SELECT DISTINCT function, pool FROM costs WHERE record IS NULL ORDER BY function, pool")
    kept = set(engine.rows(_TIME_KEPT))
    rows = [row for function, pool in found for row in _links(function, pool, _configured(function, pool, pools))]
    rows = [row | {"keeps_time": (row["driver"], row["work"]) in kept} for row in rows]
    engine.put("cashflow_chain", pa.Table.from_pylist(rows, schema=_CHAIN))
    return {str(row["driver"]) for row in rows}


def _configured(function: str, pool: str, pools: Mapping[str, str]) -> str | None:
    driver = pools.get(pool)
    if function == "general" and driver not in (None, "none"):
        raise ConfigError(
            f"pool '{pool}' holds general cost, which has no line in a customer's statement to be shared out to.",
            where=f"cashflow.pools.{pool}",
            next_step="Use the driver 'none', or give the ledger lines the function that they serve.",
        )
    return driver


def _links(function: str, pool: str, driver: str | None) -> list[dict[str, object]]:
    drivers = chain(function, driver)
    return [
        {
            "function": function,
            "pool": pool,
            "position": position,
            "driver": name,
            "work": function if name in OF_FUNCTION else "",
            "label": label(drivers, position),
            "in_minutes": name in IN_MINUTES,
        }
        for position, name in enumerate(drivers)
    ]


def label(drivers: Sequence[str], position: int) -> str:
    """Name a driver as `books` shows it: whether it is the pool's own, or stands in for it.

    >>> label(("usage_events", "revenue", "none"), 1)
    'revenue (fallback)'
    """
    return drivers[position] + (" (fallback)" if position else "")
