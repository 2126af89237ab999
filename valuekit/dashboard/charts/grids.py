"""Grids: two groupings against each other, a cell for each pair."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from valuekit.dashboard import charts, theme
from valuekit.dashboard.charts import Picture


def heat(frame: pd.DataFrame, rows: Sequence[str], columns: Sequence[str], *, unit: str, number: str) -> Picture:
    """A heat map of `row`, `column`, `amount`, `text`: darker is more."""
    limit = float(frame["amount"].abs().max() or 1)
    colour = alt.Color(
        "amount:Q", legend=None, scale=alt.Scale(domain=[0, limit / 2, limit], range=theme.SEQUENTIAL[charts.base()])
    )
    return _grid(frame, rows, columns, colour, unit=unit, number=number, strong=limit * 0.85)


def agreement(frame: pd.DataFrame, names: Sequence[str], *, unit: str, number: str, signed: bool) -> Picture:
    """A heat map of `row`, `column`, `amount`, `text`, from -1 to 1 when signed, from 0 to 1 otherwise."""
    scale = (
        alt.Scale(domain=[-1, -0.5, 0, 0.5, 1], range=theme.DIVERGING[charts.base()], interpolate="rgb")
        if signed
        else alt.Scale(domain=[0, 0.5, 1], range=theme.SEQUENTIAL[charts.base()])
    )
    return _grid(
        frame,
        names,
        names,
        alt.Color("amount:Q", scale=scale, legend=None),
        unit=unit,
        number=number,
        strong=0.85,
        angle=-35,
        room=150,
    )


def _grid(
    frame: pd.DataFrame,
    rows: Sequence[str],
    columns: Sequence[str],
    colour: alt.Color,
    *,
    unit: str,
    number: str,
    strong: float,
    angle: int = 0,
    room: int = 30,
) -> Picture:
    axis: dict[str, Any] = {
        "ticks": False,
        "domain": False,
        "labelLimit": 240,
        "labelPadding": 8,
        "labelFontSize": 12,
    }
    cells = alt.Chart(frame).encode(
        x=alt.X(
            "column:N",
            sort=list(columns),
            title=None,
            axis=alt.Axis(orient="top", labelAngle=angle, labelOverlap=False, **axis),
        ),
        y=alt.Y("row:N", sort=list(rows), title=None, axis=alt.Axis(**axis)),
        tooltip=[
            alt.Tooltip("row:N", title=" "),
            alt.Tooltip("column:N", title="and"),
            alt.Tooltip("amount:Q", title=unit, format=number),
        ],
    )
    ink = alt.condition(f"abs(datum.amount) > {strong}", alt.value("#FFFFFF"), alt.value(charts.ink()))
    texts = cells.mark_text(fontSize=12).encode(text="text:N", color=ink)
    squares = cells.mark_rect(stroke=theme.PAGE[charts.base()], strokeWidth=2, cornerRadius=3)
    return (squares.encode(color=colour) + texts).properties(
        height=44 * len(rows) + room, padding={"left": 5, "top": 5, "right": 5 + room // 2, "bottom": 5}
    )
