"""Churn: who stopped paying and who stopped using, side by side and never averaged; and paying by using."""

from typing import Any

import pandas as pd
import streamlit as st

from valuekit.dashboard import parts, theme, words
from valuekit.dashboard.charts import months
from valuekit.dashboard.data import each
from valuekit.dashboard.pages.customers import members
from valuekit.dashboard.pages.customers.view import View, month_name

NAMES = {"payment": "Payment churn", "usage": "Usage churn"}
STOPPED = {"both": "Stopped both", "pay": "Only stopped paying", "use": "Only stopped using"}


def render(view: View) -> None:
    """Show both churns with their numerators and denominators, their overlap, and the matrix over time."""
    found = view.ask("churns")
    now = found[found["as_of"].dt.date == view.month]
    if now.empty:
        parts.empty(
            "Churn needs two month ends",
            "The first month end has none before it: choose a later one, or map more months of data.",
        )
        return
    _now(view, next(each(now)))
    _rates(found)
    _matrix(found)
    _who(view)


def _now(view: View, one: Any) -> None:
    begin, end = words.day(view.former), month_name(view.month, view.complete)
    stopped = one.stopped_paying + one.stopped_using - one.stopped_both
    overlap = (
        f"{words.count(one.stopped_paying - one.stopped_both)} only paying,"
        f" {words.count(one.stopped_using - one.stopped_both)} only using"
    )
    parts.cards(
        [
            parts.Card(
                "Payment churn",
                words.percent(one.payment_churn_rate),
                f"{_rule(view, view.run.settings.paying)} Stopped paying / paying at {begin}.",
                f"{words.count(one.stopped_paying)} of {words.count(one.paying_begin)} who paid on {begin}",
            ),
            parts.Card(
                "Usage churn",
                words.percent(one.usage_churn_rate),
                f"{_rule(view, view.run.settings.using)} Stopped using / using at {begin}.",
                f"{words.count(one.stopped_using)} of {words.count(one.using_begin)} who used it on {begin}",
            ),
            parts.Card(
                "Stopped both",
                words.count(one.stopped_both),
                f"Of {words.count(stopped)} who stopped one or both between {begin} and {end}",
                overlap,
            ),
        ]
    )
    parts.note("Two rates with two denominators. Their mean would be the churn of nobody.")


def _rule(view: View, definition: str) -> str:
    one = view.found[view.found["definition"] == definition]
    return f"{one['sentence'].iloc[0]}." if len(one) else ""


def _rates(found: pd.DataFrame) -> None:
    parts.section("Month by month", "Each with its own numerator and denominator; a month still running is hollow.")
    rows = [
        (m.as_of, bool(m.complete), key, rate, f"{words.count(part)} of {words.count(whole)}")
        for m in each(found)
        for key, rate, part, whole in (
            ("payment", m.payment_churn_rate, m.stopped_paying, m.paying_begin),
            ("usage", m.usage_churn_rate, m.stopped_using, m.using_begin),
        )
    ]
    frame = pd.DataFrame(rows, columns=["as_of", "complete", "key", "rate", "text"])
    last = found.iloc[-1]
    parts.chart(
        months.rates(frame, theme.PAYING, NAMES),
        f"Last month: payment churn {words.percent(last.payment_churn_rate)}, usage churn"
        f" {words.percent(last.usage_churn_rate)}.",
    )
    table = [
        (
            words.day(m.as_of.date()) + ("" if m.complete else "\nstill running"),
            f"{words.count(m.stopped_paying)} of {words.count(m.paying_begin)}",
            words.percent(m.payment_churn_rate),
            f"{words.count(m.stopped_using)} of {words.count(m.using_begin)}",
            words.percent(m.usage_churn_rate),
            words.count(m.stopped_both),
        )
        for m in each(found.iloc[::-1])
    ]
    with st.expander("The same as a table"):
        headers = ["Month end", "Stopped paying", "Payment churn", "Stopped using", "Usage churn", "Stopped both"]
        parts.listing(headers, table, numbers=range(1, len(headers)))


def _matrix(found: pd.DataFrame) -> None:
    parts.section("Paying and using", "Parties at each month end; a month still running is pale.")
    last = found.iloc[-1]
    parts.chart(
        months.stacked(months.tall(found, list(words.PAYING)), theme.PAYING, words.PAYING, unit="Parties"),
        f"At the last month end {words.count(last.paying_and_using)} pay and use, {words.count(last.paying_only)} pay"
        f" and do not use, {words.count(last.using_only)} use and do not pay.",
    )


def _who(view: View) -> None:
    pays, uses = view.bit(view.run.settings.paying), view.bit(view.run.settings.using)
    if not pays or not uses:
        return
    parts.section("Who stopped", f"Between {words.day(view.former)} and {words.day(view.month)}.")
    which = parts.choice("Who", STOPPED, default="both", key="stopped")
    members.show(
        view, "stopped", STOPPED[which], file=f"stopped-{which}", month=view.month, pays=pays, uses=uses, which=which
    )
