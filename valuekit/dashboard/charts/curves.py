"""Curves: how profit gathers over customers, how values are spread, how two rankings differ."""

import altair as alt
import pandas as pd

from valuekit.dashboard import charts, theme
from valuekit.dashboard.charts import Picture


def whale(frame: pd.DataFrame, currency: str, tenths: pd.DataFrame, chosen: str = "") -> Picture:
    """The whale curve of `parties`, `parties_share`, `cumulative`: it falls with the loss makers.

    `tenths` of `key`, `name`, `low`, `high`, `parties`, `net` take the click, each over its part of the curve; the one
    whose `key` is `chosen` is shaded.
    """
    peak, last = frame.loc[[frame["cumulative"].idxmax()]], frame.iloc[[-1]]
    x = alt.X(
        "parties_share:Q",
        title="Parties, most profitable first",
        axis=alt.Axis(format="%", tickCount=5, grid=False),
        scale=alt.Scale(domain=[0, 1]),
    )
    y = alt.Y("cumulative:Q", title=f"Net cash added up, {currency}", axis=alt.Axis(format=charts.SHORT, tickCount=5))
    curve = alt.Chart(frame).encode(x=x, y=y)
    line = curve.mark_line(color=theme.ACCENT, strokeWidth=2.5)
    area = curve.mark_area(color=theme.ACCENT, opacity=0.10)
    even = alt.Chart(last).mark_rule(color=charts.ink(), strokeDash=[4, 4], opacity=0.5).encode(y="cumulative:Q")
    marks = [_point(peak, theme.ACCENT, above=True)]
    if float(last["cumulative"].iloc[0]) < 0.97 * float(peak["cumulative"].iloc[0]):
        marks.append(_point(last, theme.SLATE, above=False))
    return alt.layer(area, even, line, *marks, _tenths(tenths, currency, chosen)).properties(height=270)


def _tenths(frame: pd.DataFrame, currency: str, chosen: str) -> Picture:
    """Stripes from top to bottom: whoever points at the curve points at the parties below it."""
    tooltip = [
        alt.Tooltip("name:N", title=" "),
        alt.Tooltip("parties:Q", title="Parties", format=","),
        alt.Tooltip("net:Q", title=f"Net cash, {currency}", format=charts.EXACT),
    ]
    drawn = frame.assign(shade=[0.16 if key == chosen else 0.0 for key in frame["key"]])
    shade = alt.Opacity("shade:Q", scale=None, legend=None)
    stripes = alt.Chart(drawn).mark_rect(cursor="pointer", color=theme.GREY)
    return stripes.encode(x="low:Q", x2="high:Q", opacity=shade, tooltip=tooltip).add_params(charts.clicks())


def _point(frame: pd.DataFrame, colour: str, *, above: bool) -> Picture:
    spot = alt.Chart(frame).encode(x="parties_share:Q", y="cumulative:Q")
    text = spot.mark_text(dy=-14 if above else 18, dx=-2, align="right", color=charts.ink(), fontWeight=600)
    return spot.mark_point(filled=True, size=80, color=colour, opacity=1) + text.encode(
        text=alt.Text("cumulative:Q", format=charts.SHORT)
    )


def spread(frame: pd.DataFrame, currency: str) -> Picture:
    """A histogram of `low`, `high`, `label`, `parties`: bins that grow with the value, losses in their own colour."""
    order = list(frame["label"])
    bars = alt.Chart(frame).encode(
        x=alt.X(
            "label:N",
            sort=order,
            title=f"Lifetime value, {currency}",
            axis=alt.Axis(labelAngle=0, labelOverlap=True, ticks=False),
        ),
        y=alt.Y("parties:Q", title="Customers", axis=alt.Axis(tickCount=4, format=",d")),
        tooltip=[
            alt.Tooltip("label:N", title=f"Value, {currency}"),
            alt.Tooltip("parties:Q", title="Customers", format=","),
        ],
    )
    colour = alt.condition("datum.low < 0", alt.value(theme.LOSS), alt.value(theme.GAIN))
    marks = bars.mark_bar(width={"band": 0.9}, cornerRadiusEnd=2).encode(color=colour)
    return alt.layer(marks).properties(height=230)


def slope(frame: pd.DataFrame, first: str, second: str, worst: int) -> Picture:
    """Two rankings side by side: a line per customer, faint where one side is not among the `worst` ranks drawn.

    Reads: `party_id`, `customer`, `side`, `rank`, `drawn`, `text`, `named`, and `kind` (both, near, far).
    """
    order = [first, second]
    x = alt.X(
        "side:N",
        sort=order,
        title=None,
        scale=alt.Scale(padding=0.42),
        axis=alt.Axis(
            labelAngle=0,
            orient="top",
            labelFontSize=13,
            labelFontWeight=600,
            labelLimit=340,
            ticks=False,
            domain=False,
            labelPadding=12,
        ),
    )
    y = alt.Y("drawn:Q", axis=None, scale=alt.Scale(domain=[worst + 1.5, 0.5], nice=False))
    tooltip = [
        alt.Tooltip("customer:N", title=" "),
        alt.Tooltip("side:N", title="By"),
        alt.Tooltip("rank:Q", title="Rank", format=",.4~g"),
    ]
    strokes = [_strokes(frame[frame["kind"] == kind], x, y, *style) for kind, style in _STROKES.items()]
    dots = alt.Chart(frame[frame["named"]]).mark_point(filled=True, size=42, opacity=1, color=theme.GREY)
    dots = dots.encode(x=x, y=y, tooltip=tooltip)
    named = frame[frame["named"]]
    below = [_beyond(s, x, y, worst) for s in order if (frame.loc[frame["side"] == s, "drawn"] == worst).any()]
    return alt.layer(*strokes, dots, *(_labels(named, s, x, y, s == first) for s in order), *below).properties(
        height=600
    )


_STROKES = {"far": (theme.GREY, 1.0, 0.22), "near": (theme.GREY, 1.5, 0.8), "both": (theme.ACCENT, 2.6, 1.0)}
"""Colour, width and opacity of a line, by how near the two ranks are; the later is drawn above the earlier."""


def _strokes(frame: pd.DataFrame, x: alt.X, y: alt.Y, colour: str, width: float, opacity: float) -> Picture:
    return (
        alt.Chart(frame)
        .mark_line(color=colour, strokeWidth=width, opacity=opacity)
        .encode(x=x, y=y, detail="party_id:N")
    )


def _labels(frame: pd.DataFrame, side: str, x: alt.X, y: alt.Y, left: bool) -> Picture:
    text = alt.Chart(frame[frame["side"] == side]).mark_text(
        align="right" if left else "left", dx=-12 if left else 12, color=charts.ink(), limit=270, fontSize=12
    )
    return text.encode(x=x, y=y, text="text:N")


def _beyond(side: str, x: alt.X, y: alt.Y, worst: int) -> Picture:
    spot = pd.DataFrame({"side": [side], "drawn": [worst], "text": [f"beyond {worst}"]})
    return (
        alt.Chart(spot).mark_text(dy=18, color=charts.ink(), opacity=0.7, fontSize=12).encode(x=x, y=y, text="text:N")
    )
