"""The cash statement: who brought in and who cost what, month by month, to the cent of the books."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from valuekit.calendar import FiscalCalendar
from valuekit.cashflow.activities import Activity, Equation, check_activity
from valuekit.cashflow.allocation import Rules, allocate
from valuekit.cashflow.books_check import check_books
from valuekit.cashflow.campaigns import LINEAR, Attribution, credit
from valuekit.cashflow.drivers import Pool, plan
from valuekit.cashflow.fiscal import CALENDAR_MONTHS, month_slots
from valuekit.cashflow.lost import TheLost
from valuekit.cashflow.notes import note_costs
from valuekit.engine import Engine
from valuekit.errors import UnknownNameError

PACKAGE = "valuekit.cashflow"

SCRATCH = (
    "cashflow_chain", "cashflow_qualities", "cashflow_credits", "cashflow_all_parts", "cashflow_all_party_pools",
    "cashflow_parties", "cashflow_inside", "cashflow_ledger",
)  # fmt: skip
"""What the steps leave for each other."""


def compute(
    engine: Engine,
    *,
    as_of: date,
    pools: Mapping[str, Pool | str],
    activities: Mapping[str, Activity] = MappingProxyType({}),
    attribution: Attribution = LINEAR,
    the_lost: TheLost = "apart",
    assumed_cost_of_goods: Decimal | None = None,
    calendar: FiscalCalendar = CALENDAR_MONTHS,
) -> None:
    """Make `books`, `cash_months`, `cash`, `party_pools`, `pool_months`, `channels` and `cash_notes`.

    It leaves `scale.SCRATCH` for the analysis of the year.

    Reads: `payments`, `orders`, `invoices`, `costs`, `fx_rates` and the drivers `tickets`, `activities`, `engagements`,
    `usage` and `opportunities`, accepted, with `party_id`; `parties`. Money in the reporting currency.

    - Money received is every payment and every order of zero or more (revenue), less refunds, chargebacks, credits and
      returns (refunds). Tax inside an amount is nobody's: the books show it beside the ledger.
    - Ledger lines with a record are direct: the party carries them, as those with a campaign go to those whom it
      touched (`attribution`). The rest is shared out by pool and month in proportion to the pool's driver (`allocate`).
    - `pools` names the driver of a pool (`DRIVERS`), or the time equations (`activities`) whose minutes are its driver;
      otherwise `DEFAULT_CHAINS` names it by function. In a month in which a driver has no units the next of its chain
      stands in, then revenue, then nothing. A pool is shared out for each currency of its lines; its capacity is one.
    - Every party bears the cost that it causes: prospects, lost deals and internal parties too, each on its own
      statement. `the_lost` says whether acquisition and sales cost of parties that never bought stays with them, or is
      spread over those won.
    - `assumed_cost_of_goods` is a share of each order's amount, rounded to the cent, where an order has no cost of
      goods of its own. The last 12 months of `cash` are the month of `as_of` and the eleven before it.
    - Months are those of the `calendar`, by their names: each dated row is in the month that its day belongs to, and a
      line of the ledger in the month that it names.

    Four things are left in the books, each in its own column; `difference` is always 0.

    - `unattributed`: money of parties that are not known, and the share of driver units without a party.
    - `unused_capacity`: where the driver is time and the ledger gives the pool's practical capacity (the largest that
      its lines state), only amount x used / capacity is shared out, and nothing in a month without a minute; above
      capacity the whole amount is.
    - `unallocated`: general cost, pools without driver, and the part of an amount that is less than a cent.
    - `eliminated`: what one's own units and test accounts (role `internal` or `test`) pay or order, an order whole with
      its cost of goods, and ledger lines that are for one of them or that one of them is paid for; it comes to 0 where
      both sides of a charge are booked.

    Raises: `UnknownNameError` for an unknown driver; `ConfigError` where general cost is to be shared out;
    `CheckError` when the statement does not meet the books.

    Reference: Kaplan and Anderson (2004), Time-driven activity-based costing, Harvard Business Review 82(11).
    """
    equations = {name: check_activity(engine, name, activity) for name, activity in activities.items()}
    work = _work(pools, equations)
    timed = [pool for pool, found in work.items() if any(equation.keeps_time for equation in found)]
    share = None if assumed_cost_of_goods is None else round(assumed_cost_of_goods, 8)
    rules = Rules(work, frozenset(plan(engine, pools, timed)), share, the_lost)
    since, months = calendar.year_to(as_of), month_slots(calendar)
    engine.run(PACKAGE, "ledger.sql", {"assumed": share}, **months)
    credit(engine, attribution, months)
    moved = allocate(engine, rules, since=since, calendar=calendar)
    engine.run(PACKAGE, "statement.sql", {"since": since})
    engine.run(PACKAGE, "channels.sql", {"as_of": as_of})
    note_costs(engine, {name: Pool.of(pool) for name, pool in pools.items()}, equations, spread=moved)
    check_books(engine, the_lost)
    engine.forget(*SCRATCH)


def _work(pools: Mapping[str, Pool | str], equations: Mapping[str, Equation]) -> dict[str, tuple[Equation, ...]]:
    """Return the time equations of each pool that names any; raise `UnknownNameError` for one that there is not."""
    work = {}
    for name, pool in pools.items():
        for activity in Pool.of(pool).activities:
            if activity not in equations:
                raise UnknownNameError("activity", activity, equations, where=f"cashflow.pools.{name}.activities")
        work[name] = tuple(equations[activity] for activity in dict.fromkeys(Pool.of(pool).activities))
    return work
