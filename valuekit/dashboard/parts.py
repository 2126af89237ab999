"""Parts that every page is made of: heading, cards, tables, charts, empty states. One look, in one place."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import pandas as pd
import streamlit as st

from valuekit.dashboard import charts, words
from valuekit.dashboard.charts import Picture
from valuekit.dashboard.run import Run

Kind = Literal["text", "money", "count", "share", "score", "rank", "change", "day", "month", "link"]
ROWS = 200
"""How many rows a table shows at most; the total is always stated beside it."""


def heading(run: Run, title: str, lead: str) -> None:
    """Open a page: its title, what it answers, and which company, date and currency its numbers are of."""
    known = f", known on {words.day(run.manifest.known_on)}" if run.manifest.known_on else ""
    basis = f"{run.manifest.company} · as of {words.day(run.as_of)}{known} · all money in {run.currency}"
    st.title(title, anchor=False)
    st.html(f'<p class="vk-lead">{escape(lead)}</p><p class="vk-note">{escape(basis)}</p>')


def tabs(names: Sequence[str], key: str) -> Iterator[tuple[str, bool]]:
    """Go over the tabs of a page, each entered in turn: its name, and whether the reader looks at it.

    The open tab stands in the address; the content of the others need not be made. An address with a tab that there is
    not, such as that of an older version, opens the first and says so.
    """
    asked = st.query_params.get(key)
    if asked and asked not in names:
        note(f"There is no view `{asked}` on this page: this is `{names[0]}`.")
    for name, tab in zip(names, st.tabs(names, key=key, bind="query-params", on_change="rerun"), strict=True):
        with tab:
            yield name, bool(tab.open)


def section(title: str, note: str = "") -> None:
    """Open a section, with one sentence that says how to read it."""
    st.header(title, anchor=False)
    if note:
        st.html(f'<p class="vk-note">{escape(note)}</p>')


def note(text: str) -> None:
    """Say something beside a number or chart; what stands between backticks is typed as it is."""
    marked = re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))
    st.html(f'<p class="vk-note">{marked}</p>')


def caution(text: str) -> None:
    """Say what somebody should know before reading any number below."""
    st.warning(text[:1].upper() + text[1:].replace("$", "\\$"), icon=":material/warning:")


@dataclass(frozen=True)
class Card:
    """A number with its name, what it means, and one line of context."""

    label: str
    value: str
    meaning: str
    context: str = ""


def cards(row: Sequence[Card]) -> None:
    """Show numbers side by side, aligned."""
    for column, card in zip(st.columns(len(row)), row, strict=True):
        with column, st.container(border=True, height="stretch", gap="xxsmall"):
            st.metric(card.label, card.value.replace("$", "\\$"), help=card.meaning)
            if card.context:
                note(card.context)


@dataclass(frozen=True)
class Column:
    """A column of a table: where its values come from, what people call it, and what kind of thing it holds."""

    source: str
    label: str
    kind: Kind = "text"
    help: str = ""


_FORMATS = {"money": "%,.2f", "count": "%,d", "share": "percent", "score": "%.3f", "rank": "%,.4g", "change": "%+,d"}
_DAYS = {"day": "D MMM YYYY", "month": "MMM YYYY"}


def table(
    frame: pd.DataFrame, columns: Iterable[Column], *, alt_text: str, rows: int = 10, key: str | None = None
) -> None:
    """Show a table that people can sort and search, without index and raw names."""
    columns = list(columns)
    config = {c.source: _column(c) for c in columns}
    # The browser cuts off what is beyond a tenth of a per cent, which text elsewhere rounds.
    shares = {c.source: 3 for c in columns if c.kind == "share"}
    height = 36 * (min(rows, max(len(frame), 1)) + 1) + 3
    st.dataframe(
        frame[[c.source for c in columns]].round(shares),
        hide_index=True,
        column_config=config,
        height=height,
        row_height=36,
        placeholder="",
        alt=alt_text,
        key=key,
    )


def _column(column: Column) -> Any:
    help_text = column.help or None
    if column.kind == "text":
        return st.column_config.TextColumn(column.label, help=help_text)
    if column.kind == "link":
        return st.column_config.LinkColumn(column.label, help=help_text, display_text="Open")
    if column.kind in _DAYS:
        return st.column_config.DateColumn(column.label, help=help_text, format=_DAYS[column.kind])
    step = 0.001 if column.kind == "share" else None
    return st.column_config.NumberColumn(
        column.label, help=help_text, format=_FORMATS[column.kind], step=step, alignment="right"
    )


def listing(
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Iterable[int] = (),
    total: bool = False,
    colours: Sequence[str] = (),
    stacked: bool = False,
) -> None:
    """Show a short table as text that wraps and prints; `numbers` are the columns to align right.

    Where it is wider than the page, it scrolls alone, and fades out where more is; on a phone, where sentences have no
    room beside numbers, its rows become blocks, and if `stacked` without sentences too. A cell may hold a second line
    after a line break. `colours` mark the first cell of each row.
    """
    right = set(numbers)
    rows = list(rows)
    prose = any(len(cell) > _SENTENCE for row in rows for i, cell in enumerate(row) if i and i not in right)
    blocks = " blocks" if stacked or prose else ""
    head = "".join(f'<th scope="col"{_right(i in right)}>{escape(h)}</th>' for i, h in enumerate(headers))
    body = ""
    for place, row in enumerate(rows):
        cells = [_of(h, c, i in right) for i, (h, c) in enumerate(zip(headers, row, strict=True))]
        if place < len(colours):
            cells[0] = f'<td><div class="vk-mark"><i style="background:{colours[place]}"></i>{_cell(row[0])}</div></td>'
        last = ' class="total"' if total and place == len(rows) - 1 else ""
        body += f"<tr{last}>{''.join(cells)}</tr>"
    table = f'<table class="vk{blocks}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    name = escape(", ".join(h for h in headers if h), quote=True)
    st.html(f'<div class="vk-scroll" role="region" tabindex="0" aria-label="{name}">{table}</div>')


def ordered(rows: Iterable[tuple[str, str, bool]], colour: str) -> str:
    """Write a ranking of (rank, name, emphasised) below a line of its colour."""
    body = "".join(
        f"<li{_strong(strong)}><span>{escape(rank)}</span>{escape(name)}</li>" for rank, name, strong in rows
    )
    return f'<ol class="vk-rank" style="border-color:{colour}">{body}</ol>'


def _strong(yes: bool) -> str:
    return ' class="strong"' if yes else ""


def _right(yes: bool) -> str:
    return ' class="n"' if yes else ""


_SENTENCE = 40
"""Characters from which on the text of a cell is a sentence."""


def _of(header: str, text: str, right: bool) -> str:
    """Write a cell that knows its header, for where no header stands above it."""
    return f'<td{_right(right)} data-label="{escape(header, quote=True)}">{_cell(text)}</td>'


def _cell(text: str) -> str:
    first, _, second = text.partition("\n")
    return f"<span>{escape(first)}" + (f"<small>{escape(second)}</small>" if second else "") + "</span>"


CUSTOMER = Column("customer", "Customer", help="Name, or system and record where no system knows a name")
PARTY_ID = Column("party_id", "Party id")
"""For files alone: it joins them to each other, and says nothing to people."""


def chart(picture: Picture, takeaway: str) -> None:
    """Show a chart; its takeaway is what a screen reader says."""
    st.altair_chart(charts.dressed(picture), alt=takeaway, width="stretch")


def roomy(key: str) -> Any:
    """Open a place for a chart of many columns: on a phone it keeps its width and scrolls alone."""
    return st.container(key=f"roomy_{key}")


def clickable(picture: Picture, takeaway: str, *, key: str, control: str, options: Mapping[str, str]) -> None:
    """Show a chart whose bars choose an option of a control, which the keyboard reaches too.

    `options` maps what is clicked (the chart's field `key`) to the control's option.
    """

    def chosen() -> None:
        picked = st.session_state[key].selection.get(charts.CLICKED) or [{}]
        option = options.get(picked[0].get("key"))
        if option is not None:
            st.session_state[control] = option

    st.altair_chart(
        charts.dressed(picture),
        alt=takeaway,
        width="stretch",
        key=key,
        on_select=chosen,
        selection_mode=charts.CLICKED,
    )


def empty(title: str, what_to_do: str) -> None:
    """Say why there is nothing to see, and what to do about it."""
    with st.container(border=True):
        st.markdown(f"**{title}**")
        note(what_to_do)


def shown(total: int, of: str) -> str:
    """Say how many of all rows a table shows.

    >>> shown(12, "customers"), shown(23570, "customers")
    ('12 customers', 'The first 200 of 23,570 customers')
    """
    return f"{words.count(total)} {of}" if total <= ROWS else f"The first {ROWS} of {words.count(total)} {of}"


def choice(label: str, options: Mapping[str, str], *, default: str, key: str) -> str:
    """Let the reader pick one of a few options, told in words; the choice stands in the address."""
    picked: str | None = st.segmented_control(
        label,
        list(options),
        format_func=options.__getitem__,
        default=default,
        key=key,
        required=True,
        bind="query-params",
        label_visibility="collapsed",
    )
    return picked or default
