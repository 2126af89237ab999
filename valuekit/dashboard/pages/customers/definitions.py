"""Definitions: each as a card with its number, its sentence, its owner and where it comes from."""

import json
from functools import partial
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from valuekit.dashboard import downloads, parts, words
from valuekit.dashboard.data import each
from valuekit.dashboard.pages.customers import restated
from valuekit.dashboard.pages.customers.view import View, named
from valuekit.exports.definition_document.export import Format
from valuekit.tables.published import TEAMS


def render(view: View) -> None:
    """Show the headline and the teams' definitions as cards, and all others below."""
    inside = st.toggle(
        "Count internal and test accounts too",
        key="inside",
        bind="query-params",
        help="What each number would be at the as-of date if the company's own and test accounts were let in",
        disabled=not view.latest,
    )
    numbers = _numbers(view, inside=inside and view.latest)
    teams = [t for t in view.found["definition"] if t in (*view.teams(), *TEAMS)]
    shown = view.found.set_index("definition", drop=False)
    st.html(f'<div class="vk-cards">{"".join(_card(view, shown.loc[t], numbers.get(t)) for t in teams)}</div>')
    rest = shown[~shown.index.isin(teams)]
    if len(rest):
        with st.expander(f"{len(rest)} further definitions"):
            _listing(view, rest, numbers)
    if view.found["not_countable"].notna().any():
        parts.note(words.MAP_IT)
    with st.expander("The exact rules, for those who check them"):
        parts.listing(["Definition", "Rule"], [(named(d), d.predicate) for d in each(view.found)])
    _document(view)
    restated.render(view)


FILES: dict[Format, str] = {"html": "Page to print", "xlsx": "Workbook", "md": "Markdown"}


def _document(view: View) -> None:
    parts.section(
        "Definition document",
        f"Definitions, stages, differences, checklist with sign-off and a guide for everybody, as of"
        f" {words.day(view.run.as_of)}.",
    )
    with st.container(horizontal=True):
        for kind, label in FILES.items():
            content = partial(view.run.made, downloads.definitions, kind)
            downloads.button(label, content, f"definitions-{view.run.as_of}.{kind}", key=f"definitions_{kind}")


Number = tuple[int, str]
"""How many parties, and a line about how that moved."""


def _numbers(view: View, *, inside: bool) -> dict[str, Number]:
    """Return every definition's count at the month end, with its change since the one before."""
    if inside:
        return {
            d.definition: (int(d.members_with_internal), _more(int(d.members_with_internal - d.members)))
            for d in each(view.countable)
        }
    months = {m.definition: m for m in each(view.ask("sizes", month=view.month))}
    if view.latest:
        return {d.definition: (int(d.members), _change(view, months.get(d.definition))) for d in each(view.countable)}
    return {key: (int(m.end), _change(view, m)) for key, m in months.items()}


def _more(internal: int) -> str:
    return f"{words.count(internal)} of them internal or test" if internal else "none of them internal or test"


def _change(view: View, month: Any) -> str:
    if month is None or view.former is None:
        return ""
    change = month.end - month.begin
    return f"{words.signed(change) if change else 'no change'} since {words.day(view.former)}"


def _card(view: View, one: Any, number: Number | None) -> str:
    """Write a card: name and state, number and change, sentence, where it comes from, and what lies behind it."""
    classes = "vk-card headline" if one.headline else "vk-card"
    count, change = (words.count(number[0]), number[1]) if number else (words.NOT_RECORDED, "")
    small = "" if number else " class='none'"
    facts = {"Owner": one.owner, "Source of truth": one.system, "As of": words.day(view.month)}
    facts["Version"] = str(one.version)
    body = "".join(f"<div><dt>{k}</dt><dd>{escape(str(v))}</dd></div>" for k, v in facts.items())
    tag = "Agreed" if one.status == "agreed" else "Open"
    return (
        f'<article class="{classes}"><h3>{escape(named(one))} <mark class="{one.status}">{tag}</mark></h3>'
        f"<b{small}>{count}</b><small>{escape(change)}</small><p>{escape(_sentence(view, one))}</p><dl>{body}</dl>"
        f"{_details(one)}</article>"
    )


def _sentence(view: View, one: Any) -> str:
    if isinstance(one.not_countable, str):
        return f"{words.begin(one.not_countable)} It would be: {one.sentence}"
    if view.latest:
        return str(one.sentence)
    return f"{str(one.sentence).rstrip('.')}. The number is of {words.day(view.month)}."


def _details(one: Any) -> str:
    """Write what opens at a click: whom it counts, and each team's own answer."""
    rows = [("Counts", one.counts), ("Does not count", one.excludes), ("Counts from", words.event(one.event_on))]
    rows += [(f"{team}'s own answer", answer) for team, answer in answers(one).items()]
    told = "".join(f"<p><i>{escape(k)}</i> {escape(v)}</p>" for k, v in rows if isinstance(v, str) and v)
    title = "What each team answers" if answers(one) else "Whom it counts"
    return f"<details><summary>{title}</summary>{told}</details>" if told else ""


def answers(one: Any) -> dict[str, str]:
    """Return each team's own answer to what a customer is."""
    return {str(k): str(v) for k, v in json.loads(one.answers).items()} if isinstance(one.answers, str) else {}


def _listing(view: View, rest: pd.DataFrame, numbers: dict[str, Number]) -> None:
    rows = []
    for one in each(rest):
        number = numbers.get(one.definition)
        told = f"{words.count(number[0])}\n{number[1]}" if number else words.NOT_RECORDED
        rows.append((f"{named(one)}\n{one.owner}", told, _sentence(view, one), one.system))
    parts.listing(["Definition", "Parties", "What it counts", "Source of truth"], rows, numbers=(1,))
