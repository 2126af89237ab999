"""Charts. Each takes a small frame that was aggregated in SQL, and says nothing that the page around it says."""

from typing import Any

import altair as alt
import streamlit as st
from altair.utils import schemapi

from valuekit.dashboard import theme

schemapi.disable_debug_mode()  # a chart is checked as a whole when it is shown; its parts need not be before

Picture = Any
"""A chart of any number of layers: altair types each of its operators differently."""

SHORT = ",.3~s"
"""Ticks of an axis: 0, 500, 1.5k."""
EXACT = ",.2f"
CLICKED = "clicked"
"""Name of the selection of charts whose marks can be clicked."""


def base() -> str:
    """Return the theme that the reader looks at, light or dark."""
    return "dark" if st.context.theme.type == "dark" else "light"


def ink() -> str:
    """Return the colour of text inside a chart."""
    return theme.INK[base()]


def quiet() -> str:
    """Return the colour of the names on an axis."""
    return theme.NAMES[base()]


def dressed(picture: Picture) -> Picture:
    """Give a finished chart readable names on its axes, each at its row or line, and in its legend."""
    names = {"labelColor": quiet(), "titleColor": quiet(), "titleFontWeight": "normal"}
    # Streamlit moves the first and the last name of an axis inwards, away from what they name.
    return picture.configure_axis(**names, labelFlush=False).configure_legend(**names)


def span() -> str:
    """Return the colour of the line of an interval; the value on it is in ink."""
    return theme.SPAN[base()]


def faint() -> str:
    """Return the colour of rules and of empty cells inside a chart."""
    return theme.FAINT[base()]


def legend(**look: Any) -> alt.Legend:
    """Return a legend above the chart: its names stand in as many columns as the page is wide."""
    columns = alt.expr("width < 400 ? 2 : width < 620 ? 3 : 8")
    return alt.Legend(orient="top", columns=columns, **look)


def beside(low: float, high: float, room: str) -> alt.Scale:
    """Return a scale across that leaves so many pixels for what is written to the right of the bars."""
    return alt.Scale(domain=[low, high], range=[0, alt.expr(f"width - ({room})")], nice=False, zero=False)


def clicks() -> alt.Parameter:
    """Let a click choose the marks with one `key`."""
    return alt.selection_point(name=CLICKED, fields=["key"])
