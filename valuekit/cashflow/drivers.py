"""What shares out a pool: its driver, and what stands in for it in a month in which the driver has no units."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

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
    "won_deals": "amount of the deals won in the month",
    "equal": "one for each party with revenue in the month",
    "none": "not shared out",
}
"""Every driver that can be named and what its units are."""

DERIVED = {
    "activity_time": "minutes that the time equations of the pool's activities give for the month",
    "campaign": "contacts of the campaign in the month, as far as they count for their party",
    "campaign_any_month": "contacts of the campaign in any month, as far as they count for their party",
}
"""Drivers that follow from a pool's `activities` and from a ledger line's `campaign`."""

QUALITIES = {
    "direct": ("direct", 1),
    "ticket_minutes": ("measured time", 100),
    "activity_minutes": ("measured time", 100),
    "activity_time": ("time equation", 100),
    "direct_cost": ("measured money", 10_000),
    "won_deals": ("measured money", 10_000),
    "tickets": ("counted", 1),
    "engagements": ("counted", 1),
    "usage_events": ("counted", 1),
    "orders": ("counted", 1),
    "campaign": ("counted", 1_000_000),
    "campaign_any_month": ("counted", 1_000_000),
    "revenue": ("revenue", 10_000),
    "equal": ("equal", 1),
    "none": ("none", 1),
}
"""How good a driver is as a picture of what was caused, and how many of its whole numbers are one unit."""

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

IN_MINUTES = ("ticket_minutes", "activity_minutes", "activity_time")
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
        ("campaign", pa.string()),
        ("position", pa.int32()),
        ("driver", pa.string()),
        ("work", pa.string()),
        ("label", pa.string()),
        ("in_minutes", pa.bool_()),
        ("keeps_time", pa.bool_()),
        ("capacity", pa.decimal128(12, 2)),
    ]
)


@dataclass(frozen=True)
class Pool:
    """How the cost of one pool is shared out, as far as the company states it."""

    driver: str | None = None
    activities: tuple[str, ...] = ()
    """Names of time equations; their minutes are the driver."""
    capacity_minutes: Decimal | None = None
    """Practical capacity of a month in which the ledger states none."""

    @property
    def first(self) -> str | None:
        """The driver that stands first."""
        return "activity_time" if self.activities else self.driver

    @classmethod
    def of(cls, stated: "Pool | str") -> "Pool":
        """Return a pool from what was stated: itself, or its driver alone."""
        return stated if isinstance(stated, cls) else cls(driver=str(stated))


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


def unknown_pools(engine: Engine, pools: Collection[str]) -> list[str]:
    """Return the configured pools that the ledger does not have: perhaps misspelt, perhaps not begun yet."""
    known = {row[0] for row in engine.rows("SELECT DISTINCT pool FROM costs")}
    return sorted(set(pools) - known)


def plan(engine: Engine, pools: Mapping[str, "Pool | str"], timed: Collection[str] = ()) -> set[str]:
    """Make `cashflow_chain`, the drivers to try for each pool of `costs`, and return the drivers that it names.

    `timed` are the pools whose time equations found any time. A pool's money for a campaign has a chain of its own:
    those whom the campaign touched in the month, then in any month, then what drives the pool. Makes
    `cashflow_qualities` too.

    Raises `UnknownNameError` for a driver that does not exist, and `ConfigError` where general cost is to be shared
    out: a customer's statement has no line for it.
    """
    stated = {name: Pool.of(pool) for name, pool in pools.items()}
    for name, one in stated.items():
        if one.driver and one.driver not in DRIVERS:
            raise UnknownNameError("driver", one.driver, DRIVERS, where=f"cashflow.pools.{name}")
    found = engine.rows(_POOLS)
    kept = set(engine.rows(_TIME_KEPT)) | {("activity_time", pool) for pool in timed}
    rows = [
        link
        for function, pool, campaign in found
        for link in _links(function, pool, campaign, stated.get(pool, Pool()))
    ]
    rows = [row | {"keeps_time": (row["driver"], row["work"]) in kept} for row in rows]
    engine.put("cashflow_chain", pa.Table.from_pylist(rows, schema=_CHAIN))
    qualities = [{"driver": d, "quality": q, "scale": scale} for d, (q, scale) in QUALITIES.items()]
    engine.put("cashflow_qualities", pa.Table.from_pylist(qualities))
    return {str(row["driver"]) for row in rows}


_POOLS = """SELECT DISTINCT function, pool, COALESCE(campaign, '') FROM costs WHERE record IS NULL ORDER BY ALL"""


def _chain(function: str, pool: str, campaign: str, stated: Pool) -> tuple[str, ...]:
    if function == "general" and stated.first not in (None, "none"):
        raise ConfigError(
            f"pool '{pool}' holds general cost, which has no line in a customer's statement to be shared out to.",
            where=f"cashflow.pools.{pool}",
            next_step="Use the driver 'none', or give the ledger lines the function that they serve.",
        )
    own = chain(function, stated.first)
    return ("campaign", "campaign_any_month", *own) if campaign and own != ("none",) else own


def _links(function: str, pool: str, campaign: str, stated: Pool) -> list[dict[str, object]]:
    drivers = _chain(function, pool, campaign, stated)
    return [
        {
            "function": function,
            "pool": pool,
            "campaign": campaign,
            "position": position,
            "driver": name,
            "work": _work(name, function, pool, campaign),
            "label": label(drivers, position),
            "in_minutes": name in IN_MINUTES,
            "capacity": None if campaign else stated.capacity_minutes,
        }
        for position, name in enumerate(drivers)
    ]


def _work(driver: str, function: str, pool: str, campaign: str) -> str:
    """Whose units of the driver count: those of a function, of the pool's own activities, of a campaign, or all."""
    if driver in OF_FUNCTION:
        return function
    if driver == "activity_time":
        return pool
    return campaign if driver.startswith("campaign") else ""


def label(drivers: Sequence[str], position: int) -> str:
    """Name a driver as `books` shows it: whether it is the pool's own, or stands in for it.

    >>> label(("usage_events", "revenue", "none"), 1)
    'revenue (fallback)'
    """
    return drivers[position] + (" (fallback)" if position else "")
