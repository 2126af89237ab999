"""Overview: how many customers, what they are worth, which are the best, and whether to trust it."""

from decimal import Decimal
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from valuekit.calendar import add_months
from valuekit.dashboard import parts, theme, words
from valuekit.dashboard.charts import bars
from valuekit.dashboard.data import each
from valuekit.dashboard.parts import Card
from valuekit.dashboard.run import Run
from valuekit.tables.published import CUSTOMER_STAGES, TEAMS


def render(run: Run) -> None:
    """Draw the page."""
    parts.heading(run, "Overview", "One customer list, what it is worth, and who the best customers are.")
    st.space("small")
    left, right = st.columns([5, 7], gap="large")
    with left:
        _headline(run)
    with right, st.container(border=True):
        _answers(run)
    parts.cards(_cards(run))
    _best(run)
    _teams(run)
    _layers(run)
    _trust(run)


def _headline(run: Run) -> None:
    found = run.ask("overview", "definitions")
    chosen = found[found["headline"]]
    if chosen.empty:
        parts.empty("No headline number is chosen", "Mark one definition with `headline: true` in the configuration.")
        return
    one = chosen.iloc[0]
    st.html(
        f'<div class="vk-hero"><b>{words.count(one.members)}</b><span>{escape(_dated(run, one.sentence))}</span>'
        f"<small>{escape(one.label)} · counted by {escape(one.owner)}"
        f" · source of truth: {escape(one.system)}</small></div>"
    )


def _dated(run: Run, sentence: str) -> str:
    """End the sentence with its date, unless it names it itself."""
    text, day = sentence.strip().rstrip("."), words.day(run.as_of)
    return f"{text}." if day in text else f"{text}, as of {day}."


def _answers(run: Run) -> None:
    rows = [
        ("Who are our best customers?", _named_best(run)),
        ("What are all customers worth?", _worth(run)),
        ("Can I trust it?", _trusted(run.one("overview", "quality"))),
    ]
    body = "".join(f"<div><dt>{escape(q)}</dt><dd>{escape(a)}</dd></div>" for q, a in rows)
    st.html(f'<dl class="vk-answers">{body}</dl>')


def _named_best(run: Run) -> str:
    """Name the best by consensus and the most valuable: they need not be the same."""
    best, richest = run.ask("overview", "best"), run.ask("overview", "richest")
    texts = []
    if len(best):
        measures = words.count(best["measures"].max())
        texts.append(f"By all {measures} measures together: {' · '.join(best['customer'].head(3))}.")
    if len(richest):
        texts.append(f"By lifetime value: {' · '.join(richest['customer'])}.")
    return " ".join(texts) or "No measure can rank customers yet."


def _trusted(quality: Any) -> str:
    """Say in a sentence which checks passed, and how many rows were set aside."""
    checks, rows = f"{quality.passed} of {quality.checks} checks passed.", words.count(quality.rows_in)
    if not quality.rows_quarantined:
        return f"{checks} All {rows} input rows were accepted."
    accepted, aside = words.share(quality.rows_accepted, quality.rows_in), words.count(quality.rows_quarantined)
    return f"{checks} {accepted} of {rows} input rows were accepted, {aside} set aside with reasons."


def _worth(run: Run) -> str:
    value = run.one("overview", "value", current=list(CUSTOMER_STAGES))
    years = run.settings.value.years
    each_one = run.money(value.equity / max(value.customers, 1))
    return f"{run.money(value.equity)} over the next {years} years, {each_one} each on average."


