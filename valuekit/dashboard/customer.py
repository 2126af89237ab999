"""One customer: chosen by name, with its statement of cash."""

from typing import Literal

import pandas as pd
import streamlit as st

from valuekit.dashboard import evidence, parts, words
from valuekit.dashboard.charts import bars
from valuekit.dashboard.parts import Card, Column
from valuekit.dashboard.run import Run
from valuekit.tables.published import CASH_LINES


def choose(run: Run, order: Literal["cash", "rank"], key: str) -> str | None:
    """Let the reader find a customer by a part of its name, or by a record or its id; return its party id."""
    left, right = st.columns(2)
    text = left.text_input(
        "Find a customer",
        key=f"{key}_search",
        bind="query-params",
        placeholder="Part of a name, or a record id",
        icon=":material/search:",
        live=True,
    )
    text = (text or "").strip()
    found = run.ask("customer", f"found_by_{order}", text=text) if text else run.ask("customer", f"first_by_{order}")
    if found.empty:
        parts.empty(
            "No customer found", "Try a shorter part of the name, a record id of any system, or clear the search."
        )
        return None
    names = dict(zip(found["party_id"], found["customer"], strict=True))
    label = {p: n if list(names.values()).count(n) == 1 else f"{n} · {p}" for p, n in names.items()}
    chosen: str | None = right.selectbox("Customer", list(names), format_func=lambda p: label.get(p, p), key=key)
    return chosen


def statement(run: Run) -> str | None:
    """Show one customer's cash, line by line and month by month; return its party id, when one is chosen."""
    parts.section("One customer", "Who it is and who counts it; then its statement, month by month.")
    party = choose(run, "cash", "customer")
    if party is None:
        return None
    _profile(run, party)
    evidence.show(run, party)
    months = run.ask("customer", "months", party=party)
    if months.empty:
        parts.empty("No cash yet", "It has brought in nothing and caused no cost that is recorded.")
        return party
    used = [x for x in CASH_LINES if months[x].any()]
    net = float(months["net_cash"].sum())
    parts.chart(
        bars.stacked(_tall(months, used), bars.month_axis(), run.currency, words.LINES),
        f"Net cash over all months: {run.money(net)}.",
    )
    parts.note("Bars above zero bring cash, bars below cost it; the line is net cash of the month.")
    columns = [Column("month", "Month", "month"), *(Column(x, words.line(x), "money") for x in [*used, "net_cash"])]
    parts.note(f"{len(months)} months with cash, newest first, in {run.currency}.")
    newest = months.sort_values("month", ascending=False)
    parts.table(newest.mask(newest == 0), columns, alt_text="The customer's cash by month and line", rows=12)
    return party


def _tall(months: pd.DataFrame, used: list[str]) -> pd.DataFrame:
    """Give each line of each month a row of its own; months without cash are there, with zero."""
    whole = months.set_index("month")[used].asfreq("MS", fill_value=0.0).reset_index()
    tall = whole.melt("month", var_name="key", value_name="amount")
    return tall.assign(name=tall["key"].map(words.line), place=tall["key"].map(used.index), counted=True)


def _why(reason: object, systems: str) -> str:
    """Say why it is in its stage, where the stage has several reasons, and which systems know it."""
    told = [words.REASONS.get(reason, words.human(reason))] if isinstance(reason, str) else []
    return words.begin("; ".join([*told, f"known in {systems}"])).rstrip(".")


def _profile(run: Run, party: str) -> None:
    one = run.one("customer", "profile", party=party)
    ltv = run.money(one.ltv) if pd.notna(one.ltv) else "-"
    basis = f"Rests on {words.BASES.get(one.basis, one.basis)}" if isinstance(one.basis, str) else ""
    parts.cards(
        [
            Card(
                "Stage",
                words.stage(one.stage),
                "The one lifecycle stage at the as-of date",
                _why(one.reason, one.systems),
            ),
            Card(
                "Net cash, all months",
                run.money(one.net_cash),
                f"Exactly {run.money(one.net_cash, exact=True)}",
                f"{run.money(one.net_cash_12m)} in the last 12 months",
            ),
            Card("Lifetime value", ltv, f"{run.settings.value}, in {run.currency}", basis),
            Card(
                "Value tier",
                one.tier if isinstance(one.tier, str) else "-",
                "Value tier by lifetime value",
            ),
        ]
    )
