"""What suppliers are paid: the part of bought-in pools for which the ledger names them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from valuekit.simulate.clock import Clock
from valuekit.simulate.columns import dates, money, numbered, pick, rows
from valuekit.simulate.draws import Floats, Ints, Rng, totals
from valuekit.simulate.ledger import POOLS, Caused
from valuekit.simulate.settings import Settings
from valuekit.tables.canonical import COSTS

BOUGHT = ("hosting", "campaigns", "travel")
_EVERY = 3
"""A supplier sends an invoice every so many months."""


@dataclass
class Bought:
    """One entry per ledger line that names a supplier."""

    party: Ints
    pool: Ints
    """Index of `BOUGHT`."""
    month: Ints
    cents: Ints


def make_bought(rng: Rng, clock: Clock, settings: Settings, since: Ints, caused: Caused) -> Bought:
    """Share a part of each month's bought-in pools among the suppliers that are known by then, in whole cents."""
    party = np.flatnonzero(since <= clock.end)
    pool, weight = rng.integers(0, len(BOUGHT), len(party)), rng.gamma(2.0, 1.0, len(party))
    seller, month = np.nonzero(_invoices(clock, since[party]))
    cell = pool[seller] * clock.months + month
    # A line names its supplier or its campaign.
    told = [caused.pools[name] * (name != "campaigns" or not settings.campaigns_named) for name in BOUGHT]
    spent = np.stack(told).reshape(-1)
    cents = np.floor(settings.suppliers_named * spent[cell] * _part(weight[seller], cell, len(spent))).astype(np.int64)
    some = cents > 0
    return Bought(party[seller][some], pool[seller][some], month[some], cents[some])


def _invoices(clock: Clock, since: Ints) -> Ints:
    """Mark the months in which each supplier sends an invoice."""
    months = np.arange(clock.months)[None, :]
    first = np.maximum(clock.month(since), 0)[:, None]
    return np.asarray((months >= first) & ((months - first) % _EVERY == 0))


def _part(weight: Floats, cell: Ints, cells: int) -> Floats:
    """Return each weight as a part of those of its cell."""
    sums = np.bincount(cell, weights=weight, minlength=cells)
    return np.asarray(weight / sums[cell], dtype=np.float64)


def named(clock: Clock, bought: Bought) -> dict[str, Ints]:
    """Return by pool what the lines that name a supplier hold in each month."""
    return {
        name: totals(bought.month[bought.pool == index], bought.cents[bought.pool == index], clock.months)
        for index, name in enumerate(BOUGHT)
    }


def bought_rows(clock: Clock, first: int, bought: Bought, suppliers: pa.Array, currency: str) -> pa.Table:
    """Return the ledger lines; they are for nobody alone, so only `supplier` names a party."""
    return rows(
        COSTS,
        len(bought.party),
        system="ledger",
        id=numbered("S", first + np.arange(len(bought.party))),
        month=dates(clock.first(bought.month)),
        function=pick([POOLS[pool] for pool in BOUGHT], bought.pool),
        pool=pick(BOUGHT, bought.pool),
        amount=money(bought.cents),
        currency=currency,
        supplier=suppliers,
    )
