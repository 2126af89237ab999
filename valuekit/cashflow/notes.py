"""What there is to say about the cost data: what is missing, misspelt or not shared out as asked."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from valuekit.cashflow.activities import Equation
from valuekit.cashflow.drivers import Pool, chain, unknown_pools
from valuekit.engine import Engine
from valuekit.errors import did_you_mean
from valuekit.tables import PUBLISHED

PACKAGE = "valuekit.cashflow"


@dataclass(frozen=True)
class Note:
    """One remark, as `cash_notes` has it."""

    note: str
    place: str
    rows: int
    message: str
    amount: Decimal | None = None


def note_costs(
    engine: Engine, pools: Mapping[str, Pool], equations: Mapping[str, Equation], *, spread: Decimal
) -> None:
    """Make `cash_notes`: what there is to know about pools, activities, months, campaigns and rows set aside.

    Reads: `costs`, `contracts`, `payments`, `cash_months`, `parties`, `cashflow_parties`, `cashflow_credits` and,
    where it is there, `quarantine`. `spread` is what was moved from parties that never bought to those won.
    """
    notes = [
        *_pools(engine, pools),
        *_activities(pools, equations),
        *_months(engine),
        *_campaigns(engine),
        *_set_aside(engine),
        *_currencies(engine),
        *_lost(engine, spread),
    ]
    columns = {c.name: [asdict(n)[c.name] for n in notes] for c in PUBLISHED["cash_notes"]}
    engine.put("cash_notes", pa.table(columns, schema=PUBLISHED["cash_notes"].arrow))


def _found(engine: Engine, step: str, parameters: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in engine.ask(PACKAGE, "notes.sql", step, parameters).to_pylist()]


def _pools(engine: Engine, pools: Mapping[str, Pool]) -> Iterator[Note]:
    known = _found(engine, "pools_known")
    for name, lines, amount, function in known:
        if pools.get(name, Pool()).first is None:
            drivers = " then ".join(chain(function)[:-1])
            words = (
                f"The ledger's pool '{name}' has no driver in `cashflow.pools`; its function shares it by {drivers}."
            )
            yield Note("pool_without_driver", name, lines, words, amount)
    for name in unknown_pools(engine, pools):
        advice = did_you_mean(name, [row[0] for row in known])
        words = f"`cashflow.pools.{name}` is no pool of the ledger up to this date. {advice}"
        yield Note("driver_without_pool", name, 0, words)


def _activities(pools: Mapping[str, Pool], equations: Mapping[str, Equation]) -> Iterator[Note]:
    named = {activity for pool in pools.values() for activity in pool.activities}
    for name, found in sorted(equations.items()):
        if name not in named:
            words = f"No pool names the activity '{name}', so it shares nothing out. Add it to a pool's `activities`."
            yield Note("activity_without_pool", name, 0, words)
        if untimed := found.without_day + found.without_minutes + found.below_zero:
            words = (
                f"{untimed:,} row(s) of '{name}' take no time: {found.without_day:,} without {found.on}, "
                f"{found.without_minutes:,} without minutes, {found.below_zero:,} below zero minutes."
            )
            yield Note("activity_not_timed", name, untimed, words)


def _months(engine: Engine) -> Iterator[Note]:
    advice = "Costs of these months are not in the statement. Map the ledger of them."
    for first, following, months in _found(engine, "missing_months"):
        words = f"The ledger has no line from {first:%Y-%m} until {following:%Y-%m}: {months} month(s). {advice}"
        yield Note("ledger_month_missing", f"{first:%Y-%m}", months, words)
    gaps: dict[str, list[date]] = {}
    for pool, month in _found(engine, "missing_pools"):
        gaps.setdefault(pool, []).append(month)
    for pool, missing in gaps.items():
        shown = ", ".join(f"{month:%Y-%m}" for month in missing[:6]) + (" ..." if len(missing) > 6 else "")
        words = f"Pool '{pool}' has no line in {len(missing)} month(s) in which the ledger has others: {shown}."
        yield Note("ledger_month_missing", f"pool {pool}", len(missing), words)


def _campaigns(engine: Engine) -> Iterator[Note]:
    for campaign, lines, amount in _found(engine, "untouched"):
        words = f"No contact of campaign '{campaign}' counts, so what drives its pool shares its cost out."
        yield Note("campaign_touched_nobody", campaign, lines, f"{words} Do `engagements` name it alike?", amount)


def _set_aside(engine: Engine) -> Iterator[Note]:
    if not engine.has("quarantine"):
        return
    for note, pattern, what in (
        ("minutes_below_zero", "broken rule: (work|time|capacity) is not negative", "minutes below zero"),
        ("currency_without_rate", "exchange rate", "a currency without rate"),
    ):
        found = _found(engine, "set_aside", {"pattern": pattern})
        if found:
            tables = ", ".join(f"{table} {rows:,}" for table, rows in found)
            words = f"Rows with {what} are set aside and in no sum: {tables}. The table `quarantine` lists them."
            yield Note(note, "quarantine", sum(rows for _, rows in found), words)


def _currencies(engine: Engine) -> Iterator[Note]:
    for agreed, paid, parties, amount in _found(engine, "other_currencies"):
        words = (
            f"Parties with a contract in {agreed} that pay in {paid}: {parties:,}. Each payment counts at the rate of"
            " its own day, so it may differ from what the contract says in the reporting currency."
        )
        yield Note("paid_in_another_currency", f"{agreed} paid in {paid}", parties, words, amount)


def _lost(engine: Engine, spread: Decimal) -> Iterator[Note]:
    ((parties, amount),) = _found(engine, "never_bought")
    if parties:
        words = f"{parties:,} parties that never bought carry their own acquisition and sales cost."
        yield Note("cost_of_the_lost", "apart", parties, words, amount)
    if spread:
        words = (
            "Acquisition and sales cost of parties that never bought, carried by those won in the same month or next."
        )
        yield Note("cost_of_the_lost", "spread", 0, words, spread)
