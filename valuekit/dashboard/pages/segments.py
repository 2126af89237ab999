"""Segments: value tiers with their cut points, the grid of stage and value, and a list to act on."""

from typing import Any

import pandas as pd
import streamlit as st

from valuekit.dashboard import downloads, parts, words
from valuekit.dashboard.charts import grids
from valuekit.dashboard.data import each, most
from valuekit.dashboard.parts import Column
from valuekit.dashboard.run import Run
from valuekit.tables.published import VALUED_STAGES

Wanted = dict[str, Any]
EVERYBODY = 10**12
SHOWN = {"parties": "Parties", "ltv": "Lifetime value", "net_cash_12m": "Net cash, 12 months"}


def render(run: Run) -> None:
    """Draw the page."""
    parts.heading(
        run, "Segments", "Everybody who has ever paid, in tiers by lifetime value: whom to keep, grow, mend or let go."
    )
    tiers = run.ask("segments", "tiers")
    if tiers.empty:
        parts.empty(
            "There are no segments yet",
            "A segment needs at least one party that has paid. Map `payments` or `orders`, and run again.",
        )
        return
    _tiers(run, tiers)
    _grid(run, tiers)
    _list(run, tiers)


def _tiers(run: Run, tiers: pd.DataFrame) -> None:
    parts.section("Value tiers", f"Cut points and sums in {run.currency}; lifetime value over {run.settings.value}.")
    parties, value = tiers["parties"].sum(), tiers["ltv"].clip(lower=0).sum()
    (*worths, all_worth), (*cashes, all_cash) = (
        words.together(tiers[name], total=round(tiers[name].sum(), 4)) for name in ("ltv", "net_cash_12m")
    )
    rows = [
        (
            f"{t.tier}\n{t.rule}",
            words.count(t.parties),
            words.share(t.parties, parties),
            worth,
            words.share(max(t.ltv, 0), value),
            cash,
        )
        for t, worth, cash in zip(each(tiers), worths, cashes, strict=True)
    ]
    rows.append(("All", words.count(parties), "100.0%", all_worth, "", all_cash))
    headers = ["Tier", "Parties", "Share", "Lifetime value", "Share of positive value", "Net cash, 12 months"]
    parts.listing(headers, rows, numbers=range(1, len(headers)), total=True, stacked=True)


def _grid(run: Run, tiers: pd.DataFrame) -> None:
    parts.section(
        "Stage by value",
        "Where the value sits in the lifecycle: inactive customers of high value are the ones to win back first.",
    )
    what = parts.choice("Show", SHOWN, default="parties", key="grid")
    cells = run.grid()
    stages = [s for s in VALUED_STAGES if s in set(cells["stage"])]
    frame = pd.DataFrame(
        {
            "row": cells["stage"].map(words.stage),
            "column": cells["tier"],
            "amount": cells[what].astype(float),
            "text": ["" if not v else words.count(v) if what == "parties" else run.money(v) for v in cells[what]],
        }
    )
    fullest = most(frame, "amount")
    unit = "Parties" if what == "parties" else f"{SHOWN[what]}, {run.currency}"
    parts.chart(
        grids.heat(frame, [words.stage(s) for s in stages], list(tiers["tier"]), unit=unit, number=",.0f"),
        f"Most {SHOWN[what].lower()}: {fullest.row}, {fullest.column}, {fullest.text}.",
    )


def _list(run: Run, tiers: pd.DataFrame) -> None:
    parts.section("A list to act on")
    cells = run.grid()
    columns = st.columns([2, 2, 2])
    chosen_tiers = columns[0].multiselect(
        "Tier", list(tiers["tier"]), key="tier", bind="query-params", placeholder="All tiers"
    )
    stages = columns[1].multiselect(
        "Stage",
        [s for s in VALUED_STAGES if s in set(cells["stage"])],
        format_func=words.stage,
        key="stage",
        bind="query-params",
        placeholder="All stages",
    )
    text = columns[2].text_input(
        "Name",
        key="name",
        bind="query-params",
        placeholder="Part of a name, or a record id",
        icon=":material/search:",
        live=True,
    )
    wanted: Wanted = {"tiers": chosen_tiers, "stages": stages, "text": (text or "").strip()}
    size = run.one("segments", "size", **wanted)
    if not size.parties:
        parts.empty("Nobody fits", "Remove a filter or shorten the name.")
        return
    found = _members(run, wanted, parts.ROWS)
    parts.note(
        f"{parts.shown(size.parties, 'parties')}, highest lifetime value first; all together {run.money(size.ltv)}."
    )
    parts.table(
        found, _columns(run, found), alt_text=f"{words.count(size.parties)} parties with stage, tier and value", rows=12
    )
    with st.container(horizontal=True):
        downloads.button("All as CSV", lambda: _csv(run, wanted), "segments.csv", key="segments_csv")
        downloads.button("All as Parquet", lambda: _parquet(run, wanted), "segments.parquet", key="segments_parquet")


def _members(run: Run, wanted: Wanted, rows: int) -> pd.DataFrame:
    found = run.ask("segments", "members", **wanted, rows=rows)
    rests = found["basis"].map(lambda basis: words.BASES.get(basis, basis))
    return found.assign(stage_name=found["stage"].map(words.stage), basis_name=rests)


def _csv(run: Run, wanted: Wanted) -> bytes:
    found = _members(run, wanted, EVERYBODY)
    return downloads.csv(found, [*_columns(run, found), parts.PARTY_ID])


def _parquet(run: Run, wanted: Wanted) -> bytes:
    found = _members(run, wanted, EVERYBODY)
    return downloads.parquet(found, [*_columns(run, found), parts.PARTY_ID])


def _columns(run: Run, found: pd.DataFrame) -> list[Column]:
    money = [
        ("ltv", "Lifetime value"),
        ("low_80", "Low end, 80%"),
        ("high_80", "High end, 80%"),
        ("net_cash_12m", "Net cash 12 months"),
    ]
    if found["mrr"].any():
        money.append(("mrr", "Monthly recurring revenue"))
    return [
        parts.CUSTOMER,
        Column("stage_name", "Stage"),
        Column("tier", "Tier"),
        *(Column(source, f"{label}, {run.currency}", "money") for source, label in money),
        Column("basis_name", "Value rests on"),
    ]
