"""Bars: counts by group, two-sided differences, bridges, months."""

from collections.abc import Mapping

import altair as alt
import pandas as pd

from valuekit.dashboard import charts, theme
from valuekit.dashboard.charts import Picture


def counts(frame: pd.DataFrame, colours: Mapping[str, str], *, unit: str) -> Picture:
    """Horizontal bars of `name`, `key`, `amount`, in the order of the rows, each with its number."""
    bars = alt.Chart(frame).encode(
        y=alt.Y("name:N", sort=list(frame["name"]), title=None, axis=_names()),
        x=alt.X("amount:Q", axis=None, scale=charts.beside(0, float(frame["amount"].max() or 1), "56")),
        tooltip=[alt.Tooltip("name:N", title=" "), alt.Tooltip("amount:Q", title=unit, format=",")],
    )
    palette = [colours.get(k, theme.QUIET) for k in frame["key"]]
    colour = alt.Color("name:N", scale=alt.Scale(domain=list(frame["name"]), range=palette), legend=None)
    text = bars.mark_text(align="left", dx=6, color=charts.ink(), fontSize=13).encode(
        text=alt.Text("amount:Q", format=",")
    )
    marks = bars.mark_bar(cornerRadiusEnd=3, height={"band": 0.68}).encode(color=colour)
    return (marks + text).properties(height=len(frame) * 36)


def two_sided(frame: pd.DataFrame, first: str, second: str) -> Picture:
    """Bars to both sides of zero of `name`, `side` (only_a, only_b), `parties`: who is only in one of two lists."""
    frame = frame.assign(signed=frame["parties"].where(frame["side"] == "only_b", -frame["parties"]))
    frame["list"] = frame["side"].map({"only_a": f"Only in {first}", "only_b": f"Only in {second}"})
    most = 1.15 * float(frame["parties"].max() or 1)
    low, high = (most if (frame["side"] == side).any() else 0.0 for side in _SIDES)
    order = list(frame.groupby("name")["parties"].sum().sort_values(ascending=False).index)
    sides = [f"Only in {first}", f"Only in {second}"]
    bars = alt.Chart(frame).encode(
        y=alt.Y("name:N", sort=order, title=None, axis=_names()),
        x=alt.X("signed:Q", axis=None, scale=alt.Scale(domain=[-low, high])),
        tooltip=[
            alt.Tooltip("name:N", title=" "),
            alt.Tooltip("list:N", title="List"),
            alt.Tooltip("parties:Q", title="Parties", format=","),
        ],
    )
    colour = alt.Color(
        "list:N",
        title=None,
        legend=alt.Legend(orient="top", labelLimit=480, columns=2),
        scale=alt.Scale(domain=sides, range=[theme.ORANGE, theme.BLUE]),
    )
    marks = bars.mark_bar(height={"band": 0.68}).encode(color=colour)
    number = alt.Text("parties:Q", format=",")
    left = bars.mark_text(align="right", dx=-6, color=charts.ink(), fontSize=12).encode(text=number)
    right = bars.mark_text(align="left", dx=6, color=charts.ink(), fontSize=12).encode(text=number)
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=charts.faint()).encode(x="x:Q")
    numbers = left.transform_filter("datum.signed < 0") + right.transform_filter("datum.signed > 0")
    return (marks + numbers + zero).properties(height=len(order) * 30 + 80)


_SIDES = ("only_a", "only_b")


