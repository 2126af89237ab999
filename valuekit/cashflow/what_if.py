"""What if prices, volumes, minutes or rates were others: net cash by party and the books, from published sums."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from valuekit.calendar import FiscalCalendar
from valuekit.cashflow.fiscal import CALENDAR_MONTHS
from valuekit.engine import Engine
from valuekit.errors import ConfigError, UnknownNameError

PACKAGE, FILE = "valuekit.cashflow", "what_if.sql"

PLACES = 4
"""Decimal places of a change: a hundredth of a percent."""


@dataclass(frozen=True)
class WhatIf:
    """Changes, each a share of what is today: 0.1 is 10% more, -1 is nothing left.

    >>> WhatIf(price=0.1, volume=0.5).sold
    Decimal('1.65000000')
    """

    price: float = 0.0
    """Of what customers pay: revenue and refunds."""
    volume: float = 0.0
    """Of all that customers buy, and of the work that it makes: everything that customers carry."""
    minutes: Mapping[str, float] = field(default_factory=dict)
    """By pool: of the minutes that each activity takes, or of the units where no time is kept, beside the volume."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """By pool: of its cost rate: what a minute of its capacity costs, or a unit, or what is not shared out."""
    capacity_step: float = 0.1
    """An assumption: capacity that is used up grows in steps of this share of what there is, at the pool's rate."""

    def check(self) -> None:
        """Raise `ConfigError` for a change below -1, or a step of capacity that is not above zero."""
        named = [("price", self.price), ("volume", self.volume)]
        named += [(f"minutes of {pool}", change) for pool, change in self.minutes.items()]
        named += [(f"rate of {pool}", change) for pool, change in self.rates.items()]
        for name, change in named:
            if not change >= -1:
                raise ConfigError(f"{change} is no change: expected -1 or more.", where=name)
        if not self.capacity_step >= 10**-PLACES:
            what = f"{self.capacity_step} is no step: expected a share above zero."
            raise ConfigError(what, where="capacity_step", next_step="0.1 adds a tenth of the capacity at a time.")

    @property
    def sold(self) -> Decimal:
        """What revenue and refunds are multiplied by."""
        return _one_and(self.price) * _one_and(self.volume)


def ask_parties(engine: Engine, change: WhatIf, *, cash: str = "cash") -> pa.Table:
    """Return net cash of the last 12 months by party, now and then.

    Reads: the table or view `cash`, one row per party; `party_pools` and `books`. With m and r the changes of a pool's
    minutes and rate, v of the volume and p of the price, revenue and refunds are multiplied by (1 + p)(1 + v), and what
    a party carries of a pool by (1 + v)(1 + m)(1 + r): a minute costs the same however much of a capacity is used. Cost
    of leads that never bought stays with them where it moves, even where the run spread it over those won.

    Returns: `party_id`, `net_cash` and `net_cash_then`, ordered by party; exact, not rounded: their sum is what
    `ask_books` says that parties carry. Without a change, as published.

    Raises: as `WhatIf.check`; `UnknownNameError` for a pool that is not in the books.
    """
    return engine.ask(PACKAGE, FILE, "parties", _changes(engine, change), cash=cash)


def ask_books(engine: Engine, change: WhatIf, *, as_of: date, calendar: FiscalCalendar = CALENDAR_MONTHS) -> pa.Table:
    """Return the books of the last 12 months of the calendar by line and pool, now and then.

    Reads `books` and `pool_months`. Money that customers bring or carry, known or not, moves as in `ask_parties`. Where
    time is kept against a practical capacity, the cost of the pool stays until its minutes reach the capacity, month
    by month: first what was unused is used up, and what is freed is unused. Beyond it capacity grows by whole steps of
    `capacity_step`. So cost = minutes x rate + unused capacity, at every volume. A month that already was beyond
    its stated capacity has what it used. A pool without a capacity costs in proportion to its units; cost that is not
    shared out moves with its rate alone; what moves inside the enterprise stays.

    Returns: `line`, `pool`, and for each of `ledger`, `attributed`, `unattributed`, `unused_capacity`, `unallocated`,
    `used_minutes` and `capacity_minutes` a column of that name and one with `_then`; `eliminated`; `steps` (sum over
    months) and `months_stepped`. Exact: every row adds up to its ledger.

    Raises: as `ask_parties`.

    Reference: Kaplan and Anderson (2007), Time-Driven Activity-Based Costing, ch. 3 (capacity, what-if).
    """
    return engine.ask(PACKAGE, FILE, "books", _of_year(engine, change, as_of, calendar))


@dataclass(frozen=True)
class Capacity:
    """A capacity in a month: its cost (negative), the part of that which is used, and how much volume uses it up."""

    cost: float
    used_cost: float
    reached: float
    """Multiple of the volume."""


def ask_capacities(
    engine: Engine, change: WhatIf, *, as_of: date, calendar: FiscalCalendar = CALENDAR_MONTHS
) -> list[Capacity]:
    """Return the capacities of the last 12 months that are used, after a change, the first to be used up first.

    Reads `books` and `pool_months`. Raises: as `ask_parties`.
    """
    asked = _of_year(engine, change, as_of, calendar)
    return [Capacity(**row) for row in engine.ask(PACKAGE, FILE, "capacity_months", asked).to_pylist()]


def _of_year(engine: Engine, change: WhatIf, as_of: date, calendar: FiscalCalendar) -> dict[str, Any]:
    step = _parts(_one_and(change.capacity_step) - 1, PLACES)
    return _changes(engine, change) | {"since": calendar.year_to(as_of), "step": step}


def _changes(engine: Engine, change: WhatIf) -> dict[str, Any]:
    """Check a change and return it by pool, as whole numbers."""
    change.check()
    pools = sorted({*change.minutes, *change.rates})
    known = engine.ask(PACKAGE, FILE, "known")["pool"].to_pylist() if pools else []
    for pool in pools:
        if pool not in known:
            raise UnknownNameError("pool", pool, known)
    volume = _one_and(change.volume)
    grown = [_parts(volume * _one_and(change.minutes.get(pool, 0.0)), 2 * PLACES) for pool in pools]
    rates = [_parts(_one_and(change.rates.get(pool, 0.0)), PLACES) for pool in pools]
    whole = {"volume": _parts(volume, 2 * PLACES), "sold": _parts(change.sold, 2 * PLACES)}
    return {"pools": pools, "grown": grown, "rates": rates} | whole


def _one_and(change: float) -> Decimal:
    return (1 + Decimal(str(change))).quantize(Decimal(1).scaleb(-PLACES))


def _parts(number: Decimal, places: int) -> int:
    """Return a number that has so many places as a whole number."""
    return int(number.scaleb(places))
