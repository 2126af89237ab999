"""Comparing executives: where their rankings agree, and how two of them differ."""

import pandas as pd
import streamlit as st

from valuekit.dashboard import parts, words
from valuekit.dashboard.charts import curves, grids
from valuekit.dashboard.data import each, most
from valuekit.dashboard.run import Run

KINDS = {"kendall_tau_b": "Whole ranking", "overlap": "Top of the list"}
_SIDES = ("First measure", "Second measure")
DRAWN = 40
"""Ranks below this one are drawn on one line: they are off the list, however far."""


def names(rankable: pd.DataFrame) -> dict[str, str]:
    """Name each measure with its executive."""
    return {m.measure: f"{m.executive} · {m.label}" for m in each(rankable)}


def agreement(run: Run, rankable: pd.DataFrame) -> None:
    """Show how far each pair of measures agrees."""
    found = run.ask("best", "agreement")
    parts.section("Where they agree")
    if found.empty:
        parts.empty("There is only one measure", "Agreement needs two measures that rank customers.")
        return
    kind = parts.choice("Compare", KINDS, default="kendall_tau_b", key="agreement")
    signed = kind == "kendall_tau_b"
    parts.note(
        "Kendall tau-b over the customers that both rank (at most 50,000 of them):"
        " 1 is the same order, 0 no relation, -1 the opposite order."
        if signed
        else f"Share of the top {int(found['top_n'].max())} that both name."
    )
    labels = names(rankable)
    frame = _square(found, kind, labels)
    if frame.empty:
        parts.empty("Nothing to compare", "No two measures rank the same customers.")
        return
    closest = most(frame[frame["amount"] < 1] if (frame["amount"] < 1).any() else frame, "amount")
    parts.chart(
        grids.agreement(
            frame, list(labels.values()), unit=KINDS[kind], number=".2f" if signed else ".0%", signed=signed
        ),
        f"{closest.row} and {closest.column} agree most, at {closest.text}.",
    )


def _square(found: pd.DataFrame, kind: str, labels: dict[str, str]) -> pd.DataFrame:
    """Fill the square from the pairs, both ways; a measure says nothing about itself."""
    pairs = found.rename(columns={"measure_a": "a", "measure_b": "b", kind: "amount"})[["a", "b", "amount"]]
    whole = pd.concat([pairs, pairs.rename(columns={"a": "b", "b": "a"})]).drop_duplicates(["a", "b"])
    whole = whole[whole["a"].isin(labels) & whole["b"].isin(labels) & whole["amount"].notna()]
    text = [f"{v:.0%}" if kind == "overlap" else f"{round(v, 2) + 0:.2f}" for v in whole["amount"]]
    return whole.assign(row=whole["a"].map(labels), column=whole["b"].map(labels), text=text)


def slope(run: Run, rankable: pd.DataFrame) -> None:
    """Show how the best customers of one measure stand by another."""
    labels = names(rankable)
    if len(labels) < 2:
        return
    n = run.settings.top_n
    parts.section("Two measures against each other", f"The top {n} of each, joined by a line. Blue: on both lists.")
    first, second = _choose(labels, _telling(run.ask("best", "agreement"), rankable))
    if first == second:
        parts.empty("The two measures are the same", "Choose two different measures.")
        return
    frame = _lines(run.ask("best", "pair", first=first, second=second, rows=n), labels, first, n)
    both = int(frame.loc[frame["kind"] == "both", "party_id"].nunique())
    parts.chart(
        curves.slope(frame, labels[first], labels[second], DRAWN), f"{both} customers are on both lists of {n}."
    )
    parts.note(f"{words.count(both)} on both lists. Ranks beyond {DRAWN} meet at the bottom.")


def _telling(found: pd.DataFrame, rankable: pd.DataFrame) -> tuple[str, str]:
    """Return the two executives' measures that share the most of their best customers without being the same."""
    executive = rankable.set_index("measure")["executive"]
    pairs = found[found["measure_a"].isin(executive.index) & found["measure_b"].isin(executive.index)]
    apart = pairs["measure_a"].map(executive) != pairs["measure_b"].map(executive)
    pairs = pairs[apart & (pairs["overlap"] < 1)].dropna(subset="overlap")
    if pairs.empty:
        return executive.index[0], executive.index[-1]
    best = most(pairs, "overlap")
    return best.measure_a, best.measure_b


def _choose(labels: dict[str, str], start: tuple[str, str]) -> tuple[str, str]:
    """Let the reader choose two measures."""
    keys, columns = list(labels), st.columns(2)
    chosen = [
        str(column.selectbox(name, keys, index=keys.index(begin), format_func=labels.__getitem__, key=key,
                             bind="query-params"))
        for column, name, begin, key in zip(columns, _SIDES, start, ("from", "to"), strict=True)
    ]  # fmt: skip
    return chosen[0], chosen[1]


def _lines(found: pd.DataFrame, labels: dict[str, str], first: str, n: int) -> pd.DataFrame:
    """Say of each customer on each side where to draw it, how, and with which words."""
    found = found.sort_values(["rank", "customer", "party_id"])
    by_party = found.groupby("party_id")["rank"]
    worst, sides = by_party.transform("max"), by_party.transform("count")
    kind = pd.Series("near", index=found.index).mask(worst > DRAWN, "far").mask((worst <= n) & (sides == 2), "both")
    name, rank = found["customer"], found["rank"].map("{:,.4g}".format)
    text = (name + " · " + rank).where(found["measure"] == first, rank + " · " + name)
    named = found["rank"] <= n
    place = found.groupby("measure").cumcount() + 1  # ties have one rank, but each name needs a line of its own
    drawn = place.where(named, found["rank"].clip(lower=n + 1)).clip(upper=DRAWN)
    return found.assign(side=found["measure"].map(labels), kind=kind, text=text, drawn=drawn, named=named)