def bridge(steps: pd.DataFrame, currency: str) -> Picture:
    """A waterfall of `name`, `key`, `amount`, `total` (true where the bar stands on zero), from left to right."""
    after = steps["amount"].where(~steps["total"]).fillna(0).cumsum()
    frame = steps.assign(start=(after - steps["amount"]).where(~steps["total"], 0), end=after)
    frame["end"] = frame["end"].where(~frame["total"], frame["amount"])
    frame["top"] = frame[["start", "end"]].max(axis=1)
    frame["text"] = frame["amount"]
    order = list(frame["name"])
    palette = [
        theme.SLATE if t else theme.STREAMS.get(k, theme.QUIET)
        for t, k in zip(frame["total"], frame["key"], strict=True)
    ]
    x = alt.X(
        "name:N",
        sort=order,
        title=None,
        axis=alt.Axis(
            labelAngle=0,
            labelLimit=120,
            labelPadding=8,
            ticks=False,
            domain=False,
            labelExpr="split(datum.label, '\\n')",
        ),
    )
    bars = alt.Chart(frame).encode(x=x)
    marks = bars.mark_bar(width={"band": 0.62}, cornerRadius=2).encode(
        y=alt.Y("start:Q", title=currency, axis=alt.Axis(format=charts.SHORT, tickCount=5)),
        y2="end:Q",
        color=alt.Color("name:N", scale=alt.Scale(domain=order, range=palette), legend=None),
        tooltip=[alt.Tooltip("name:N", title=" "), alt.Tooltip("amount:Q", title=currency, format=charts.EXACT)],
    )
    text = bars.mark_text(dy=-9, color=charts.ink()).encode(y="top:Q", text=alt.Text("text:Q", format=charts.SHORT))
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=charts.faint()).encode(y="y:Q")
    return (zero + marks + text).properties(height=320)


def months(frame: pd.DataFrame, currency: str) -> Picture:
    """Bars of `month`, `amount`, `complete`: gains and losses by colour, an incomplete month paler."""
    bars = (
        alt.Chart(frame)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=month_axis(),
            y=alt.Y("amount:Q", title=currency, axis=alt.Axis(format=charts.SHORT, tickCount=5)),
            color=alt.condition("datum.amount >= 0", alt.value(theme.GAIN), alt.value(theme.LOSS)),
            opacity=alt.condition("datum.complete", alt.value(1.0), alt.value(0.45)),
            tooltip=[
                alt.Tooltip("month:T", title="Month", format="%B %Y"),
                alt.Tooltip("amount:Q", title=f"Net cash, {currency}", format=charts.EXACT),
            ],
        )
    )
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=charts.faint()).encode(y="y:Q")
    return (bars + zero).properties(height=220)


def stacked(frame: pd.DataFrame, x: alt.X, currency: str, names: Mapping[str, str]) -> Picture:
    """Stacked bars of `key`, `name`, `amount` along x, costs below zero, with the net as a line of points.

    Bars that are not `counted` are drawn pale.
    """
    colour = alt.Color(
        "name:N",
        title=None,
        scale=theme.scale(theme.STREAMS, frame["key"], names),
        legend=charts.legend(symbolType="square", symbolOpacity=1),
    )
    y = alt.Y("sum(amount):Q", title=currency, axis=alt.Axis(format=charts.SHORT, tickCount=5))
    pale = alt.condition("datum.counted", alt.value(1.0), alt.value(0.28))
    marks = (
        alt.Chart(frame)
        .mark_bar(width={"band": 0.72})
        .encode(
            x=x,
            y=y,
            color=colour,
            order=alt.Order("place:Q"),
            opacity=pale,
            detail="counted:N",
            tooltip=[
                alt.Tooltip("name:N", title=" "),
                alt.Tooltip("sum(amount):Q", title=currency, format=charts.EXACT),
            ],
        )
    )
    net = alt.Chart(frame[frame["counted"]]).encode(x=x, y="sum(amount):Q")
    tooltip = [alt.Tooltip("sum(amount):Q", title=f"Net, {currency}", format=charts.EXACT)]
    points = net.mark_point(filled=True, size=46, color=charts.ink(), opacity=1).encode(tooltip=tooltip)
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=charts.faint()).encode(y="y:Q")
    return (marks + zero + net.mark_line(color=charts.ink(), strokeWidth=1.5) + points).properties(height=300)


def month_axis() -> alt.X:
    """The x axis of months, one step each."""
    axis = alt.Axis(format="%b %Y", labelOverlap=True, labelAngle=0, ticks=False, labelPadding=8)
    return alt.X("yearmonth(month):O", title=None, axis=axis)


def _names() -> alt.Axis:
    return alt.Axis(labelLimit=260, labelPadding=8, ticks=False, domain=False, labelFontSize=13)
