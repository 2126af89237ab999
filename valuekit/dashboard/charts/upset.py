"""Overlap of many lists (Lex et al. 2014, UpSet): one column for every combination, dots say which lists it is on."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from valuekit.dashboard import charts, theme
from valuekit.dashboard.charts import Picture
from valuekit.dashboard.data import each

ROW = 30
ABOVE = 6.0
"""Height of a row of dots in pixels, and of the tallest bar in rows."""
LEFT = 3.2
"""Length of the longest bar of sizes, in columns."""


def upset(frame: pd.DataFrame, sizes: pd.DataFrame, *, chosen: str = "") -> Picture:
    """Draw combinations as bars above a matrix of dots, with the size of every list to its left.

    Reads: `frame` of `key`, `parties`, `bits` (names of the lists, a tuple), `label`, in the order of the columns;
    `sizes` of `name`, `parties`, in the order of the rows.
    """
    rows = {name: -(i + 1.0) for i, name in enumerate(sizes["name"])}
    x = alt.Scale(domain=[-LEFT - 0.9, len(frame) + 0.4], nice=False)
    y = alt.Scale(domain=[-len(rows) - 0.7, ABOVE + 0.9], nice=False)
    labels = " : ".join(f"datum.value == {v} ? {_quoted(n)}" for n, v in rows.items()) + " : ''"
    axis = alt.Axis(
        values=list(rows.values()), labelExpr=labels, grid=False, ticks=False, domain=False, labelLimit=230,
        labelPadding=4, labelFontSize=12.5,
    )  # fmt: skip
    frame = _placed(frame, chosen)
    dots = pd.DataFrame(
        [(c.place, y, name in c.bits) for c in each(frame) for name, y in rows.items()],
        columns=["place", "row", "on"],
    )
    across = alt.X("place:Q", scale=x, axis=None)
    return alt.layer(
        _dots(dots, across, alt.Y("row:Q", scale=y, axis=axis, title=None)),
        _lines(frame, rows, across),
        _dots(dots[dots["on"]], across, alt.Y("row:Q")),
        *_bars(frame, across, low=-len(rows) - 0.5),
        *_sizes(sizes, rows, across),
    ).properties(height=round((len(rows) + ABOVE + 1.6) * ROW))


def _placed(frame: pd.DataFrame, chosen: str) -> pd.DataFrame:
    most = max(float(frame["parties"].max()), 1.0)
    return frame.assign(
        place=[float(i) for i in range(len(frame))],
        foot=0.0,
        top=ABOVE * frame["parties"] / most,
        strong=(frame["key"] == chosen) | (chosen == ""),
    )


def _dots(dots: pd.DataFrame, across: alt.X, down: alt.Y) -> Picture:
    ink = alt.condition("datum.on", alt.value(charts.ink()), alt.value(charts.faint()))
    return alt.Chart(dots).mark_circle(size=120, opacity=1).encode(across, down, color=ink)


def _lines(frame: pd.DataFrame, rows: dict[str, float], across: alt.X) -> Picture:
    """Join the dots of a combination, from its first list to its last."""
    ends = [(c.place, [rows[b] for b in c.bits]) for c in each(frame) if len(c.bits) > 1]
    spans = pd.DataFrame([(p, min(r), max(r)) for p, r in ends], columns=["place", "low", "high"])
    return alt.Chart(spans).mark_rule(color=charts.ink(), strokeWidth=2.5).encode(across, y="low:Q", y2="high:Q")


def _bars(frame: pd.DataFrame, across: alt.X, low: float) -> list[Picture]:
    bars = alt.Chart(frame)
    marks = bars.mark_bar(width={"expr": f"0.62 * width / {len(frame) + LEFT + 1.3}"}).encode(
        across,
        y="foot:Q",
        y2="top:Q",
        color=alt.condition("datum.strong", alt.value(theme.ACCENT), alt.value(theme.QUIET)),
    )
    text = bars.mark_text(dy=-9, color=charts.ink(), fontSize=12).encode(
        across, y="top:Q", text=alt.Text("parties:Q", format=",")
    )
    return [marks, text, _columns(frame, across, low)]


def _columns(frame: pd.DataFrame, across: alt.X, low: float) -> Picture:
    """The whole column takes the click, dots too."""
    tooltip = [alt.Tooltip("label:N", title=" "), alt.Tooltip("parties:Q", title="Parties", format=",")]
    wide = frame.assign(place=frame["place"] - 0.5, right=frame["place"] + 0.5, low=low, high=ABOVE)
    columns = alt.Chart(wide).mark_rect(opacity=0, cursor="pointer")
    return columns.encode(across, x2="right:Q", y="low:Q", y2="high:Q", tooltip=tooltip).add_params(charts.clicks())


def _sizes(sizes: pd.DataFrame, rows: dict[str, float], across: alt.X) -> list[Picture]:
    """Draw the size of every list as a bar that grows to the left of the dots."""
    most = max(float(sizes["parties"].max()), 1.0)
    frame = sizes.assign(
        row=sizes["name"].map(rows), place=-0.8, left=-0.8 - (LEFT - 1.0) * sizes["parties"] / most
    )  # fmt: skip
    bars = alt.Chart(frame).encode(
        across, y="row:Q", tooltip=[alt.Tooltip("name:N", title=" "), alt.Tooltip("parties:Q", format=",")]
    )
    text = bars.mark_text(align="right", dx=-5, color=charts.ink(), fontSize=12).encode(
        x="left:Q", text=alt.Text("parties:Q", format=",")
    )
    return [bars.mark_bar(height=13, color=theme.SLATE).encode(x2="left:Q"), text]


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "").replace("'", "\\'") + "'"


def alt_text(frame: pd.DataFrame, lists: Sequence[str]) -> str:
    """Say what the picture shows: the largest combination of the lists."""
    first = frame.iloc[0]
    return f"Overlap of {len(lists)} lists. The largest combination is {first['label']}, {first['parties']:,} parties."
