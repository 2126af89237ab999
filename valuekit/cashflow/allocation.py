"""Who carries what, worked out some months at a time: money, direct cost, and the pools shared out by their drivers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from valuekit.calendar import FiscalCalendar
from valuekit.cashflow import scale
from valuekit.cashflow.activities import Equation, measure
from valuekit.cashflow.drivers import DRIVERS
from valuekit.cashflow.fiscal import month_slots
from valuekit.cashflow.lost import TheLost, spread_the_lost
from valuekit.engine import Engine
from valuekit.tables import PUBLISHED, Column, Table

PACKAGE = "valuekit.cashflow"

PARTY_MONTHS = 2_000_000
"""Parties times months that are worked on at once: bounds the memory, does not change a result."""

PARTS = Table(
    "cashflow_all_parts",
    "month, line, pool, currency and reason",
    (
        Column("month", "DATE", "Month"),
        *(Column(name, "VARCHAR", name) for name in ("line", "pool", "currency", "label")),
        *(Column(name, "DECIMAL(18,4)", name)
          for name in ("attributed", "unattributed", "unused_capacity", "unallocated", "eliminated")),
    ),
)  # fmt: skip

PARTY_POOLS = Table(
    "cashflow_all_party_pools",
    "party, line, pool and group of months",
    (
        Column("n", "BIGINT", "Party"),
        *(Column(name, "VARCHAR", name) for name in ("line", "pool")),
        Column("cost", "DECIMAL(18,4)", "What it carries"),
    ),
)


@dataclass(frozen=True)
class Rules:
    """How cost is shared out."""

    work: Mapping[str, tuple[Equation, ...]]
    """The time equations of each pool that names any."""
    drivers: frozenset[str]
    """The drivers that any pool may come to."""
    assumed_cost_of_goods: Decimal | None
    """Share of an order's amount, to eight digits, where the order has no cost of goods of its own."""
    the_lost: TheLost
    """Whether acquisition and sales cost of parties that never bought stays with them."""

    @property
    def parameters(self) -> dict[str, object]:
        """Parameters of the steps: which drivers are measured."""
        return {"assumed": self.assumed_cost_of_goods, **{driver: driver in self.drivers for driver in DRIVERS}}


def allocate(engine: Engine, rules: Rules, *, since: date, calendar: FiscalCalendar) -> Decimal:
    """Fill `cash_months`, `pool_months` and the parts that are not published; return the cost that left the lost.

    A pool is shared out month by month, to the cent by largest remainders, ties to the lower party id; so the months
    can be worked on in groups. Leaves what `scale` needs of the months from `since` on.

    Reads what `compute` reads; `cashflow_ledger`, `cashflow_parties`, `cashflow_chain` and `cashflow_credits`.

    Reference: Kaplan and Anderson (2004), Time-driven activity-based costing, Harvard Business Review 82(11).
    """
    for declared in (PUBLISHED["cash_months"], PUBLISHED["pool_months"], PARTS, PARTY_POOLS):
        engine.make_empty(declared)
    scale.begin(engine)
    moved, months = Decimal(0), month_slots(calendar)
    for group in _windows(engine, calendar):
        window = {**group, "since": since, **rules.parameters}
        made = measure(engine, rules.work, window, months)
        for file in ("units.sql", "allocation.sql", "lines.sql"):
            made += engine.run(PACKAGE, file, window, **months)
        if rules.the_lost == "spread":
            moved += spread_the_lost(engine)
        for table, part in _KEPT.items():
            engine.execute(f"INSERT INTO {table} SELECT * FROM {part}")
        scale.remember(engine, since)
        engine.forget(*made)
    engine.execute("CREATE OR REPLACE TABLE scale_parties AS SELECT n, party_id FROM cashflow_parties")
    return moved


_KEPT = {
    "cash_months": "cashflow_months", "pool_months": "cashflow_pool_months", "cashflow_all_parts": "cashflow_parts",
    "cashflow_all_party_pools": "cashflow_party_pools",
}  # fmt: skip


def _windows(engine: Engine, calendar: FiscalCalendar) -> Iterator[dict[str, date]]:
    """Yield each group of months that is worked on at once: the first and last day, and the names of the months."""
    months = [row[0] for row in engine.rows("SELECT DISTINCT month FROM cashflow_ledger ORDER BY month")]
    size = max(1, PARTY_MONTHS // max(1, engine.count("cashflow_parties")))
    for start in range(0, len(months), size):
        window = months[start : start + size]
        yield {
            "first": calendar.first_day(window[0]),
            "last": calendar.last_day(window[-1]),
            "first_month": window[0],
            "last_month": window[-1],
        }
