"""Months: shares and movements by month end; a month that is still running is drawn pale, with its outline dashed."""

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from valuekit.dashboard import charts, theme
from valuekit.dashboard.charts import Picture


def axis() -> alt.X:
    """The x axis of month ends, one step each."""
    look = alt.Axis(format="%b %Y", labelOverlap=True, labelAngle=0, ticks=False, labelPadding=8)
    return alt.X("yearmonth(as_of):O", title=None, axis=look)


def stacked(
    frame: pd.DataFrame, colours: Mapping[str, str], names: Mapping[str, str], *, unit: str, number: str = ",d",
    height: int = 280,
) -> Picture:  # fmt: skip
    """Stacked bars of `as_of`, `complete`, `key`, `amount`, losses below zero.

    A month that is not `complete` is pale with a dashed outline.
    """
    keys = [k for k in names if k in set(frame["key"])]
    frame = frame.assign(name=frame["key"].map(names), place=frame["key"].map(keys.index))
    colour = alt.Color(
        "name:N",
        title=None,
        scale=theme.scale(colours, keys, names),
        legend=charts.legend(symbolType="square", symbolOpacity=1, symbolStrokeWidth=0, labelLimit=220),
    )
    bars = (
        alt.Chart(frame)
        .mark_bar(width={"band": 0.74})
        .encode(
            x=axis(),
            y=alt.Y("amount:Q", title=unit, axis=alt.Axis(format=charts.SHORT, tickCount=5, tickMinStep=1)),
            color=colour,
            stroke=alt.condition("datum.complete", alt.value("transparent"), alt.value(charts.ink())),
            strokeDash=alt.condition("datum.complete", alt.value([1, 0]), alt.value([3, 3])),
            opacity=alt.condition("datum.complete", alt.value(1.0), alt.value(0.4)),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("as_of:T", title="Month end", format="%d %B %Y"),
                alt.Tooltip("name:N", title=" "),
                alt.Tooltip("amount:Q", title=unit, format=number),
            ],
        )
    )
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=charts.faint()).encode(y="y:Q")
    return alt.layer(bars, zero).properties(height=height)


def rates(
    frame: pd.DataFrame, colours: Mapping[str, str], names: Mapping[str, str], *, height: int = 240,
    unit: str | None = None,
) -> Picture:  # fmt: skip
    """Lines of `as_of`, `complete`, `key`, `rate`, `text`; a month that is still running has a hollow point.

    A rate is a share, or a number of the `unit`.
    """
    keys = [k for k in names if k in set(frame["key"])]
    frame = frame.assign(name=frame["key"].map(names))
    colour = alt.Color(
        "name:N", title=None, scale=theme.scale(colours, keys, names), legend=alt.Legend(orient="top", labelLimit=320)
    )
    base = alt.Chart(frame).encode(
        x=axis(),
        y=alt.Y(
            "rate:Q",
            title=unit,
            axis=alt.Axis(format=charts.SHORT if unit else "%", tickCount=5),
            scale=alt.Scale(zero=True),
        ),
        color=colour,
        tooltip=[
            alt.Tooltip("as_of:T", title="Month end", format="%d %B %Y"),
            alt.Tooltip("name:N", title=" "),
            alt.Tooltip("rate:Q", title=unit or "Rate", format=",.1f" if unit else ".1%"),
            alt.Tooltip("text:N", title="Counted"),
        ],
    )
    whole = base.transform_filter("datum.complete")
    points = base.transform_filter("datum.complete").mark_point(filled=True, size=46, opacity=1)
    running = base.transform_filter("!datum.complete").mark_point(filled=False, size=80, strokeWidth=2, opacity=1)
    return alt.layer(whole.mark_line(strokeWidth=2), points, running).properties(height=height)


def tall(frame: pd.DataFrame, keys: Sequence[str], value: str = "amount") -> pd.DataFrame:
    """Give each key of each month a row of its own."""
    return frame.melt(["as_of", "complete"], value_vars=list(keys), var_name="key", value_name=value)
