"""Value: change the horizon, the discount rate or a stream, and see the effect at once."""

from dataclasses import replace

import altair as alt
import pandas as pd
import streamlit as st

from valuekit.dashboard import parts, words
from valuekit.dashboard.charts import bars, curves, ranges
from valuekit.dashboard.data import Scenario, each, most
from valuekit.dashboard.parts import Card, Column
from valuekit.dashboard.run import Run
from valuekit.money import shorten
from valuekit.tables.published import HORIZON_YEARS, STREAMS

PAGE = "value/worth"
BEST = 100
COMPARED = (1, 3, 5, 10)
"""Horizons, in years, whose rankings are set beside the published one."""


def render(run: Run) -> None:
    """Show the value of current customers under a scenario: by year, by horizon, by customer."""
    years = run.years()
    scenario = _choose(run, [s for s in STREAMS if s in set(years["key"])])
    _equity(run, scenario)
    _years(run, scenario, years)
    _horizons(run, scenario, years)
    _spread(run, scenario)
    _top(run, scenario)


def _choose(run: Run, streams: list[str]) -> Scenario:
    published = run.settings.value
    with st.container(border=True):
        left, right = st.columns(2, gap="large")
        horizon = left.slider(
            "Horizon, years",
            1,
            HORIZON_YEARS,
            published.years,
            key="horizon",
            bind="query-params",
            help="How many years after the as-of date count",
        )
        rate = right.slider(
            "Discount rate, % a year",
            0.0,
            30.0,
            round(100 * published.rate, 1),
            step=0.5,
            format="%.1f",
            key="rate",
            bind="query-params",
            help="What a year of waiting costs",
        )
        standard = [s for s in streams if s not in published.off]
        on = st.pills(
            "Streams that count",
            streams,
            selection_mode="multi",
            default=standard,
            format_func=words.line,
            key="streams",
            bind="query-params",
            help="Switch a stream off to see what the value is without it",
        )
        own = ", ".join(f"{100 * rate:g}%" for rate in run.settings.own_rates)
        beside = f" Some customers have their own rate there ({own}); the sliders use one rate for all." if own else ""
        parts.note(f"The run was published with {published}.{beside}")
    off = tuple(s for s in STREAMS if s not in on and (s in streams or s in published.off))
    return Scenario(horizon, round(rate / 100, 4), published.timing, off)


def _equity(run: Run, scenario: Scenario) -> None:
    found = run.one(PAGE, "equity", scenario=scenario)
    parts.cards(
        [
            Card(
                "Customer equity",
                run.money(found.equity),
                f"Sum of the lifetime values of current customers: {scenario}, in {run.currency}."
                f" Exactly {run.money(found.equity, exact=True)}.",
                _difference(run, found.equity - found.published, found.published),
            ),
            Card(
                "Per customer",
                run.money(found.equity / max(found.customers, 1)),
                f"Customer equity divided by current customers, in {run.currency}",
                f"{words.count(found.customers)} current customers",
            ),
            Card(
                "With negative value",
                words.count(found.negative),
                "Current customers who are expected to cost more than they bring in",
                f"{words.share(found.negative, found.customers)} of current customers"
                if found.negative
                else "Nobody is expected to cost more than it brings in",
            ),
            Card(
                "As published",
                run.money(found.published),
                f"{run.settings.value}, in {run.currency}. Exactly {run.money(found.published, exact=True)}.",
                _interval(run),
            ),
        ]
    )


def _interval(run: Run) -> str:
    """Say how sure the published value is."""
    if "value_sums" not in run.manifest.tables:
        return str(run.settings.value)
    found = run.ask("value/intervals", "sums", scope="customers", level=80)
    told = [f"{run.money(s.low)} to {run.money(s.high)} in 80 of 100 cases" for s in each(found) if s.name == "current"]
    return next(iter(told), str(run.settings.value))


def _difference(run: Run, amount: float, published: float) -> str:
    if not amount:
        return "The published value"
    word = "more" if amount > 0 else "less"
    return f"{run.money(abs(amount))} ({words.share(abs(amount), abs(published))}) {word} than published"


def _years(run: Run, scenario: Scenario, years: pd.DataFrame) -> None:
    frame = discounted(scenario, years)
    parts.section(
        "Year by year",
        "Expected cash of current customers, discounted, by stream. Costs hang below zero; the line is what remains."
        " Pale years lie beyond the horizon: they show what a longer one would add.",
    )
    if frame.empty:
        parts.empty("Every stream is switched off", "Switch at least one stream on.")
        return
    x = alt.X("when:O", title="Year after the as-of date", axis=alt.Axis(labelAngle=0, ticks=False))
    first, whole = (float(frame.loc[frame["when"] <= k, "amount"].sum()) for k in (1, scenario.years))
    parts.chart(
        bars.stacked(frame, x, run.currency, words.LINES),
        f"The first year brings {run.money(first)} of {run.money(whole)}.",
    )


def discounted(scenario: Scenario, years: pd.DataFrame) -> pd.DataFrame:
    """Give each stream and year a row with its discounted amount; what is switched off is left out."""
    tall = years.melt("key", var_name="when", value_name="amount").astype({"when": int})
    tall = tall[~tall["key"].isin(scenario.off)]
    factor = tall["when"].map(dict(enumerate(scenario.factors, 1)))
    place = tall["key"].map(STREAMS.index)
    tall = tall.assign(
        amount=tall["amount"] * factor,
        name=tall["key"].map(words.line),
        place=place,
        counted=tall["when"] <= scenario.years,
    )
    return tall.sort_values(["place", "when"])


