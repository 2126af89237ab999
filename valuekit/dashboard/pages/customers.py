"""Customers: every definition with its count, and who is in one list and not in the other."""

from typing import Any

import pandas as pd
import streamlit as st

from valuekit.dashboard import downloads, parts, theme, words
from valuekit.dashboard.charts import bars
from valuekit.dashboard.data import each
from valuekit.dashboard.parts import Column
from valuekit.dashboard.run import Run

EVERYBODY = 10**12


def render(run: Run) -> None:
    """Draw the page."""
    parts.heading(
        run, "Customers", "Every team's definition of a customer, over the same parties, and what lies between any two."
    )
    found = run.ask("customers", "definitions")
    if found.empty:
        parts.empty(
            "No definitions were published",
            "Add some under `lifecycle.definitions` in the configuration, and run again.",
        )
        return
    _definitions(run, found)
    countable = found[found["not_countable"].isna()]
    labels = {d.definition: _named(d) for d in each(countable)}
    if len(labels) < 2:
        return
    parts.section("Compare two lists", "Choose any two definitions: who is in one and not in the other, and why.")
    first, second = _choose(labels, _contradiction(countable))
    if first == second:
        parts.empty("The two lists are the same", "Choose two different definitions to compare them.")
        return
    _compare(run, first, second, labels)
    _members(run, first, second, labels)


def _definitions(run: Run, found: pd.DataFrame) -> None:
    parts.section("Definitions")
    rows = [(_named(d), words.members(d), _sentence(d), d.owner, d.system) for d in each(found)]
    colours = [theme.ACCENT if d.headline else theme.QUIET for d in each(found)]
    parts.listing(
        ["Definition", "Parties", "What it counts", "Owner", "Source of truth"], rows, numbers=(1,), colours=colours
    )


def _named(one: Any) -> str:
    return words.definition(one.owner, one.label, headline=one.headline)


def _sentence(one: Any) -> str:
    text = words.sentence(one)
    return text if "\n" in text else f"{text}\nRule: {one.predicate}"


def _contradiction(found: pd.DataFrame) -> tuple[str, str]:
    """Return the pair to begin with: finance and product where both count somebody, else the two first that do."""
    keys = list(found.loc[found["members"] > 0, "definition"])
    if {"finance", "product"} <= set(keys):
        return "finance", "product"
    keys += [k for k in found["definition"] if k not in keys]
    return keys[0], keys[min(1, len(keys) - 1)]


def _choose(labels: dict[str, str], start: tuple[str, str]) -> tuple[str, str]:
    keys, columns = list(labels), st.columns(2)
    first = columns[0].selectbox(
        "First list", keys, index=keys.index(start[0]), format_func=labels.__getitem__, key="first", bind="query-params"
    )
    second = columns[1].selectbox(
        "Second list",
        keys,
        index=keys.index(start[1]),
        format_func=labels.__getitem__,
        key="second",
        bind="query-params",
    )
    return str(first), str(second)


def _compare(run: Run, first: str, second: str, labels: dict[str, str]) -> None:
    cells = run.ask("customers", "differences", first=first, second=second)
    sizes = cells.groupby("side")["parties"].sum()
    only_first, both, only_second = (int(sizes.get(s, 0)) for s in ("only_a", "both", "only_b"))
    day = words.day(run.as_of)
    parts.cards(
        [
            parts.Card(
                f"Only in {labels[first]}",
                words.count(only_first),
                f"In the first list and not in the second, as of {day}",
            ),
            parts.Card("In both", words.count(both), f"In both lists, as of {day}"),
            parts.Card(
                f"Only in {labels[second]}",
                words.count(only_second),
                f"In the second list and not in the first, as of {day}",
            ),
        ]
    )
    apart = cells[cells["side"] != "both"]
    if apart.empty:
        parts.empty("The two lists name the same parties", "Nothing lies between them at this date.")
        return
    apart = apart.assign(
        name=[words.stage_and_reason(s, r) for s, r in zip(apart["stage"], apart["reason"], strict=True)]
    )
    most = apart.iloc[0]
    parts.chart(
        bars.two_sided(apart[["name", "side", "parties"]], labels[first], labels[second]),
        f"{only_first} parties are only in {labels[first]}, {only_second} only in {labels[second]};"
        f" most of them, {most.parties}, are {most['name']}.",
    )


def _members(run: Run, first: str, second: str, labels: dict[str, str]) -> None:
    sides = {"only_a": f"Only in {labels[first]}", "both": "In both", "only_b": f"Only in {labels[second]}"}
    parts.section("Who they are")
    side = (
        st.segmented_control(
            "List",
            list(sides),
            format_func=sides.__getitem__,
            default="only_a",
            key="side",
            required=True,
            bind="query-params",
            label_visibility="collapsed",
        )
        or "only_a"
    )
    cells = run.ask("customers", "differences", first=first, second=second)
    total = int(cells.loc[cells["side"] == side, "parties"].sum())
    if not total:
        parts.empty(f"{sides[side]}: nobody", "Choose another part of the comparison.")
        return
    found = _with_reason(run.ask("customers", "members", first=first, second=second, side=side, rows=parts.ROWS))
    parts.note(f"{parts.shown(total, 'parties')}, highest lifetime value first.")
    parts.table(found, _columns(run, found), alt_text=f"{sides[side]}: {total} parties with stage, records and value")
    downloads.button(
        "Download all as CSV", lambda: _csv(run, first, second, side), f"{first}-{second}-{side}.csv", key="members"
    )


def _csv(run: Run, first: str, second: str, side: str) -> bytes:
    found = _with_reason(run.ask("customers", "members", first=first, second=second, side=side, rows=EVERYBODY))
    return downloads.csv(found, _columns(run, found))


def _with_reason(found: pd.DataFrame) -> pd.DataFrame:
    return found.assign(
        why=[words.stage_and_reason(s, r) for s, r in zip(found["stage"], found["reason"], strict=True)]
    )


def _columns(run: Run, found: pd.DataFrame) -> list[Column]:
    name, *party = parts.with_party(found)
    return [
        name,
        Column("why", "Stage and reason"),
        Column("ltv", f"Lifetime value, {run.currency}", "money", str(run.settings.value)),
        Column("net_cash_12m", f"Net cash 12 months, {run.currency}", "money"),
        Column("since", "Since", "day", "Day it entered the stage, as far as known"),
        Column("records", "Records", "count", "Records in the company's systems that are this one party"),
        Column("systems", "Systems"),
        *party,
    ]
