"""What moves it: the tornado of levers, elasticities, and what customer equity is made of."""

from typing import Any

import pandas as pd

from valuekit.dashboard import parts, words
from valuekit.dashboard.charts import ranges
from valuekit.dashboard.data import each
from valuekit.dashboard.run import Run

PAGE = "value/moves"
LEVERS = {
    "retention": ("Retention", "The mean chance to stay, at a renewal or after a purchase"),
    "margin": ("Margin", "Revenue less cost of goods"),
    "discount_rate": ("Discount rate", "What a year of waiting costs"),
    "acquisition_cost": ("Acquisition cost", "What winning a future customer costs"),
}
PARTS = {
    "current": ("Current customers", "Active and inactive: the customer equity of the first page"),
    "other": ("Others who have paid", "Churned, lapsed or without contract: what they still owe or may order"),
    "future": ("Yet to be won", "Customers of the horizon's years, less the cost of winning them"),
    "total": ("All together", ""),
}


def render(run: Run) -> None:
    """Show the tornado, the elasticities and the parts of customer equity."""
    found = run.ask(PAGE, "levers")
    parts.section(
        "What moves it",
        "Each lever by itself, 10% of itself down and up; what it does to the value of everybody who is valued.",
    )
    frame = _tenths(found)
    largest = frame.iloc[0]
    most = frame.loc[frame["name"] == largest["name"], "difference"].abs().max()
    parts.chart(
        ranges.tornado(frame, run.currency),
        f"{largest['name']} moves it most: {run.money(most)} for a tenth of itself.",
    )
    _elasticities(run, found)
    _equity(run)


def _tenths(levers: pd.DataFrame) -> pd.DataFrame:
    frame = levers[levers["change"].abs().round(4) == 0.1]
    return frame.assign(
        name=frame["lever"].map(lambda key: LEVERS.get(key, (words.human(key), ""))[0]),
        side=["10% less" if change < 0 else "10% more" for change in frame["change"]],
    )


def _elasticities(run: Run, levers: pd.DataFrame) -> None:
    rows = []
    for lever, moved in levers.groupby("lever", sort=False):
        by_change = {round(m.change, 4): m for m in each(moved)}
        name, meaning = LEVERS.get(str(lever), (words.human(str(lever)), ""))
        ends = [run.money(by_change[change].difference) if change in by_change else "-" for change in (-0.1, 0.1)]
        elasticity = by_change[0.01].elasticity if 0.01 in by_change else None
        rows.append((f"{name}\n{meaning}", *ends, _number(elasticity)))
    parts.listing(["Lever", "10% less", "10% more", "Elasticity"], rows, numbers=(1, 2, 3))
    parts.note(
        "Elasticity: by how many per cent the value changes when the lever grows by 1% of itself. A value that is not"
        " above 0 has none."
    )


def _number(value: Any) -> str:
    return "-" if value is None or pd.isna(value) else f"{value:.2f}"


def _equity(run: Run) -> None:
    found = run.ask(PAGE, "parts")
    parts.section("Customer equity", f"Whose value it is, in {run.currency}: {run.settings.value}.")
    *shown, total = found["value"]
    values = words.together(shown, total=total, kept=0)  # current customers are the customer equity of other places
    rows = [
        (
            "\n".join(filter(None, PARTS[p.part])),
            words.count(p.parties) if pd.notna(p.parties) else "",
            value,
            "" if pd.isna(p.each) else f"{p.each:z,.0f}",
        )
        for p, value in zip(each(found), values, strict=True)
    ]
    future = (found["part"] == "future").any()
    headers = ["Part", "Parties", f"Value, {run.currency}", "A new customer, before its cost"]
    width = len(headers) if future else len(headers) - 1
    parts.listing(headers[:width], [r[:width] for r in rows], numbers=range(1, width), total=True)
    if not future:
        parts.note(
            "Customers yet to be won count when `ltv.new_customers_a_month` and `ltv.acquisition_cost` are stated in"
            " the configuration."
        )