def _cards(run: Run) -> list[Card]:
    cash = run.one("overview", "cash", since=run.last_12_months, before=add_months(run.last_12_months, -12))
    value = run.one("overview", "value", current=list(CUSTOMER_STAGES))
    company = run.one("overview", "company")
    row = [
        Card(
            "Company net cash, 12 months",
            run.money(cash.net_cash),
            f"Money received minus every cost in the books, in {run.currency}, from {words.day(run.last_12_months)}"
            f" to {words.day(run.as_of)}. Exactly {run.money(cash.net_cash, exact=True)}.",
            _against(run, cash, company),
        ),
        Card(
            "Customer equity",
            run.money(value.equity),
            f"Sum of the lifetime values of the {words.count(value.customers)} current customers: expected cash of"
            f" {run.settings.value}, in {run.currency}. Exactly {run.money(value.equity, exact=True)}.",
            f"{words.count(value.customers)} current customers"
            + (f", {words.count(value.negative)} with a negative value" if value.negative else ""),
        ),
        _best_segment(run),
    ]
    if mrr := run.manifest.totals.get("mrr"):
        row.append(_recurring(run, mrr))
    return row


def _against(run: Run, cash: Any, company: Any) -> str:
    margin = f"{words.share(cash.net_cash, cash.income)} of money received"
    if pd.isna(company.first_month) or company.first_month.date() > add_months(run.last_12_months, -12):
        return margin  # the books do not hold the whole of the 12 months before
    return f"{words.change(cash.net_cash - cash.net_cash_before, run.currency)} on the 12 months before; {margin}"


def _best_segment(run: Run) -> Card:
    tiers = run.ask("overview", "tiers")
    if tiers.empty:
        return Card("Best segment", "-", "No party has paid yet, so nobody has a lifetime value.")
    top = tiers.iloc[0]
    share = words.share(top.ltv, tiers["ltv"].clip(lower=0).sum())
    return Card(
        f"Best segment: {top.tier}",
        run.money(top.ltv),
        f"{top.rule}. Lifetime value in {run.currency}, {run.settings.value}.",
        f"{words.count(top.parties)} parties hold {share} of all positive value",
    )


def _recurring(run: Run, mrr: Decimal) -> Card:
    return Card(
        "Monthly recurring revenue",
        run.money(mrr),
        f"Price a month of the signed contracts that run on {words.day(run.as_of)}, in {run.currency}, paid or not;"
        " without internal and test accounts. A balance on that day: not to be added up over months. Exactly"
        f" {run.money(mrr, exact=True)}.",
        f"Of signed contracts that run; {run.money(mrr * 12)} a year",
    )


def _best(run: Run) -> None:
    best = run.ask("overview", "best")
    if best.empty:
        return
    parts.section(
        "Best customers",
        "First by all executives' measures together, which the page Best customers takes apart.",
    )
    rows = [
        (f"{b.rank:,.0f}", b.customer, words.count(b.measures), f"{b.ltv:,.2f}", f"{b.net_cash_12m:,.2f}")
        for b in each(best)
    ]
    headers = [
        "Rank",
        "Customer",
        "Measures that rank it",
        f"Lifetime value, {run.currency}",
        f"Net cash 12 months, {run.currency}",
    ]
    parts.listing(headers, rows, numbers=(0, 2, 3, 4))


def _layers(run: Run) -> None:
    parts.section(
        "Everybody the company knows",
        f"Lifecycle stages on {words.day(run.as_of)}. Each party is in exactly one; they add up to all parties.",
    )
    found = run.ask("overview", "stages")
    sizes = found.groupby("stage")["parties"].sum()
    order = [s for s in words.STAGES if s in sizes.index]
    total = int(sizes.sum())
    rows = [
        (words.stage(s), words.count(sizes[s]), words.share(sizes[s], total), _rule(run, found[found["stage"] == s]),
         _systems(run, s)) for s in order
    ]  # fmt: skip
    customers = words.count(sizes.reindex(CUSTOMER_STAGES, fill_value=0).sum())
    rows.append(("All parties", words.count(total), "100.0%", f"Customers are active and inactive: {customers}", ""))
    colours = [theme.STAGES[s] for s in order]
    parts.listing(
        ["Layer", "Parties", "Share", "Definition", "Decided by"], rows, numbers=(1, 2), total=True, colours=colours
    )


