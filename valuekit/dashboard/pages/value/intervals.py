"""Intervals: how sure the values of groups and of customers are, and what they rest on."""

from typing import Any

import pandas as pd

from valuekit.dashboard import parts, words
from valuekit.dashboard.charts import ranges
from valuekit.dashboard.data import each
from valuekit.dashboard.parts import Card, Column
from valuekit.dashboard.run import Run

PAGE = "value/intervals"
LEVELS = {"50": "50 of 100", "80": "80 of 100", "95": "95 of 100"}
SCOPES = {"tier": "By value tier", "stage": "By stage", "cohort": "By year of first money"}
DRAWN = 25
"""Customers in the chart."""


def render(run: Run) -> None:
    """Show values with their intervals: of all, of groups, of customers."""
    parts.section(
        "How sure it is",
        "In so many of 100 cases the value lies between both ends, if customers go on as the models say. Errors of the"
        " models do not even out over many customers; chance does.",
    )
    level = int(parts.choice("Level", LEVELS, default="80", key="level"))
    _all(run, level)
    _groups(run, level)
    _thin(run)
    _customers(run, level)
    parts.note(f"Intervals are of the published values: {run.settings.value}.")


def _all(run: Run, level: int) -> None:
    found = run.ask(PAGE, "sums", scope="customers", level=level)
    current = next((g for g in each(found) if g.name == "current"), None)
    if current is None:
        parts.empty("There is no current customer", "Values of former customers are in the groups below.")
        return
    chance = max(current.deviation**2 - current.deviation_by_parameters**2, 0.0) ** 0.5
    parts.cards(
        [
            Card(
                "Customer equity",
                run.money(current.ltv),
                f"Published lifetime value of current customers, in {run.currency}."
                f" Exactly {run.money(current.ltv, exact=True)}.",
                f"{words.count(current.parties)} current customers, {run.settings.value}",
            ),
            _end(run, "Low end", current.low, current.ltv, level),
            _end(run, "High end", current.high, current.ltv, level),
            Card(
                "Error of the models",
                f"±{run.money(current.deviation_by_parameters)}",
                f"Standard deviation by what is not known of the models' parameters, in {run.currency}. More customers"
                " do not make it smaller, more history does.",
                f"Chance adds ±{run.money(chance)}, and evens out over many customers",
            ),
        ]
    )


def _end(run: Run, name: str, end: float, value: float, level: int) -> Card:
    return Card(
        name,
        run.money(end),
        f"Of the central {level}% interval of customer equity, in {run.currency}."
        f" Exactly {run.money(end, exact=True)}.",
        f"{_relative(end, value)} of the value",
    )


def _span(run: Run, row: Any) -> str:
    return f"{run.money(row.low)} to {run.money(row.high)}"


def _relative(end: float, value: float) -> str:
    return f"{100 * (end / value - 1):+.0f}%" if value else "-"


def _groups(run: Run, level: int) -> None:
    parts.section(
        "By group", "The dot is the value, the line its interval. Groups share the models, so they err together."
    )
    scope = parts.choice("Group", SCOPES, default="tier", key="by")
    found = run.ask(PAGE, "sums", scope=scope, level=level)
    found["group"] = found["name"].map(words.stage) if scope == "stage" else found["name"]
    widest = max(each(found), key=lambda g: g.high - g.low)
    parts.chart(
        ranges.values(found, "group", run.currency, level),
        f"The widest interval is that of {widest.group}: {_span(run, widest)}, around {run.money(widest.ltv)}.",
    )
    rows = [
        (
            str(g.group),
            words.count(g.parties),
            value,
            f"{g.low:z,.0f}",
            f"{g.high:z,.0f}",
            words.share(g.deviation_by_parameters**2, g.deviation**2),
        )
        for g, value in zip(each(found), words.together(found["ltv"]), strict=True)
    ]
    headers = ["Group", "Parties", f"Value, {run.currency}", "Low end", "High end", "Variance by the models"]
    parts.listing(headers, rows, numbers=range(1, 6), stacked=True)


def _thin(run: Run) -> None:
    parts.section(
        "What values rest on",
        "Whoever has little history is valued like customers similar to it. The weight says how much its own history"
        " counts.",
    )
    found = run.ask(PAGE, "thin")
    parties, value = found["parties"].sum(), found["value"].sum()
    rows = [
        (
            words.begin(words.BASES.get(b.basis, str(b.basis))).rstrip("."),
            words.count(b.parties),
            words.share(b.parties, parties),
            units,
            words.share(b.value, value),
            words.percent(b.own_weight),
            words.count(b.by_prior) if b.by_prior else "-",
        )
        for b, units in zip(each(found), words.together(found["value"]), strict=True)
    ]
    headers = [
        "Rests on", "Parties", "Share", f"Value, {run.currency}", "Share of value", "Mean weight of own history",
        "By a stated prior",
    ]  # fmt: skip
    parts.listing(headers, rows, numbers=range(1, 7), stacked=True)
    parts.note("By a stated prior: the data were too few for a fit, and its stated error widens these intervals.")


def _customers(run: Run, level: int) -> None:
    found = run.ask(PAGE, "customers", level=level, rows=parts.ROWS)
    total = int(run.ask(PAGE, "thin")["parties"].sum())
    parts.section("By customer", f"{parts.shown(total, 'valued parties')}, the highest value first.")
    drawn = found.head(DRAWN)
    first = next(each(drawn))
    parts.chart(
        ranges.values(_named(drawn), "customer", run.currency, level),
        f"{first.customer} is worth most: {run.money(first.ltv)}, between {_span(run, first)}.",
    )
    columns = [
        parts.CUSTOMER,
        Column("stage_name", "Stage"),
        Column("ltv", f"Lifetime value, {run.currency}", "money", str(run.settings.value)),
        Column("low", "Low end", "money", f"Of the central {level}% interval, in {run.currency}"),
        Column("high", "High end", "money", f"Of the central {level}% interval, in {run.currency}"),
        Column("basis_name", "Rests on"),
        Column(
            "own_weight",
            "Weight of own history",
            "share",
            "In its renewals, or half in its purchases and half in what it spends",
        ),
    ]
    found = found.assign(
        stage_name=found["stage"].map(words.stage), basis_name=found["basis"].map(lambda b: words.BASES.get(b, b))
    )
    parts.table(found, columns, alt_text=f"{len(found)} parties with value and interval", rows=12)


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """Tell apart customers of one name."""
    twice = frame["customer"].duplicated(keep=False)
    return frame.assign(customer=frame["customer"].where(~twice, frame["customer"] + " · " + frame["party_id"]))
