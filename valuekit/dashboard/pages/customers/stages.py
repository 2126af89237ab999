"""Stages: where every party stands in its life, over time and by who counts it."""

import pandas as pd

from valuekit.dashboard import parts, theme, words
from valuekit.dashboard.charts import grids, months
from valuekit.dashboard.data import each, most
from valuekit.dashboard.pages.customers.view import View, month_name

GROUPS = {"customers": "Buyers", "all": "Everybody"}
BUYERS = ("active", "inactive", "signed_unpaid", "lapsed_paying", "paid_without_contract", "churned")


def render(view: View) -> None:
    """Show the stages month by month, and which list counts which stage."""
    found = view.ask("stages")
    if found.empty:
        parts.empty("No months were published", "Set `lifecycle.history_months` above zero, and run again.")
        return
    _over_time(found)
    _now(view)
    _counted(view)


def _over_time(found: pd.DataFrame) -> None:
    parts.section("Stages over time", "Parties at each month end, each in exactly one stage; a month still running is"
                  " pale.")  # fmt: skip
    which = parts.choice("Show", GROUPS, default="customers", key="stages_shown")
    frame = found[found["stage"].isin(BUYERS)] if which == "customers" else found
    frame = frame.rename(columns={"stage": "key", "parties": "amount"})
    names = {k: words.STAGES[k] for k in ((*BUYERS, *(s for s in words.STAGES if s not in BUYERS)))}
    last = frame[frame["as_of"] == frame["as_of"].max()].set_index("key")["amount"]
    parts.chart(
        months.stacked(frame, theme.STAGES, names, unit="Parties", height=320),
        f"At the last month end {words.count(last.get('active', 0))} are active,"
        f" {words.count(last.get('inactive', 0))} inactive and {words.count(last.get('churned', 0))} churned.",
    )


def _now(view: View) -> None:
    found = view.ask("stages_then", month=view.month)
    if found.empty:
        return
    parts.section(f"On {month_name(view.month, view.complete)}", "With the reason, where a stage has several.")
    order = {s: i for i, s in enumerate(words.STAGES)}
    found = found.assign(place=found["stage"].map(order)).sort_values(["place", "parties"], ascending=[True, False])
    total = int(found["parties"].sum())
    rows = [
        (words.stage_and_reason(s.stage, s.reason), words.count(s.parties), words.share(s.parties, total))
        for s in each(found)
    ]
    rows.append(("All parties", words.count(total), "100.0%"))
    colours = [theme.STAGES[s] for s in found["stage"]]
    parts.listing(["Stage", "Parties", "Share"], rows, numbers=(1, 2), total=True, colours=colours)


def _counted(view: View) -> None:
    """Show how many parties of each stage each team counts."""
    teams = view.teams() or list(view.names())[:5]
    found = view.ask("counted", month=view.month)
    found = found[found["definition"].isin(teams)]
    if found.empty:
        return
    parts.section("Which list counts which stage", "Parties of a stage that a list counts; empty: none.")
    names = view.names()
    stages = [s for s in words.STAGES if s in set(found["stage"])]
    frame = pd.DataFrame(
        {
            "row": found["stage"].map(words.stage),
            "column": found["definition"].map(names),
            "amount": found["parties"].astype(float),
            "text": found["parties"].map(words.count),
        }
    )
    fullest = most(frame, "amount")
    picture = grids.heat(
        frame, [words.stage(s) for s in stages], [names[t] for t in teams], unit="Parties", number=",.0f"
    )
    with parts.roomy("counted"):
        parts.chart(picture, f"Most parties: {fullest.row}, counted by {fullest.column}, {fullest.text}.")
