"""Cost pools: what each costs, how good a measure shares it out, what a minute costs, and what nobody used."""

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from valuekit.calendar import month_end
from valuekit.dashboard import parts, theme, words
from valuekit.dashboard.charts import months
from valuekit.dashboard.data import each
from valuekit.dashboard.run import Run

POOLS = "cashflow/pools"
QUALITIES = {
    "direct": "Named: the line says whose it is",
    "measured time": "Measured: minutes that were recorded",
    "time equation": "Calculated: minutes by a time equation",
    "measured money": "Measured: money of each party",
    "counted": "Counted: every one weighs the same",
    "revenue": "Stand-in: by revenue, not by what causes it",
    "equal": "Stand-in: in equal parts",
    "none": "Not shared out",
}
"""How good the driver of a pool is as a picture of what caused its cost, the best first."""

MINUTES = {"used": "Used", "over": "Beyond the capacity", "unused": "Not used by anybody"}
COLOURS = {"used": theme.BLUE, "over": theme.RED, "unused": theme.GREY, "cost": theme.BLUE}
NOTES = {
    "pool_without_driver": "Pool without a driver",
    "driver_without_pool": "Driver without a pool",
    "activity_without_pool": "Activity without a pool",
    "activity_not_timed": "Activity without minutes",
    "ledger_month_missing": "Month without ledger",
    "campaign_touched_nobody": "Campaign that touched nobody",
    "minutes_below_zero": "Minutes below zero",
    "currency_without_rate": "Currency without rate",
    "paid_in_another_currency": "Paid in another currency than agreed",
    "cost_of_the_lost": "Leads that never bought",
}
"""Kinds of remarks on the cost data."""


def render(run: Run) -> None:
    """Show the pools of a month, one pool over the months, and what there is to know of the cost data."""
    ends = [m.month.date() for m in each(run.ask(POOLS, "months"))]
    if not ends:
        parts.empty("No cost is in the books", "Map `costs` under sources in the configuration, and run again.")
        return
    _month(run, ends)
    _history(run)
    _notes(run)


def _month(run: Run, ends: list[date]) -> None:
    parts.section(
        "Pools of a month", f"Cost is negative, all money in {run.currency}. A rate is what one minute costs."
    )
    days = {m.isoformat(): m for m in ends}
    chosen = st.selectbox(
        "Month", list(days), format_func=lambda d: f"{days[d]:%B %Y}", key="pool_month", bind="query-params", width=260
    )
    found = run.ask(POOLS, "of_month", month=days[str(chosen)])
    timed = bool(found["minutes_used"].notna().any())
    headers = ["Pool", "Cost", "Of it named", "Shared out by"]
    if timed:
        headers += ["Rate of a minute", "Capacity used", "Cost not used"]
    rows = [(*_cost(p), *(_minutes(p) if timed else ())) for p in each(found)]
    numbers = [1, 2, *range(4, len(headers))]
    parts.listing(
        headers, rows, numbers=numbers, colours=[theme.STREAMS.get(p.function, theme.QUIET) for p in each(found)]
    )
    parts.note(
        f"Together {run.money(found['cost'].sum(), exact=True)}, as in the books of the month; of it"
        f" {run.money(found['unused_cost'].sum(), exact=True)} for capacity that nobody used."
    )


def _named(pool: Any) -> str:
    campaign = f" · {pool.campaign}" if pool.campaign else ""
    return f"{words.human(pool.pool)}{campaign}"


def _cost(pool: Any) -> tuple[str, ...]:
    stands_in = " (stands in for its own, which has no units)" if pool.fallback else ""
    driver = words.human(pool.driver) + stands_in
    return (
        f"{_named(pool)}\n{words.line(pool.function)}",
        f"{pool.cost:,.2f}",
        f"{pool.direct:,.2f}" if pool.direct else "",
        f"{driver}\n{QUALITIES.get(pool.quality, words.human(pool.quality))}",
    )


def _minutes(pool: Any) -> tuple[str, ...]:
    if pd.isna(pool.rate_per_minute):
        return "", "", ""
    of = f"{words.count(pool.minutes_used)} min"
    if pd.notna(pool.capacity_minutes):
        share = words.share(pool.minutes_used, pool.capacity_minutes)
        of = f"{share}\n{words.count(pool.minutes_used)} of {words.count(pool.capacity_minutes)} min"
    return f"{pool.rate_per_minute:,.4f}", of, f"{pool.unused_cost:,.2f}" if pool.unused_cost else ""


def _history(run: Run) -> None:
    pools = {f"{p.function}/{p.pool}/{p.campaign}": p for p in each(run.ask(POOLS, "pools"))}
    parts.section("One pool, month by month")
    key = str(
        st.selectbox(
            "Pool", list(pools), format_func=lambda k: f"{_named(pools[k])} · {words.line(pools[k].function)}",
            key="pool", bind="query-params",
        )
    )  # fmt: skip
    pool = pools[key]
    found = run.ask(POOLS, "history", function=pool.function, pool=pool.pool, campaign=pool.campaign)
    names = [m.date() for m in found["month"]]
    found = found.assign(
        as_of=pd.to_datetime(pd.Series([month_end(name) for name in names])),
        complete=[run.calendar.last_day(name) <= run.as_of for name in names],
    )
    _used(run, found) if pool.timed else _spent(run, found, _named(pool))


def _used(run: Run, found: pd.DataFrame) -> None:
    over = found["over_capacity_minutes"].fillna(0)
    found = found.assign(
        used=found["minutes_used"].fillna(0) - over, over=over, unused=found["unused_minutes"].fillna(0)
    )
    keys = [k for k in MINUTES if found[k].any()]
    used, unused = found["minutes_used"].sum(), found["unused"].sum()
    parts.chart(
        months.stacked(months.tall(found, keys), COLOURS, MINUTES, unit="Minutes"),
        f"Over all months {words.count(used)} minutes were used and {words.count(unused)} were not.",
    )
    parts.note(
        f"Minutes of capacity by month; not used: {run.money(found['unused_cost'].sum(), exact=True)} over all months,"
        " which no customer carries."
    )


def _spent(run: Run, found: pd.DataFrame, name: str) -> None:
    parts.chart(
        months.stacked(months.tall(found, ["cost"]), COLOURS, {"cost": name}, unit=run.currency, number=",.2f"),
        f"{name} cost {run.money(found['cost'].sum())} over {len(found)} months.",
    )
    parts.note(
        "Cost by month. This pool is not one of working time, so it has neither capacity nor a rate of a minute."
    )


def _notes(run: Run) -> None:
    found = run.ask(POOLS, "notes")
    parts.section("What there is to know of the cost data", "Missing, misspelt, or not shared out as asked.")
    if found.empty:
        parts.note("Nothing: every pool is shared out as asked.")
        return
    rows = [
        (
            f"{NOTES.get(n.note, words.human(n.note))}\n{words.human(n.place)}",
            words.figures(n.message.replace("`", "")),
            words.count(n.rows),
            "-" if pd.isna(n.amount) else run.money(n.amount),
        )
        for n in each(found)
    ]
    parts.listing(["What", "What to know", "How many", "Money"], rows, numbers=(2, 3))
