"""Ranges: values with their intervals, what moves them, and curves with a band."""

import altair as alt
import pandas as pd

from valuekit.dashboard import charts, theme
from valuekit.dashboard.charts import Picture


def values(frame: pd.DataFrame, name: str, currency: str, level: int) -> Picture:
    """A dot and a line for each row of `name`, `ltv`, `low`, `high`, in the order of the rows."""
    rows = alt.Chart(frame).encode(y=alt.Y(f"{name}:N", sort=list(frame[name]), title=None, axis=_names()))
    tooltip = [
        alt.Tooltip(f"{name}:N", title=" "),
        alt.Tooltip("ltv:Q", title=f"Lifetime value, {currency}", format=charts.EXACT),
        alt.Tooltip("low:Q", title=f"Low end, {level}%", format=charts.EXACT),
        alt.Tooltip("high:Q", title=f"High end, {level}%", format=charts.EXACT),
    ]
    lines = rows.mark_rule(color=charts.span(), strokeWidth=5, opacity=1, strokeCap="round")
    dots = rows.mark_point(filled=True, size=70, opacity=1, color=charts.ink())
    picture = lines.encode(x=_amount("low", currency), x2="high:Q", tooltip=tooltip) + dots.encode(
        x=_amount("ltv", currency), tooltip=tooltip
    )
    return (picture + _zero("x")).properties(height=len(frame) * 26 + 70)


def fan(frame: pd.DataFrame, currency: str) -> Picture:
    """Intervals of one value at several levels: `level`, `low`, `high`, `ltv`, the widest first."""
    rows = alt.Chart(frame).encode(y=alt.Y("level:N", sort=list(frame["level"]), title=None, axis=_names()))
    tooltip = [
        alt.Tooltip("level:N", title="Cases"),
        alt.Tooltip("low:Q", title="Low end", format=charts.EXACT),
        alt.Tooltip("high:Q", title="High end", format=charts.EXACT),
    ]
    bars = rows.mark_bar(height={"band": 0.5}, cornerRadius=3, color=charts.span(), opacity=1)
    marks = rows.mark_tick(color=charts.ink(), thickness=2, height={"band": 0.7})
    picture = bars.encode(x=_amount("low", currency), x2="high:Q", tooltip=tooltip) + marks.encode(
        x=_amount("ltv", currency)
    )
    return picture.properties(height=170)


def tornado(frame: pd.DataFrame, currency: str) -> Picture:
    """Bars from zero of `name`, `side`, `difference`: what each lever does, the longest first."""
    sides = list(dict.fromkeys(frame["side"]))
    rows = alt.Chart(frame).encode(
        y=alt.Y("name:N", sort=list(dict.fromkeys(frame["name"])), title=None, axis=_names()),
        x=alt.X("difference:Q", title=f"Change of value, {currency}", axis=alt.Axis(format=charts.SHORT, tickCount=5)),
    )
    colour = alt.Color(
        "side:N", title=None, legend=charts.legend(), scale=alt.Scale(domain=sides, range=[theme.ORANGE, theme.BLUE])
    )
    tooltip = [
        alt.Tooltip("name:N", title=" "),
        alt.Tooltip("side:N", title="Lever"),
        alt.Tooltip("difference:Q", title=f"Change, {currency}", format=charts.EXACT),
    ]
    bars = rows.mark_bar(height={"band": 0.6}, cornerRadiusEnd=3).encode(color=colour, tooltip=tooltip)
    return (bars + _zero("x")).properties(height=frame["name"].nunique() * 48 + 110)


def by_horizon(frame: pd.DataFrame, currency: str) -> Picture:
    """Value by `horizon`, in years, with the horizon that is `chosen` in full colour."""
    bars = alt.Chart(frame).encode(
        x=alt.X("horizon:O", title="Horizon, years", axis=alt.Axis(labelAngle=0, ticks=False)),
        y=alt.Y("amount:Q", title=currency, axis=alt.Axis(format=charts.SHORT, tickCount=5)),
        tooltip=[
            alt.Tooltip("horizon:O", title="Horizon, years"),
            alt.Tooltip("amount:Q", title=f"Customer equity, {currency}", format=charts.EXACT),
            alt.Tooltip("more:Q", title=f"More than a year less, {currency}", format=charts.EXACT),
        ],
    )
    pale = alt.condition("datum.chosen", alt.value(1.0), alt.value(0.4))
    marks = bars.mark_bar(width={"band": 0.72}, cornerRadiusEnd=3, color=theme.ACCENT).encode(opacity=pale)
    text = bars.mark_text(dy=-8, color=charts.ink()).encode(text=alt.Text("amount:Q", format=charts.SHORT))
    return (marks + text).properties(height=240)


def retention(frame: pd.DataFrame) -> Picture:
    """The share who survive each `renewal`: `expected` by the model, `kaplan_meier` with `lower` and `upper`."""
    start = {"renewal": 0.0, "expected": 1.0, "kaplan_meier": 1.0, "lower": 1.0, "upper": 1.0, "at_risk": float("nan")}
    end = {**frame.iloc[-1], "renewal": frame["renewal"].iloc[-1] + 0.5, "expected": float("nan")}
    begin = [pd.DataFrame([start])] if frame["renewal"].min() >= 1 else []
    whole = pd.concat([*begin, frame, pd.DataFrame([end])])
    x = alt.X("renewal:Q", title="Renewals since the start", axis=alt.Axis(tickMinStep=1, grid=False))
    y = alt.Axis(format="%", tickCount=5)
    base = alt.Chart(whole).encode(x=x)
    tooltip = [
        alt.Tooltip("renewal:Q", title="Renewal"),
        alt.Tooltip("expected:Q", title="Left by the model", format=".1%"),
        alt.Tooltip("kaplan_meier:Q", title="Left as seen", format=".1%"),
        alt.Tooltip("lower:Q", title="Low end, 95%", format=".1%"),
        alt.Tooltip("upper:Q", title="High end, 95%", format=".1%"),
        alt.Tooltip("at_risk:Q", title="Came up for it", format=",.0f"),
    ]
    band = base.mark_area(interpolate="step-after", color=theme.GREY, opacity=0.25)
    seen = base.mark_line(interpolate="step-after", color=theme.GREY, strokeWidth=2)
    model = base.mark_line(
        color=theme.ACCENT, strokeWidth=2.5, point={"size": 30, "filled": True, "color": theme.ACCENT}
    )
    return (
        band.encode(y=alt.Y("lower:Q", title="Share who are left", axis=y), y2="upper:Q")
        + seen.encode(y="kaplan_meier:Q")
        + model.encode(y="expected:Q", tooltip=tooltip)
    ).properties(height=280)


def _amount(column: str, currency: str) -> alt.X:
    return alt.X(f"{column}:Q", title=f"Lifetime value, {currency}", axis=alt.Axis(format=charts.SHORT, tickCount=6))


def _names() -> alt.Axis:
    return alt.Axis(labelLimit=260, labelPadding=8, ticks=False, domain=False, labelFontSize=13, labelOverlap=False)


def _zero(channel: str) -> Picture:
    line = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=charts.faint())
    return line.encode(**{channel: "zero:Q"})
