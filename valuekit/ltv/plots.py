"""Charts (altair) by which a forecast is shown and judged. Each takes a small table, of Arrow or pandas."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import altair as alt
import pyarrow as pa

from valuekit.ltv.forecasters import LEVEL

FORETOLD, CAME = "#0072B2", "#B4490A"
"""Blue is what was foretold, red what came: told apart by colour-blind eyes (Okabe and Ito, 2008)."""
_COLOUR = alt.Color(
    "what:N", title=None, scale=alt.Scale(domain=["foretold", "came"], range=[FORETOLD, CAME]), legend=alt.Legend()
)

Chart = Any
"""A chart of any number of layers: altair types each of its operators differently."""


def values(table: Any, *, horizon: str, level: float) -> Chart:
    """Values with their intervals, the highest at the top: reads customer, value, low, high."""
    frame = _frame(table)
    rows = alt.Y("customer:N", sort=list(frame["customer"]), title=None)
    base = alt.Chart(frame).encode(y=rows)
    ends = base.mark_rule(color=FORETOLD, opacity=0.5, strokeWidth=3).encode(
        x=alt.X("low:Q", title=f"Value over {horizon}, and its interval of {level:.0%}"), x2="high:Q"
    )
    tips = [alt.Tooltip("customer:N"), *(alt.Tooltip(f"{n}:Q", format=",.2f") for n in ("value", "low", "high"))]
    return ends + base.mark_point(filled=True, size=60, color=FORETOLD, opacity=1).encode(x="value:Q", tooltip=tips)


def tracking(table: Any, *, cumulative: bool = True) -> Chart:
    """Repeat purchases week by week, foretold and come: reads `week`, `foretold`, `came` (of that week alone)."""
    frame = _frame(table)
    columns = ["foretold", "came"]
    if cumulative:
        frame = frame.assign(**{name: frame[name].cumsum() for name in columns})
    title = "Repeat purchases so far" if cumulative else "Repeat purchases of the week"
    lines = alt.Chart(_long(frame, "week", columns)).mark_line(strokeWidth=2)
    return lines.encode(x=alt.X("week:Q", title="Week"), y=alt.Y("value:Q", title=title), color=_COLOUR)


def survivors(table: Any) -> Chart:
    """Contract lines still in force at the end of each month, foretold and come: reads month, foretold, came."""
    lines = alt.Chart(_long(_frame(table), "month", ["foretold", "came"])).mark_line(strokeWidth=2)
    x = alt.X("month:Q", title="Months after the origin", axis=alt.Axis(tickMinStep=1))
    return lines.encode(x=x, y=alt.Y("value:Q", title="Contracts still in force"), color=_COLOUR)


def frequency_histogram(table: Any) -> Chart:
    """Customers by repeat purchases, as the model expects and as counted: reads `label`, `foretold`, `came`."""
    return _bars(_frame(table), "label", "Repeat purchases", "Customers")


def conditional_expectation(table: Any) -> Chart:
    """Mean purchases of the holdout by purchases before it: reads `label`, `foretold`, `came`."""
    frame = _frame(table)
    lines = alt.Chart(_long(frame, "label", ["foretold", "came"])).mark_line(point=True, strokeWidth=2)
    x = alt.X("label:N", sort=list(frame["label"]), title="Repeat purchases before", axis=alt.Axis(labelAngle=0))
    return lines.encode(x=x, y=alt.Y("value:Q", title="Mean purchases after"), color=_COLOUR)


def calibration(table: Any) -> Chart:
    """Means by tenth of customers, from the lowest forecast to the highest: reads `decile`, `predicted`, `actual`."""
    frame = _frame(table).rename(columns={"predicted": "foretold", "actual": "came"})
    return _bars(frame, "decile", "Tenth, lowest forecast first", "Mean")


def coverage(table: Any, *, level: float, of: str = "customers") -> Chart:
    """What share `of` customers an interval holds, by model: reads `model`, `coverage`; the line is the least of it."""
    bars = alt.Chart(_frame(table)).mark_bar(color=FORETOLD, opacity=0.55, cornerRadiusEnd=2, height={"band": 0.6})
    title = f"Share of {of} within their intervals: {level:.0%} at least"
    x = alt.X("coverage:Q", title=title, scale=alt.Scale(domain=[0, 1]), axis=_percent())
    # Seen on bars and on a light or dark page alike: a whole line with a white one behind it.
    at = alt.Chart(alt.InlineData([{"level": level}])).encode(x="level:Q")
    line = at.mark_rule(color="white", strokeWidth=6) + at.mark_rule(color=CAME, strokeWidth=3)
    return bars.encode(y=alt.Y("model:N", title=None), x=x) + line


def judged(backtest: Any, model: str, origin: date) -> Chart:
    """All charts that judge one model of a `Backtest` at one origin, below each other; the rule is the origin."""
    of = {name: _of(getattr(backtest, name), model, origin) for name in ("tracking", "frequencies", "deciles")}
    begin = int((of["tracking"]["ends_on"] <= origin).sum())
    rule = alt.Chart(alt.InlineData([{"week": begin}])).mark_rule(color="#5E6E84", strokeDash=[4, 4]).encode(x="week:Q")
    weeks = of["tracking"].drop(columns="ends_on")  # days have no place in the JSON of a chart
    tenths = of["deciles"][of["deciles"]["target"] == "purchases"]
    scores = _frame(backtest.scores)
    held = scores[(scores["origin"] == origin) & (scores["target"] == "purchases") & scores["coverage"].notna()]
    held = held[["model", "coverage"]]
    rows = [
        (tracking(weeks) + rule, "Repeat purchases so far, before and after the origin"),
        (tracking(weeks, cumulative=False) + rule, "Repeat purchases week by week"),
        (frequency_histogram(of["frequencies"]), "Customers by repeat purchases up to the origin"),
        (
            conditional_expectation(backtest.conditional(model, origin)),
            "Purchases after the origin, by purchases before",
        ),
        (calibration(tenths), "Purchases after the origin, by tenth of customers"),
        (coverage(held, level=LEVEL), "Intervals of purchases: the line is the least that they should hold"),
    ]
    return below_each_other(rows, f"{model}, foretold at {origin}")


def judged_contracts(backtest: Any, model: str, origin: date) -> Chart:
    """All charts that judge one model of a `ContractBacktest` at one origin, below each other."""
    whole = _of(backtest.deciles, model, origin)
    whole = whole[whole["scope"] == "all"].drop(columns="scope")
    tenths = {target: whole[whole["target"] == target] for target in ("renewals", "survival")}
    scores = _frame(backtest.scores)
    held = scores[(scores["origin"] == origin) & (scores["scope"] == "all") & (scores["target"] == "renewals")]
    rows = [
        (survivors(_of(backtest.tracking, model, origin)), "Contracts still in force, by months after the origin"),
        (calibration(tenths["survival"]), "Share still in force at the end, by tenth of contracts"),
        (calibration(tenths["renewals"]), "Renewals taken, by tenth of contracts"),
        (
            coverage(held[held["coverage"].notna()][["model", "coverage"]], level=LEVEL, of="contracts"),
            "Intervals of renewals: the line is the least that they should hold",
        ),
    ]
    return below_each_other(rows, f"Contracts: {model}, foretold at {origin}")


def below_each_other(rows: Sequence[tuple[Chart, str]], title: str) -> Chart:
    """Charts with their titles, one below the other, under a title of all."""
    charts = [chart.properties(width=640, title=name) for chart, name in rows]
    return alt.vconcat(*charts).properties(title=title)


def _of(table: Any, model: str, origin: date) -> Any:
    frame = _frame(table)
    return frame[(frame["model"] == model) & (frame["origin"] == origin)].drop(columns=["model", "origin"])


def _percent() -> alt.Axis:
    return alt.Axis(format="%", tickCount=5)


def _bars(frame: Any, x: str, title: str, of: str) -> Chart:
    bars = alt.Chart(_long(frame, x, ["foretold", "came"])).mark_bar(cornerRadiusEnd=2)
    across = alt.X(f"{x}:N", sort=list(frame[x]), title=title, axis=alt.Axis(labelAngle=0))
    return bars.encode(x=across, xOffset="what:N", y=alt.Y("value:Q", title=of), color=_COLOUR)


def _long(frame: Any, x: str, columns: list[str]) -> Any:
    return frame.melt(id_vars=x, value_vars=columns, var_name="what", value_name="value")


def _frame(table: Any) -> Any:
    return table.to_pandas() if isinstance(table, pa.Table) else table
