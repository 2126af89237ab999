"""The cash statement: who brought in and who cost what, month by month, to the cent of the books."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from valuekit.calendar import FiscalCalendar
from valuekit.cashflow import scale
from valuekit.cashflow.activities import Activity, Equation, check_activity, measure
from valuekit.cashflow.campaigns import LINEAR, Attribution, credit
from valuekit.cashflow.drivers import DRIVERS, Pool, plan
from valuekit.cashflow.fiscal import CALENDAR_MONTHS, month_slots
from valuekit.cashflow.lost import TheLost, spread_the_lost
from valuekit.cashflow.notes import note_costs
from valuekit.engine import Engine, literal
from valuekit.errors import CheckError, UnknownNameError
from valuekit.tables import PUBLISHED, Column, Table
from valuekit.tables.published import BOOK_LINES, CASH_LINES, MARKETING_LINES

PACKAGE = "valuekit.cashflow"

PARTY_MONTHS = 2_000_000
"""Parties times months that are worked on at once: bounds the memory, does not change a result."""

_PARTS = Table(
    "cashflow_all_parts",
    "month, line, pool, currency and reason",
    (
        Column("month", "DATE", "Month"),
        *(Column(name, "VARCHAR", name) for name in ("line", "pool", "currency", "label")),
        *(Column(name, "DECIMAL(18,4)", name)
          for name in ("attributed", "unattributed", "unused_capacity", "unallocated", "eliminated")),
    ),
)  # fmt: skip


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
    """Make `books`, `cash_months`, `cash`, `pool_months`, `channels` and `cash_notes`.

    It leaves `scale.SCRATCH` for the analysis of the year.

    Reads: `payments`, `orders`, `invoices`, `costs`, `fx_rates` and the drivers `tickets`, `activities`, `engagements`,
    `usage` and `opportunities`, accepted, with `party_id`; `parties`. Money in the reporting currency.

    Money received is every payment and every order of zero or more (revenue), less refunds, chargebacks, credits and
    returns (refunds). The ledger's lines with a record are direct: the party carries them. The rest is shared out
    pool by pool and month by month, to the cent by largest remainders, in proportion to the pool's driver (`DRIVERS`).
    `pools` names the driver of a pool, or the time equations (`activities`) whose minutes are its driver; otherwise
    `DEFAULT_CHAINS` names it by function. In a month in which a driver has no units the next of its chain stands in,
    then revenue, then nothing. Every party bears the cost that it causes: prospects, lost deals and internal parties
    too, each on its own statement.

    Five things are left in the books, each in its own column. `unattributed`: money of parties that are not known,
    and the share of driver units without a party, which is not spread over others. `unused_capacity`: where the
    driver is time and the ledger gives the pool's practical capacity (the largest that its lines state), only
    amount x used / capacity is shared out, and nothing in a month without a minute; above capacity the whole amount
    is. `unallocated`: general cost, pools without driver, and the part of an amount that is less than a cent.
    `eliminated`: what one's own units and test accounts (role `internal` or `test`) pay or order, and ledger lines
    that are for one of them or that one of them is paid for; it comes to 0 where both sides of a charge are booked.
    An order inside the enterprise goes whole, with its cost of goods: stock that a unit uses up belongs in the ledger.
    `difference`: always 0.

    Tax inside an amount (`tax`) is nobody's: it is kept out of the ledger and of every driver, and shown beside it, so
    that ledger + tax is what was paid in. The books have a row for each currency of the input; all amounts but one
    are in the reporting currency. A pool is shared out for each currency of its lines; its capacity is one.
    Ledger lines with a campaign go to those whom it touched, as `attribution` counts their contacts. `the_lost` says
    whether acquisition and sales cost of parties that never bought stays with them, or is spread over those won.

    `assumed_cost_of_goods` is a share of each order's amount, rounded to the cent, where an order has no cost of goods
    of its own. The last 12 months of `cash` are the month of `as_of` and the eleven before it.

    Months are those of the `calendar`, by their names: each dated row is in the month that its day belongs to, and a
    line of the ledger in the month that it names.

    Internal parties carry the cost of what they use on a statement of their own; they are left out by role where
    customers are counted.

    Raises: `UnknownNameError` for an unknown driver; `ConfigError` where general cost is to be shared out;
    `CheckError` when the statement does not meet the books.

    Reference: Kaplan and Anderson (2004), Time-driven activity-based costing, Harvard Business Review 82(11).
    """
    equations = {name: check_activity(engine, name, activity) for name, activity in activities.items()}
    work = _work(pools, equations)
    drivers = plan(engine, pools, [pool for pool, timed in work.items() if any(e.keeps_time for e in timed)])
    share = None if assumed_cost_of_goods is None else round(assumed_cost_of_goods, 8)
    wanted = {driver: driver in drivers for driver in DRIVERS}
    months = month_slots(calendar)
    engine.run(PACKAGE, "ledger.sql", {"assumed": share}, **months)
    credit(engine, attribution, months)
    for table in (PUBLISHED["cash_months"], PUBLISHED["pool_months"], _PARTS):
        engine.make_empty(table)
    moved, since = Decimal(0), calendar.year_to(as_of)
    scale.begin(engine)
    for window in _windows(engine, calendar):
        window |= {"assumed": share, **wanted}
        made = measure(engine, work, window, months)
        for file in ("units.sql", "allocation.sql", "lines.sql"):
            made += engine.run(PACKAGE, file, window, **months)
        if the_lost == "spread":
            moved += spread_the_lost(engine)
        engine.execute("INSERT INTO cash_months SELECT * FROM cashflow_months")
        engine.execute("INSERT INTO pool_months SELECT * FROM cashflow_pool_months")
        engine.execute("INSERT INTO cashflow_all_parts SELECT * FROM cashflow_parts")
        scale.remember(engine, since)
        _forget(engine, *made)
    engine.run(PACKAGE, "statement.sql", {"since": since})
    engine.execute("CREATE OR REPLACE TABLE scale_parties AS SELECT n, party_id FROM cashflow_parties")
    engine.run(PACKAGE, "channels.sql", {"as_of": as_of})
    note_costs(engine, {name: Pool.of(pool) for name, pool in pools.items()}, equations, spread=moved)
    check_books(engine, the_lost)
    _forget(engine, "cashflow_chain", "cashflow_qualities", "cashflow_credits", "cashflow_all_parts",
            "cashflow_parties", "cashflow_inside", "cashflow_ledger")  # fmt: skip


def _work(pools: Mapping[str, Pool | str], equations: Mapping[str, Equation]) -> dict[str, tuple[Equation, ...]]:
    """Return the time equations of each pool that names any; raise `UnknownNameError` for one that there is not."""
    work = {}
    for name, pool in pools.items():
        for activity in Pool.of(pool).activities:
            if activity not in equations:
                raise UnknownNameError("activity", activity, equations, where=f"cashflow.pools.{name}.activities")
        work[name] = tuple(equations[activity] for activity in dict.fromkeys(Pool.of(pool).activities))
    return work


def _forget(engine: Engine, *tables: str) -> None:
    """Drop tables that only led to others, unless they are kept to be looked at."""
    if not engine.keep_scratch:
        engine.drop(*tables)


def _windows(engine: Engine, calendar: FiscalCalendar) -> Iterator[dict[str, object]]:
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


def check_books(engine: Engine, the_lost: TheLost = "apart") -> None:
    """Prove that `books`, `cash_months` and `cash` say the same; raise `CheckError` with the first place where not.

    Where the cost of the lost is spread, sales work for them stands among acquisition: both lines together are proved.
    """
    wrong = engine.rows("SELECT month, line, pool, currency, difference FROM books WHERE difference <> 0 ORDER BY ALL")
    if wrong:
        month, line, pool, currency, difference = wrong[0]
        _fail(len(wrong), f"{line} of pool {pool} in {month:%Y-%m}, {currency}, differs by {difference}")
    for lines, shown in (_SPREAD if the_lost == "spread" else _APART).items():
        named = ", ".join(literal(line) for line in lines)
        books = engine.scalar(f"SELECT COALESCE(SUM(attributed), 0) FROM books WHERE line IN ({named})")
        for table in ("cash_months", "cash"):
            carried = engine.scalar(f'SELECT COALESCE(SUM({" + ".join(shown)}), 0) FROM "{table}"')
            if carried != books:
                _fail(1, f"{' and '.join(lines)} is {carried} in {table} and {books} in the books")


_APART = {(line,): (line,) for line in BOOK_LINES if line in CASH_LINES} | {("marketing",): MARKETING_LINES}
"""Lines of the statement by line of the books."""

_SELLING = ("marketing", "sales")
_SPREAD = {lines: shown for lines, shown in _APART.items() if lines[0] not in _SELLING} | {
    _SELLING: (*MARKETING_LINES, "sales")
}


def _fail(places: int, example: str) -> None:
    raise CheckError(
        f"the cash statement does not meet the books in {places} place(s): {example}.",
        where="cashflow",
        next_step="This is a fault of valuekit, not of the data: please report it with the table `books`.",
    )
