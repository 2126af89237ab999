"""The company: from billed to received to net cash, from revenue to net cash line by line, and month by month."""

from datetime import date
from functools import partial

import pandas as pd
import streamlit as st

from valuekit.dashboard import downloads, parts, theme, words
from valuekit.dashboard.charts import bars, bridges
from valuekit.dashboard.data import most
from valuekit.dashboard.pages.cashflow.period import BEGINNING, BOOKS, ELSEWHERE, books, choose
from valuekit.dashboard.run import Run
from valuekit.snapshot import BridgeStep, cash_bridge
from valuekit.tables.published import BOOK_LINES


def render(run: Run) -> None:
    """Show the bridges and the months of the period."""
    since = choose(run)
    found = books(run, since)
    if found is None:
        return
    _cards(run, found, since)
    _billed(run, since)
    _lines(run, found)
    _months(run, since)
    _workbooks(run)


def _workbooks(run: Run) -> None:
    parts.section(
        "For your controllers", "The whole statement as a workbook: every sum is a formula, and ties to the books."
    )
    for view, label in (("cash", "Cash statement (Excel)"), ("invoiced", "Invoiced statement (Excel)")):
        content = partial(run.made, downloads.statement, view)
        downloads.button(label, content, f"statement-{view}-{run.as_of}.xlsx", key=f"statement_{view}")


def _cards(run: Run, found: pd.DataFrame, since: date) -> None:
    when = f"{_span(since)} to {words.day(run.as_of)}, in {run.currency}"
    net, carried = float(found["company"].sum()), float(found["attributed"].sum())
    parts.cards(
        [
            parts.Card(
                "Net cash of the company",
                run.money(net),
                f"Sum of all lines of the books, without what moves inside the enterprise, {when}",
                _exactly(run, net),
            ),
            parts.Card(
                "Carried by customers",
                run.money(carried),
                f"Net cash after every cost that is shared out to a party, {when}",
                _exactly(run, carried),
            ),
            parts.Card(
                "Carried by nobody",
                run.money(net - carried),
                "; ".join(meaning for _, meaning in ELSEWHERE.values()) + f". {when}",
                _exactly(run, net - carried),
            ),
        ]
    )


def _span(since: date) -> str:
    return "From the first month" if since == BEGINNING else f"From {words.day(since)}"


def _exactly(run: Run, amount: float) -> str:
    return f"Exactly {run.money(amount, exact=True)}"


MEANINGS = {
    "invoiced": "Invoices of the period with tax; void ones left out",
    "credited": "Claims given up by refund or credit",
    "written_off": "Claims on uncollectible invoices",
    "receivables": "Owed at the begin less owed at the end: what was billed and is not paid takes cash away",
    "fx": "Paid at another rate than billed",
    "received": "Money that settled invoices",
    "on_account": "Money without invoice, beyond it or before it",
    "orders": "Paid at once, less what was returned",
    "tax": "Nobody's revenue: it is passed on",
    "money_received": "Revenue less refunds, without tax",
    "net_cash": "The ledger, less what one's own units charge each other",
}
"""What each step from billed to net cash means; the other steps are lines of cost."""


def _billed(run: Run, since: date) -> None:
    steps = run.told(cash_bridge, since)
    parts.section("From billed to received to net cash", "Grey bars are sums of what stands above them.")
    frame = pd.DataFrame([_step(run, step) for step in steps])
    sums = {s.key: s.amount for s in steps if s.is_total}
    with parts.roomy("billed"):
        parts.chart(
            bridges.bridge(frame, unit=run.currency, number=".2f"),
            f"Received on invoices {run.money(sums['received'])}, money received {run.money(sums['money_received'])},"
            f" net cash {run.money(sums['net_cash'])}.",
        )
    with st.expander("The same as a table"):
        rows = [(s.label, f"{s.amount:,.2f}", MEANINGS.get(s.key, "Cost of the books")) for s in steps]
        parts.listing(["Step", run.currency, "What it is"], rows, numbers=(1,))


def _step(run: Run, step: BridgeStep) -> dict[str, object]:
    colour = theme.SLATE if step.is_total else theme.STREAMS.get(step.key) or _side(float(step.amount))
    return {
        "name": step.label, "key": step.key, "amount": float(step.amount), "total": step.is_total, "colour": colour,
        "text": run.money(step.amount), "aside": "", "meaning": MEANINGS.get(step.key, "Cost of the books"),
    }  # fmt: skip


def _side(amount: float) -> str:
    return theme.GAIN if amount >= 0 else theme.LOSS


def _lines(run: Run, found: pd.DataFrame) -> None:
    carried = found.set_index("line")["attributed"]
    lines = [x for x in BOOK_LINES if carried.get(x, 0)]
    steps = [(words.line(x), x, float(carried[x]), False) for x in lines]
    total, company = float(carried.sum()), float(found["company"].sum())
    steps.append(("Net cash\nof customers", "net", total, True))
    steps += [(name, key, float(found[key].sum()), False) for key, (name, _) in ELSEWHERE.items() if found[key].any()]
    steps.append(("Net cash\nof the company", "net", company, True))
    frame = pd.DataFrame(steps, columns=["name", "key", "amount", "total"])
    parts.section(
        "From revenue to net cash",
        "What customers carry, line by line, then what nobody carries. The last bar is the ledger, less what moves"
        " inside the enterprise.",
    )
    with parts.roomy("bridge"):
        parts.chart(
            bars.bridge(frame, run.currency),
            f"Customers carry net cash of {run.money(total)}; the company keeps {run.money(company)}.",
        )
    if run.settings.assumed_cost_of_goods is not None:
        parts.note(
            f"Cost of goods is assumed in the configuration: {100 * run.settings.assumed_cost_of_goods:g}% of revenue."
        )


def _months(run: Run, since: date) -> None:
    found = run.ask(BOOKS, "months", since=since)
    whole = run.calendar.is_whole(run.as_of)
    found["complete"] = found["month"] <= pd.Timestamp(run.calendar.last_whole_month(run.as_of))
    best = most(found, "amount")
    parts.section(
        "Net cash by month",
        "All lines of the books." + ("" if whole else " The last month is not complete, so it is paler."),
    )
    parts.chart(
        bars.months(found, run.currency),
        f"{(found['amount'] < 0).sum()} of {len(found)} months lost cash;"
        f" the best was {best.month:%B %Y} with {run.money(best.amount)}.",
    )
