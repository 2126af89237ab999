"""What if prices, volumes, minutes or rates were others: the company, its customers and where the balance tips."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from valuekit.cashflow.break_even import PRICED_LINES
from valuekit.cashflow.what_if import COST_LINES, WhatIf, ask_company, ask_parties
from valuekit.dashboard import parts, words
from valuekit.dashboard.charts import bars
from valuekit.dashboard.data import each, external_cash, plain
from valuekit.dashboard.pages.cashflow import balance
from valuekit.dashboard.pages.customers import members
from valuekit.dashboard.parts import Column
from valuekit.dashboard.run import Run
from valuekit.snapshot import Snapshot
from valuekit.tables.published import CASH_LINES

PAGE = "cashflow/what_if"
Changes = tuple[float, float, float, tuple[tuple[str, float], ...]]
"""Price, volume, minutes and the rates by line, so that an answer can be kept."""


@dataclass(frozen=True)
class Answer:
    """What a change does: the sums of `ask_company`, and of outside parties who is below zero and changes sides."""

    company: dict[str, Any]
    below: int
    below_then: int
    up: int
    down: int
    tipped: pd.DataFrame


def render(run: Run) -> None:
    """Show the sliders and what they do."""
    lines = run.one(PAGE, "lines")
    if not lines.parties:
        parts.empty("Nobody has cash yet", "Map payments or orders, and costs, and run again.")
        return
    parts.section(
        "What if",
        "Move a slider: net cash of every party over the last 12 months is computed again. What no party carries, such"
        " as unused capacity, stays. At no change every number is the published one.",
    )
    changes = _sliders(lines)
    change = _change(changes)
    answer = run.told(_asked, changes)
    _cards(run, answer)
    _lines(run, lines, change)
    _tipping(run, change, answer, lines)
    _who(run, answer)


def _sliders(lines: Any) -> Changes:
    used = [line for line in COST_LINES if getattr(lines, line)]
    with st.container(border=True):
        left, middle, right = st.columns(3, gap="large")
        price = _slider(left, "Price", "price", "Of what customers pay: revenue and refunds")
        volume = _slider(
            middle, "Volume", "volume", "Of what customers buy: revenue, refunds, cost of goods and incentives"
        )
        minutes = (
            _slider(right, "Minutes of support", "minutes", "Of the support that customers need")
            if lines.support
            else 0.0
        )
        rates: dict[str, float] = {}
        columns = st.columns(3, gap="large")
        for place, line in enumerate(used):
            rates[line] = _slider(
                columns[place % 3], f"Rate: {words.line(line).lower()}", f"rate_{line}", "Of what a unit costs"
            )
        st.button("Back to no change", key="reset", on_click=_reset, icon=":material/undo:")
    return price, volume, minutes, tuple((line, rate) for line, rate in rates.items() if rate)


KEYS = ("price", "volume", "minutes", *(f"rate_{line}" for line in COST_LINES))


def _reset() -> None:
    for key in KEYS:
        if key in st.session_state:
            st.session_state[key] = 0


def _slider(place: Any, label: str, key: str, meaning: str) -> float:
    percent = place.slider(
        label, min_value=-50, max_value=100, value=0, step=1, format="%+d%%", key=key, bind="query-params", help=meaning
    )
    return round(int(percent) / 100, 2)


def _change(changes: Changes) -> WhatIf:
    price, volume, minutes, rates = changes
    return WhatIf(price=price, volume=volume, minutes=minutes, rates=dict(rates))


def _asked(snapshot: Snapshot, changes: Changes) -> Answer:
    change = _change(changes)
    with snapshot.engine() as engine:
        company = ask_company(engine, change)
        found = plain(ask_parties(engine, change, cash=external_cash(engine)))
    now, then = found["net_cash"], found["net_cash_then"]
    up, down = (now <= 0) & (then > 0), (now > 0) & (then <= 0)
    tipped = found[up | down]
    moved = (tipped["net_cash_then"] - tipped["net_cash"]).abs().sort_values(ascending=False, kind="stable")
    below, below_then, rise, fall = (int(these.sum()) for these in (now < 0, then < 0, up, down))
    return Answer(company, below, below_then, rise, fall, tipped.loc[moved.index])


def _cards(run: Run, answer: Answer) -> None:
    company = answer.company
    now, then = float(company["net_cash"]), float(company["net_cash_then"])
    when = f"last 12 months to {words.day(run.as_of)}, in {run.currency}"
    parts.cards(
        [
            parts.Card(
                "Net cash of customers, then",
                run.money(then),
                f"Sum over all parties after the change, {when}",
                f"Exactly {run.money(company['net_cash_then'], exact=True)}",
            ),
            parts.Card(
                "As published",
                run.money(now),
                f"Sum over all parties, {when}",
                f"Exactly {run.money(company['net_cash'], exact=True)}",
            ),
            parts.Card("Difference", run.money(then - now), f"Then less as published, {when}", _relative(then, now)),
            parts.Card(
                "Below zero, then",
                words.count(answer.below_then),
                "Outside parties whose net cash is below zero after the change",
                f"{words.count(answer.below)} as published; {words.count(answer.up)} rise above zero,"
                f" {words.count(answer.down)} fall to it or below",
            ),
        ]
    )


def _relative(then: float, now: float) -> str:
    if then == now:
        return "The published value"
    return f"{words.share(abs(then - now), abs(now))} {'more' if then > now else 'less'} than published"


def _lines(run: Run, lines: Any, change: WhatIf) -> None:
    factors = change.factors()
    now = {line: float(getattr(lines, line)) for line in CASH_LINES if getattr(lines, line)}
    then = {line: amount * float(factors[line]) for line, amount in now.items()}
    parts.section("Before and after", "What customers carry, line by line, after the change.")
    steps = [(words.line(line), line, amount, False) for line, amount in then.items()]
    steps.append(("Net cash\nof customers", "net", sum(then.values()), True))
    with parts.roomy("what_if"):
        parts.chart(
            bars.bridge(pd.DataFrame(steps, columns=["name", "key", "amount", "total"]), run.currency),
            f"After the change customers carry net cash of {run.money(sum(then.values()))},"
            f" as published {run.money(sum(now.values()))}.",
        )
    rows = [
        (words.line(line), f"{now[line]:,.2f}", f"{then[line]:,.2f}", f"{then[line] - now[line]:,.2f}") for line in now
    ]
    sums = (sum(now.values()), sum(then.values()), sum(then.values()) - sum(now.values()))
    now_sum, then_sum, difference = (f"{amount:,.2f}" for amount in sums)
    rows.append(("Net cash", now_sum, then_sum, difference))
    with st.expander("The same as a table"):
        headers = ["Line", f"As published, {run.currency}", "Then", "Difference"]
        parts.listing(headers, rows, numbers=(1, 2, 3), total=True)


def _tipping(run: Run, change: WhatIf, answer: Answer, lines: Any) -> None:
    found = run.ask(PAGE, "enterprise")
    parts.section(
        "Where the balance tips",
        "At which volume, price and minutes of support net cash of the company is zero. With volume moves all that"
        " customers carry; cost that is not shared out and unused capacity stay.",
    )
    if found.empty:
        parts.empty("No point of balance was published", "Run again with this version.")
        return
    one = next(each(found))
    published = balance.published(one)
    moved = float(answer.company["net_cash_then"]) - float(answer.company["net_cash"])
    factors = change.factors()
    priced = sum(float(getattr(lines, line)) * (float(factors[line]) - 1) for line in PRICED_LINES)
    unchanged = not (change.price or change.volume or change.minutes or change.rates)
    then = published if unchanged else balance.moved(
        one, net=moved, priced=priced, minutes=1 + change.minutes, rate=1 + change.rates.get("support", 0.0)
    )  # fmt: skip
    rows = [
        (name, before, after)
        for name, before, after in zip(balance.NAMES, balance.told(published), balance.told(then), strict=True)
    ]
    parts.listing(["Net cash of the company is zero at", "As published", "Then"], rows)


def _who(run: Run, answer: Answer) -> None:
    parts.section("Who changes sides", "Outside parties with net cash above zero before or after the change, not both.")
    if answer.tipped.empty:
        parts.empty("Nobody changes sides", "Move a slider further.")
        return
    first = answer.tipped.head(parts.ROWS)
    names = run.ask(PAGE, "named", parties=list(first["party_id"]))
    rows = first.merge(names, on="party_id", how="left", sort=False)
    rows = rows.assign(open=[members.link(run, party) for party in rows["party_id"]])
    parts.note(f"{parts.shown(len(answer.tipped), 'parties')}, the largest change first.")
    columns = [
        parts.CUSTOMER,
        Column("open", "View", "link", "Opens the view of this customer"),
        Column("net_cash", f"As published, {run.currency}", "money"),
        Column("net_cash_then", f"Then, {run.currency}", "money"),
    ]
    parts.table(rows, columns, alt_text=f"{len(answer.tipped)} parties that change sides", key="table_tipped")