def _horizons(run: Run, scenario: Scenario, years: pd.DataFrame) -> None:
    tall = discounted(scenario, years)
    if tall.empty:
        return
    frame = tall.groupby("when")["amount"].sum().rename_axis("horizon").reset_index(name="more")
    frame = frame.assign(amount=frame["more"].cumsum(), chosen=frame["horizon"] == scenario.years)
    by_year = dict(zip(frame["horizon"], frame["amount"], strict=True))
    parts.section("What a longer horizon adds", "Customer equity if so many years count, at this discount rate.")
    parts.chart(
        ranges.by_horizon(frame, run.currency),
        f"One year is worth {run.money(by_year[1])}, {scenario.years} are worth {run.money(by_year[scenario.years])},"
        f" ten {run.money(by_year[HORIZON_YEARS])}.",
    )
    if st.toggle("Compare who is best by horizon", key="ranks", bind="query-params"):
        _ranks(run, scenario)


def _ranks(run: Run, scenario: Scenario) -> None:
    """Show how many of the best stay the best under other horizons, and how far ranks move."""
    best = run.ask(PAGE, "top", scenario=scenario, rows=BEST)[["party_id", "rank"]]
    rows = []
    for years in COMPARED:
        other = run.ask(PAGE, "top", scenario=replace(scenario, years=years), rows=parts.ROWS)
        both = best.merge(other[["party_id", "rank"]], on="party_id", suffixes=("", "_then"))
        stay = both[both["rank_then"] <= BEST]
        moved = (stay["rank_then"] - stay["rank"]).abs()
        first = other["customer"].iloc[0] if len(other) else "-"
        rows.append(
            (
                f"{years} year{'s' * (years > 1)}",
                f"{len(stay)} of {len(best)}",
                f"{moved.mean():.1f}" if len(moved) else "-",
                f"{moved.max():.0f}" if len(moved) else "-",
                str(first),
            )
        )
    headers = ["Horizon", "Stay among the best", "Mean places moved", "Most places moved", "First"]
    parts.listing(headers, rows, numbers=(1, 2, 3))
    parts.note(f"Compared with the {len(best)} best over {scenario.years} years, at the same rate and streams.")


def _spread(run: Run, scenario: Scenario) -> None:
    found = run.ask(PAGE, "spread", scenario=scenario)
    found["label"] = [_bin(low) for low in found["low"]]
    basis = run.ask(PAGE, "basis")
    total = int(basis["parties"].sum())
    parts.section(
        "How values are spread",
        "Everybody who has ever paid, by lifetime value; each bin is about twice as wide as the one before.",
    )
    common = most(found, "parties")
    parts.chart(
        curves.spread(found, run.currency),
        f"Most common lifetime value: {common.label}, {words.count(common.parties)} of {words.count(total)} parties.",
    )
    rests = [f"{words.share(b.parties, total)} {words.BASES.get(b.basis, b.basis)}" for b in each(basis)]
    parts.note(f"What a customer's value rests on: {', '.join(rests)}.")


def _bin(low: float) -> str:
    """Name a bin by its bounds; bounds grow as 1, 2, 5, 10.

    >>> _bin(200), _bin(-5000), _bin(0)
    ('200 to 500', '-10k to -5k', 'about 0')
    """
    if low == 0:
        return "about 0"
    size = abs(low)
    high = size * (2.5 if f"{size:e}"[0] == "2" else 2)
    near, far = (shorten(x).replace(".00", "").replace(".0", "") for x in (size, high))
    return f"{near} to {far}" if low > 0 else f"-{far} to -{near}"


def _top(run: Run, scenario: Scenario) -> None:
    changed = scenario != run.settings.value
    found = run.ask(PAGE, "top", scenario=scenario, rows=parts.ROWS)
    best = found.head(BEST)
    note = (
        f"{(best['rank_before'] > BEST).sum()} of the top {len(best)} were not there at the published settings."
        if changed
        else "At the published settings. Move a slider to see who rises and who falls."
    )
    parts.section("Most valuable customers", note)
    columns = [
        Column("rank", "Rank", "rank"),
        parts.CUSTOMER,
        Column("stage_name", "Stage"),
        Column("ltv", f"Lifetime value, {run.currency}", "money", str(scenario)),
    ]
    if changed:
        columns += [
            Column("published", f"As published, {run.currency}", "money", str(run.settings.value)),
            Column("rank_before", "Published rank", "rank"),
            Column("moved", "Places moved", "change"),
        ]
    columns += [
        Column("p_alive", "Still a customer", "share", "Probability that it is still a customer"),
        Column("basis_name", "Rests on"),
    ]
    found = found.assign(
        moved=found["rank_before"] - found["rank"],
        stage_name=found["stage"].map(words.stage),
        basis_name=found["basis"].map(lambda b: words.BASES.get(b, b)),
    )
    parts.table(found, columns, alt_text=f"The {len(found)} most valuable customers", rows=12)