def _rule(run: Run, reasons: pd.DataFrame) -> str:
    """Say by which rules of the run its parties came into a stage, with their number where there are several."""
    texts = []
    for row in each(reasons):
        reason = row.reason if isinstance(row.reason, str) else None
        rules = run.manifest.ways_into(row.stage, reason)
        number = f" ({words.count(row.parties)})" if len(reasons) > 1 else ""
        texts.append("; or: ".join(rules) + number)
    return texts[0] + ("\n" + " · ".join(texts[1:]) if texts[1:] else "")


def _systems(run: Run, stage: str) -> str:
    systems = {s.system for s in run.manifest.sources if s.table in words.STAGE_TABLES[stage]}
    return ", ".join(sorted(systems)) or "not mapped"


def _teams(run: Run) -> None:
    found = run.ask("overview", "definitions").set_index("definition", drop=False)
    headline = found[found["headline"]]
    teams = found.reindex([t for t in TEAMS if t in found.index and t not in headline.index])
    if headline.empty or teams.empty:
        return
    shown = pd.concat([headline, teams])
    parts.section(
        "The same company, counted by each team",
        f"Each team's own definition over the same parties on {words.day(run.as_of)}, against the number that the"
        " company reports. None is wrong: they count different things. The page Customers names everybody in between.",
    )
    _team_bars(shown[shown["not_countable"].isna()])
    against = run.ask("overview", "against", headline=str(headline.index[0]), as_of=run.as_of)
    reported = int(headline["members"].iloc[0])
    rows = [_team(t, reported, against[against["definition"] == t.definition]) for t in each(shown)]
    parts.listing(["Definition", "Parties", "Gap", "Why it differs from the reported number"], rows, numbers=(1, 2))
    if teams["not_countable"].notna().any():
        parts.note(words.MAP_IT)


def _team(one: Any, reported: int, apart: pd.DataFrame) -> tuple[str, str, str, str]:
    named = f"{words.definition(one.owner, one.label, headline=one.headline)}\n{one.sentence}"
    if isinstance(one.not_countable, str):
        return named, words.NOT_RECORDED, "", words.begin(one.not_countable)
    if one.headline:
        return named, words.count(one.members), "", "This is the reported number"
    gap = words.signed(one.members - reported)
    return named, words.count(one.members), gap, _why(apart) or "It counts the same parties"


NAMED = 3
"""Reasons that are named; the others are summed."""


def _why(apart: pd.DataFrame) -> str:
    """Say by reason whom a definition counts besides the headline's, and whom it leaves out, the main reason first."""
    texts = []
    for besides, start in ((True, "Also counts"), (False, "Leaves out")):
        side = apart[apart["besides"] == besides]
        if len(side):
            reasons = [f"{r.reason} {words.count(r.parties)}" for r in each(side.head(NAMED))]
            rest = side["parties"].iloc[NAMED:].sum()
            reasons += [f"other reasons {words.count(rest)}"] if rest else []
            texts.append(f"{start} {words.count(side['parties'].sum())}: {' · '.join(reasons)}")
    return "\n".join(texts)


def _team_bars(shown: pd.DataFrame) -> None:
    names = [words.definition(d.owner, d.label, headline=d.headline) for d in each(shown)]
    key = shown["headline"].map({True: "headline", False: "team"})
    frame = pd.DataFrame({"name": names, "key": key.to_numpy(), "amount": shown["members"].to_numpy()})
    colours = {"headline": theme.ACCENT, "team": theme.QUIET}
    low, high = words.count(frame["amount"].min()), words.count(frame["amount"].max())
    parts.chart(bars.counts(frame, colours, unit="Parties"), f"The teams' counts run from {low} to {high}.")


def _trust(run: Run) -> None:
    checks = run.ask("overview", "checks")
    parts.section("Can these numbers be trusted?", _trusted(run.one("overview", "quality")))
    rows = [
        ("Passed" if c.passed else "Failed", c.meaning, words.figures(c.expected), words.figures(c.actual))
        for c in each(checks)
    ]
    colours = [theme.GREEN if c.passed else theme.RED for c in each(checks)]
    with st.expander("What was proved before these numbers were published"):
        parts.listing(["Result", "What it proves", "Expected", "Found"], rows, colours=colours)
