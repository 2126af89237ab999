"""Best customers: each executive's answer side by side, where they agree, and what they agree on together."""

from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from valuekit.dashboard import compare, customer, parts, theme, words
from valuekit.dashboard.data import each
from valuekit.dashboard.parts import Column
from valuekit.dashboard.run import Run


def render(run: Run) -> None:
    """Draw the page."""
    parts.heading(
        run,
        "Best customers",
        "Each executive means something else by the best customer. Here they are side by side, and together.",
    )
    measures = run.ask("best", "measures", rows=run.settings.top_n)
    rankable = measures[measures["not_rankable"].isna()]
    if rankable.empty:
        parts.empty(
            "No measure can rank these customers",
            "Every measure needs data that this company does not map. The reasons are below.",
        )
        _not_rankable(measures)
    else:
        views: dict[str, Callable[[], None]] = {
            "Side by side": partial(_side_by_side, run, measures),
            "All together": partial(_consensus, run, rankable),
            "Where they agree": partial(compare.agreement, run, rankable),
            "Two measures": partial(compare.slope, run, rankable),
            "One customer": partial(_one, run),
        }
        for name, is_open in parts.tabs(list(views), "view"):
            if is_open:
                views[name]()


def _side_by_side(run: Run, measures: pd.DataFrame) -> None:
    n, rankable = run.settings.top_n, measures[measures["not_rankable"].isna()]
    parts.section(
        f"Each executive's top {n}",
        "One measure for each executive; choose another above the list. Names in bold are on"
        " at least two of the lists shown. Equal ranks, marked =, are the mean of the places that they share.",
    )
    executives = [e for e in words.EXECUTIVES if e in set(rankable["executive"])]
    columns = st.columns(len(executives))
    chosen = {e: _measure(column, e, rankable) for e, column in zip(executives, columns, strict=True)}
    asked = sorted(set(chosen.values()))
    top = run.ask("best", "top", rows=n, measures=asked)
    ties = {t.measure: t for t in each(run.ask("best", "ties", rows=n, measures=asked))}
    lists = {e: top[top["measure"] == m] for e, m in chosen.items()}
    named = pd.concat([x["party_id"] for x in lists.values()]).value_counts()
    shared = set(named[named > 1].index)
    sentences = dict(zip(rankable["measure"], rankable["sentence"], strict=True))
    for column, (executive, measure) in zip(columns, chosen.items(), strict=True):
        _ranking(column, executive, lists[executive], shared)
        if len(lists[executive]) < n and measure in ties:
            tie = ties[measure]
            text = f"{words.count(tie.parties)} customers share rank {tie.rank:,.6g}: nothing tells them apart."
            column.html(f'<p class="vk-note">{escape(text)}</p>')
        column.html(f'<p class="vk-note vk-below">{escape(sentences[measure])}.</p>')
    _not_rankable(measures)


def _measure(column: DeltaGenerator, executive: str, rankable: pd.DataFrame) -> str:
    """Let the reader choose the executive's measure; it begins with the first that names the most of the best."""
    own = rankable[rankable["executive"] == executive].set_index("measure")
    labels = own["label"].to_dict()
    start = int(own["named"].to_numpy().argmax())
    return str(
        column.selectbox(
            words.EXECUTIVES[executive],
            list(labels),
            index=start,
            format_func=labels.__getitem__,
            key=executive.lower(),
            bind="query-params",
        )
    )


def _ranking(column: DeltaGenerator, executive: str, ranked: pd.DataFrame, shared: set[str]) -> None:
    tied = set(ranked.loc[ranked["rank"].duplicated(), "rank"])
    names = [(f"{'=' if r.rank in tied else ''}{r.rank:,.4g}", r.customer, r.party_id in shared) for r in each(ranked)]
    column.html(parts.ordered(names, theme.EXECUTIVES[executive]))


def _consensus(run: Run, rankable: pd.DataFrame) -> None:
    n = run.settings.top_n
    parts.section(
        "What they agree on together",
        "A customer scores 1 where it is ranked first and 0 where it is ranked last; the consensus is the"
        " weighted mean over the measures that rank it (Borda). A weight of 0 leaves a measure out.",
    )
    with st.container(border=True):
        weights = {
            m.measure: _weight(m, run.settings.weights.get(m.measure, 1.0), column)
            for m, column in zip(each(rankable), _columns(len(rankable)), strict=True)
        }
    if not any(weights.values()):
        parts.empty("Every weight is zero", "Give at least one measure a weight.")
        return
    found = run.consensus(weights, n)
    found = found.merge(run.ask("best", "named", parties=sorted(found["party_id"])), on="party_id").sort_values("rank")
    columns = [
        Column("rank", "Rank", "rank"),
        parts.CUSTOMER,
        Column("score", "Score", "score", "1 is first on every measure, 0 is last on every measure"),
        Column("measures", "Measures", "count", "Measures that rank it"),
        Column("rank_before", "Rank in the run", "rank", "Rank with the weights of the run"),
        Column("ltv", f"Lifetime value, {run.currency}", "money", str(run.settings.value)),
        Column("net_cash_12m", f"Net cash 12 months, {run.currency}", "money"),
    ]
    parts.table(found, columns, alt_text=f"Consensus: {found.iloc[0].customer} is first", rows=n)


def _columns(many: int) -> Iterator[DeltaGenerator]:
    """Give a place to each of so many sliders, four in a row."""
    for start in range(0, many, 4):
        yield from st.columns(4, gap="medium")[: many - start]


def _weight(measure: Any, start: float, place: DeltaGenerator) -> float:
    """Let the reader weigh a measure, a row of the table `measures`; it begins with the weight of the run."""
    label, key = f"{measure.executive}: {measure.label}", f"weight_{measure.measure}"
    chosen = place.slider(label, 0.0, max(3.0, start), start, step=0.5, format="%.1f", key=key, bind="query-params",
                       help=measure.sentence)  # fmt: skip
    return float(chosen)


def _one(run: Run) -> None:
    parts.section("One customer, by every measure")
    party = customer.choose(run, "rank", "who")
    if party is None:
        return
    found = run.ask("best", "one", party=party)
    rows = [
        (m.executive, m.label, f"{m.rank:,.4g} of {words.count(m.ranked)}", words.share(m.rank, m.ranked))
        for m in each(found[found["rank"].notna()])
    ]
    if not rows:
        parts.empty("No measure ranks this customer", "It has too little activity for the measures that can be taken.")
        return
    parts.listing(
        ["Executive", "Measure", "Rank", "Within the best"],
        rows,
        numbers=(2, 3),
        colours=[theme.EXECUTIVES.get(r[0], theme.QUIET) for r in rows],
    )


def _not_rankable(measures: pd.DataFrame) -> None:
    missing = measures[measures["not_rankable"].notna()]
    if missing.empty:
        return
    parts.section("Not ranked", f"A measure without data ranks nobody, rather than anybody last. {words.MAP_IT}")
    parts.listing(
        ["Executive", "Measure", "Why not"],
        [(m.executive, f"{m.label}\n{m.sentence}", words.begin(m.not_rankable)) for m in each(missing)],
        colours=[theme.EXECUTIVES.get(e, theme.QUIET) for e in missing["executive"]],
    )
