"""Good customers: margin against cost to serve, and the sign of cash by the sign of profit, now and over time."""

import pandas as pd
import pyarrow as pa

from valuekit.dashboard import parts, registers, theme, words
from valuekit.dashboard.charts import months
from valuekit.dashboard.data import cost_to_serve, each
from valuekit.dashboard.pages.customers import members
from valuekit.dashboard.run import Run
from valuekit.snapshot import Snapshot

WHALE = "cashflow/whale"
ADVICE = {
    "passive": "High margin, low cost: keep them",
    "carriage trade": "High margin, high cost: they pay for what they take",
    "bargain basement": "Low margin, low cost: little of both",
    "aggressive": "Low margin, high cost: others pay for them",
}
"""The four quadrants (Shapiro and others 1987), in words."""

CELLS = {"both": theme.BLUE, "cash": theme.ORANGE, "profit": theme.GREEN, "neither": theme.GREY}


def _quadrants(snapshot: Snapshot) -> pa.Table:
    with snapshot.engine() as engine:
        return cost_to_serve(engine)


def quadrants_of(run: Run) -> None:
    """Show the four quadrants of margin and cost to serve, and the parties of one."""
    found = run.read(_quadrants)
    total = found["parties"].sum()
    parts.section(
        "Margin against cost to serve",
        "Last 12 months. The margin is revenue, refunds and cost of goods; cost to serve is every other line. High is"
        " above the median, a party on it counts as low.",
    )
    if not total:
        parts.empty("Nobody has a margin or a cost to serve", "Map payments or orders, and costs, and run again.")
        return
    rows = [
        (
            f"{q.quadrant.capitalize()}\n{ADVICE[q.quadrant]}",
            words.count(q.parties),
            words.share(q.parties, total),
            run.money(q.margin),
            run.money(q.cost_to_serve),
            run.money(q.net_cash),
        )
        for q in each(found)
    ]
    parts.listing(
        ["Quadrant", "Parties", "Share", "Margin", "Cost to serve", "Net cash"], rows, numbers=range(1, 6), stacked=True
    )
    one = next(each(found))
    parts.note(
        f"Borders: margin {run.money(one.margin_border, exact=True)}, cost to serve"
        f" {run.money(one.cost_border, exact=True)} in 12 months to {words.day(run.as_of)};"
        f" {words.count(found['on_border'].sum())} parties lie on one of them."
    )
    _in_quadrant(run, found)


def _in_quadrant(run: Run, found: pd.DataFrame) -> None:
    cells = {str(q.quadrant): q for q in each(found) if q.parties}
    names = {key: key.capitalize() for key in cells}
    start = "aggressive" if "aggressive" in cells else next(iter(cells))
    cell = cells[parts.choice("Quadrant", names, default=start, key="quadrant")]
    members.listed(
        run, WHALE, "in_quadrant", names[str(cell.quadrant)], file="quadrant", amount="Net cash, 12 months",
        margin_border=str(round(cell.margin_border, 4)), cost_border=str(round(cell.cost_border, 4)),
        high_margin=bool(cell.high_margin), high_cost=bool(cell.high_cost),
    )  # fmt: skip


def signs(run: Run) -> None:
    """Show customers by cash and by profit, since when they are, how the cells moved, and who is in them."""
    parts.section(
        "Customers by cash, and by profit",
        "Current customers by the sign of their net cash and of their profit over the last 12 months.",
    )
    found = run.ask("to_check", "cash_and_profit")
    if not found["parties"].sum():
        parts.empty("No current customers", "There is nobody to place by cash and profit at this date.")
        return
    registers.good(run)
    _spells(run)
    _history(run, found)


def _spells(run: Run) -> None:
    one = run.one(WHALE, "spells")
    if not one.cash_positive and not one.profitable:
        return
    parts.cards(
        [
            _spell("Customers by cash", one.cash_positive, one.cash_year, one.cash_new, "net cash"),
            _spell("Profitable", one.profitable, one.profit_year, one.profit_new, "profit"),
        ]
    )
    parts.note("All outside parties, customers or not, over twelve months up to each month end.")


def _spell(name: str, parties: int, year: int, new: int, of: str) -> parts.Card:
    meaning = f"Outside parties whose {of} of the last 12 months is above zero"
    if not parties:
        return parts.Card(name, "0", meaning)
    context = (
        f"{words.count(year)} of them for twelve months or more without a break, {words.count(new)} for three or less"
    )
    return parts.Card(name, words.count(parties), meaning, context)


def _history(run: Run, found: pd.DataFrame) -> None:
    cells = run.ask(WHALE, "cells")
    if cells.empty:
        return
    names = {_key(c.cash_positive, c.profitable): str(c.label) for c in each(found)}
    last = cells[cells["as_of"] == cells["as_of"].max()].set_index("key")["amount"]
    parts.chart(
        months.stacked(cells, CELLS, {k: names[k] for k in CELLS if k in names}, unit="Customers", height=240),
        "Customers at the last month end: "
        + ", ".join(f"{name} {words.count(last.get(key, 0))}" for key, name in names.items())
        + ".",
    )
    parts.note("Customers of each month end by the signs over the twelve months before; a month still running is pale.")


def _key(cash: bool, profit: bool) -> str:
    if cash:
        return "both" if profit else "cash"
    return "profit" if profit else "neither"
