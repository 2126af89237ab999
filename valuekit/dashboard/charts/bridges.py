"""Bridges: from one number to another, step by step, each step a bar that can be clicked."""

import altair as alt
import pandas as pd

from valuekit.dashboard import charts, theme
from valuekit.dashboard.charts import Picture

TOTAL, LOSS, GAIN = theme.SLATE, theme.ORANGE, theme.BLUE
"""Colours of the bars where the steps have none of their own."""

NEAR = 0.35
"""Where all steps together are a smaller part of the totals, the axis begins near them instead of at zero."""


def begins_at(frame: pd.DataFrame) -> float:
    """Return where the axis of a bridge begins: at zero, or near the steps where these would be too small to see.

    >>> frame = pd.DataFrame({"amount": [1000.0, -10.0, 990.0], "total": [True, False, True]})
    >>> begins_at(frame)
    980.0
    """
    start, end = _spans(frame)
    low, high = min(start.min(), end.min()), max(start.max(), end.max())
    steps = ~frame["total"]
    if not steps.any():
        return 0.0
    lowest = float(pd.concat([start[steps], end[steps], frame.loc[frame["total"], "amount"]]).min())
    room = float(high) - lowest
    return 0.0 if low < 0 or room > NEAR * float(high) or not room else _round_down(lowest - room)


def _round_down(number: float) -> float:
    size = 10 ** max(len(str(int(abs(number)))) - 2, 0)
    return float(max(number // size * size, 0))


def _spans(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return where each bar starts and ends; totals stand on zero, steps on what was before."""
    moved = frame["amount"].where(~frame["total"], 0.0).cumsum()
    first = float(frame["amount"].iloc[0]) if bool(frame["total"].iloc[0]) else 0.0
    end = (moved + first).where(~frame["total"], frame["amount"])
    return (moved + first - frame["amount"]).where(~frame["total"], 0.0), end


def bridge(frame: pd.DataFrame, *, unit: str, chosen: str = "", number: str = ",d") -> Picture:
    """A bridge from top to bottom of `name`, `key`, `amount`, `total`, `colour`, `text`, `aside`, `meaning`.

    A `total` stands on zero. `text` stands at the end of a bar, `aside` at the right edge. The bar whose `key` is
    `chosen` stands out.
    """
    start, end = _spans(frame)
    floor = begins_at(frame)
    drawn = frame.assign(
        start=start.clip(lower=floor) if floor else start, end=end, high=pd.concat([start, end], axis=1).max(axis=1),
        strong=(frame["key"] == chosen) | frame["total"] | (chosen == ""),
    )  # fmt: skip
    low = min(floor, float(drawn[["start", "end"]].min().min()))
    high = max(float(drawn["high"].max()), low + 1)
    # a number beside each bar, and one at the right edge: on a phone there is no room for that
    x = charts.beside(low, high, "width < 320 ? 64 : 150" if frame["aside"].astype(bool).any() else "64")
    y = alt.Y("name:N", sort=list(frame["name"]), title=None, axis=_names())
    base = alt.Chart(drawn).encode(y=y)
    bars = base.mark_bar(height={"band": 0.66}, cornerRadius=2).encode(
        x=alt.X(
            "start:Q", title=None, scale=x, axis=alt.Axis(tickCount=5, tickMinStep=1, format=charts.SHORT, grid=True)
        ),
        x2="end:Q",
        color=alt.Color("colour:N", legend=None, scale=None),
        opacity=alt.condition("datum.strong", alt.value(1.0), alt.value(0.55)),
    )
    text = base.mark_text(align="left", dx=6, color=charts.ink(), fontSize=12.5).encode(x="high:Q", text="text:N")
    wide = {"expr": "width < 320 ? 0 : 1"}
    aside = base.mark_text(align="right", color=charts.quiet(), fontSize=12, opacity=wide).encode(
        x=alt.value(alt.expr("width")), text="aside:N"
    )
    return alt.layer(bars, text, aside, _rows(base, unit, number)).properties(height=len(frame) * 30 + 30)


def _rows(base: Picture, unit: str, number: str) -> Picture:
    """The whole row takes the click: the bar of a few parties is too thin for a finger."""
    tooltip = [
        alt.Tooltip("name:N", title=" "),
        alt.Tooltip("amount:Q", title=unit, format=number),
        alt.Tooltip("meaning:N", title="Meaning"),
    ]
    return base.mark_rect(opacity=0, cursor="pointer").encode(tooltip=tooltip).add_params(charts.clicks())


def _names() -> alt.Axis:
    return alt.Axis(labelLimit=230, labelPadding=8, ticks=False, domain=False, labelFontSize=12.5)
