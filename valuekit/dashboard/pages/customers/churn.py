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
        _nothing(found)
        return
    rates = {
        k: c for k, c in (("payment", "payment_churn_rate"), ("usage", "usage_churn_rate")) if found[c].notna().any()
    }
    _now(view, next(each(now)))
    if rates:
        _rates(found, rates)
    if found["paying_and_using"].isna().all():
        return
    _matrix(found)
    _who(view)


def _nothing(found: pd.DataFrame) -> None:
    if found.empty:
        parts.empty(
            "Neither payments nor use can be counted",
            "Map `payments` or `orders`, and `usage`, under sources in the configuration, and run again.",
        )
    else:
        parts.empty(
            "Churn needs two month ends",
            "The first month end has none before it: choose a later one, or map more months of data.",
        )


def _now(view: View, one: Any) -> None:
    paying, using = view.run.settings.paying, view.run.settings.using
    row = [
        _card(view, "Payment churn", paying, one.payment_churn_rate, (one.stopped_paying, one.paying_begin), "paid"),
        _card(view, "Usage churn", using, one.usage_churn_rate, (one.stopped_using, one.using_begin), "used it"),
    ]
    if pd.notna(one.stopped_both):
        row.append(_both(view, one))
    parts.cards(row)
    if pd.notna(one.stopped_both):
        parts.note("Two rates with two denominators. Their mean would be the churn of nobody.")
    else:
        parts.empty("Half of churn is not recorded", f"{_missing(view, (paying, using))} {words.MAP_IT}")


def _card(view: View, name: str, definition: str, rate: float, counts: tuple[Any, Any], did: str) -> parts.Card:
    stopped, begin = counts
    day, rule = words.day(view.former), _rule(view, definition)
    if bool(pd.isna(begin)):
        return parts.Card(name, words.NOT_RECORDED, rule or "No definition says it.", _missing(view, (definition,)))
    meaning = f"{rule} Those who no longer do, of those who did on {day}."
    return parts.Card(
        name, words.percent(rate), meaning, f"{words.count(stopped)} of {words.count(begin)} who {did} on {day}"
    )


def _both(view: View, one: Any) -> parts.Card:
    begin, end = words.day(view.former), month_name(view.month, view.complete)
    stopped = one.stopped_paying + one.stopped_using - one.stopped_both
    return parts.Card(
        "Stopped both",
        words.count(one.stopped_both),
        f"Of {words.count(stopped)} who stopped one or both between {begin} and {end}",
        f"{words.count(one.stopped_paying - one.stopped_both)} only paying,"
        f" {words.count(one.stopped_using - one.stopped_both)} only using",
    )


def _missing(view: View, definitions: tuple[str, ...]) -> str:
    """Say what is not recorded, for those of the definitions that count nobody."""
    found = view.found.set_index("definition")["not_countable"]
    return " ".join(words.begin(found[d]) for d in definitions if isinstance(found.get(d), str))


def _rule(view: View, definition: str) -> str:
    one = view.found[view.found["definition"] == definition]
    return f"{one['sentence'].iloc[0]}." if len(one) else ""


COUNTS = {"payment": ("stopped_paying", "paying_begin"), "usage": ("stopped_using", "using_begin")}


def _rates(found: pd.DataFrame, rates: dict[str, str]) -> None:
    parts.section("Month by month", "Each with its own numerator and denominator; a month still running is hollow.")
    rows = [
        (m.as_of, bool(m.complete), key, getattr(m, rate), _of(m, key))
        for m in each(found)
        for key, rate in rates.items()
    ]
    frame = pd.DataFrame(rows, columns=["as_of", "complete", "key", "rate", "text"])
    last = found.iloc[-1]
    parts.chart(
        months.rates(frame, theme.PAYING, NAMES),
        "Last month: " + ", ".join(f"{NAMES[k].lower()} {words.percent(last[c])}" for k, c in rates.items()) + ".",
    )
    heads = {"payment": ("Stopped paying", "Payment churn"), "usage": ("Stopped using", "Usage churn")}
    table = [
        (
            words.day(m.as_of.date()) + ("" if m.complete else "\nstill running"),
            *(text for key, rate in rates.items() for text in (_of(m, key), words.percent(getattr(m, rate)))),
            *([words.count(m.stopped_both)] if pd.notna(m.stopped_both) else []),
        )
        for m in each(found.iloc[::-1])
    ]
    both = ["Stopped both"] if found["stopped_both"].notna().any() else []
    with st.expander("The same as a table"):
        headers = ["Month end", *(head for key in rates for head in heads[key]), *both]
        parts.listing(headers, table, numbers=range(1, len(headers)))


def _of(month: Any, key: str) -> str:
    part, whole = (getattr(month, column) for column in COUNTS[key])
    return f"{words.count(part)} of {words.count(whole)}"


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
