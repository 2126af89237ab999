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
    _list(run, first, second, labels)


def _definitions(run: Run, found: pd.DataFrame) -> None:
    parts.section("Definitions")
    shown = pd.concat([found[found["not_countable"].isna()], found[found["not_countable"].notna()]])
    rows = [(_named(d), _members(d), _sentence(d), d.system) for d in each(shown)]
    colours = [theme.ACCENT if d.headline else theme.QUIET for d in each(shown)]
    parts.listing(["Definition", "Parties", "What it counts", "Source of truth"], rows, numbers=(1,), colours=colours)
    if found["not_countable"].notna().any():
        parts.note(words.MAP_IT)
    with st.expander("The exact rules, for those who check them"):
        parts.listing(["Definition", "Rule"], [(_named(d), d.predicate) for d in each(shown)])


def _members(one: Any) -> str:
    return words.NOT_RECORDED if isinstance(one.not_countable, str) else words.count(one.members)


def _named(one: Any) -> str:
    return words.definition(one.owner, one.label, headline=one.headline)


def _sentence(one: Any) -> str:
    if isinstance(one.not_countable, str):
        return f"{words.begin(one.not_countable)}\nIt would be: {one.sentence}"
    return f"{one.sentence}\nCounted by {one.owner}" if one.headline else str(one.sentence)


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
        f"{words.count(only_first)} parties are only in {labels[first]}, {words.count(only_second)} only in"
        f" {labels[second]}; most of them, {words.count(most.parties)}, are {most['name']}.",
    )


def _list(run: Run, first: str, second: str, labels: dict[str, str]) -> None:
    sides = {"only_a": f"Only in {labels[first]}", "both": "In both", "only_b": f"Only in {labels[second]}"}
    parts.section("Who they are")
    cells = run.ask("customers", "differences", first=first, second=second)
    sizes = cells.groupby("side")["parties"].sum().reindex(list(sides), fill_value=0)
    begin = "only_a" if sizes["only_a"] or not sizes["only_b"] else "only_b"
    side = (
        st.segmented_control(
            "List",
            list(sides),
            format_func=sides.__getitem__,
            default=begin,
            key="side",
            required=True,
            bind="query-params",
            label_visibility="collapsed",
        )
        or begin
    )
    total = int(sizes[side])
    if not total:
        parts.empty(f"{sides[side]}: nobody", "Choose another part of the comparison.")
        return
    found = _with_reason(run.ask("customers", "members", first=first, second=second, side=side, rows=parts.ROWS))
    parts.note(f"{parts.shown(total, 'parties')}, highest lifetime value first.")
    parts.table(
        found, _columns(run), alt_text=f"{sides[side]}: {words.count(total)} parties with stage, records and value"
    )
    downloads.button(
        "Download all as CSV", lambda: _csv(run, first, second, side), f"{first}-{second}-{side}.csv", key="members"
    )


def _csv(run: Run, first: str, second: str, side: str) -> bytes:
    found = _with_reason(run.ask("customers", "members", first=first, second=second, side=side, rows=EVERYBODY))
    return downloads.csv(found, [*_columns(run), parts.PARTY_ID])


def _with_reason(found: pd.DataFrame) -> pd.DataFrame:
    return found.assign(
        why=[words.stage_and_reason(s, r) for s, r in zip(found["stage"], found["reason"], strict=True)]
    )


def _columns(run: Run) -> list[Column]:
    return [
        parts.CUSTOMER,
        Column("why", "Stage and reason"),
        Column("ltv", f"Lifetime value, {run.currency}", "money", str(run.settings.value)),
        Column("net_cash_12m", f"Net cash 12 months, {run.currency}", "money"),
        Column("since", "Since", "day", "Day it entered the stage, as far as known"),
        Column("systems", "Known in", help="Systems that have a record of it"),
    ]
