"""Tie-out: every amount of the books is in exactly one column; by line, and down to month, pool and currency."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from valuekit.dashboard import downloads, parts, theme, words
from valuekit.dashboard.data import plain
from valuekit.dashboard.pages.cashflow.period import ELSEWHERE, INSIDE, choose
from valuekit.dashboard.parts import Column
from valuekit.dashboard.run import Run
from valuekit.snapshot import TieOut, tie_out
from valuekit.snapshot.signoffs import sign_offs

ITEM = "books_tie_out"
"""Key of the tie-out in the checklist of a run."""

_COLUMNS = {**ELSEWHERE, "eliminated": INSIDE}
NAMES = {
    "ledger": "Ledger",
    "attributed": "Carried by customers",
    **{key: name.replace("\n", " ") for key, (name, _) in _COLUMNS.items()},
    "difference": "Difference",
    "tax": "Tax kept out",
}
MEANINGS = {
    "ledger": "Amount in the books, without tax",
    "attributed": "Sum of what parties carry",
    **{key: meaning for key, (_, meaning) in _COLUMNS.items()},
    "difference": "Ledger less the columns between: zero",
    "tax": "Nobody's revenue; ledger + tax is what was paid in or paid back",
}


def render(run: Run) -> None:
    """Show the sums, the rows behind a line, what is kept out, and how to sign."""
    found = run.told(tie_out, choose(run))
    if not found.sums:
        parts.empty("No books in this period", "Choose all months, or map payments, orders or costs.")
        return
    frame = plain(found.rows)
    _sums(run, found)
    _behind(run, frame)
    _kept_out(found)
    _sign(run, found)


def _sums(run: Run, found: TieOut) -> None:
    parts.section(
        "Tie-out to the books", f"Every amount of the ledger is in exactly one column. All in {run.currency}."
    )
    company = found.sums[-1]
    columns = [c for c in NAMES if c in ("ledger", "attributed", "eliminated", "difference", "tax") or company[c]]
    rows = [_row(one, columns) for one in found.sums]
    lines = [str(one["line"]) for one in found.sums[:-1]]
    parts.listing(
        ["Line", *(NAMES[c] for c in columns)],
        rows,
        numbers=range(1, len(columns) + 1),
        total=True,
        colours=[theme.STREAMS.get(line, theme.QUIET) for line in lines],
    )
    if found.open:
        parts.empty(f"{words.count(found.open)} rows do not close", "Look at them below: the difference is not zero.")
    else:
        rows_closed = words.count(found.rows.num_rows)
        parts.note(f"All {rows_closed} rows of month, line, pool and currency close to zero, to the cent.")
    with st.expander("What the columns mean"):
        parts.listing(["Column", "Meaning"], [(NAMES[c], MEANINGS[c]) for c in NAMES])


def _row(one: Mapping[str, Any], columns: list[str]) -> tuple[str, ...]:
    name = words.line(one["line"]) if one["line"] else "Net cash"
    return name, *(_amount(one[c], always=c == "difference" or not one["line"]) for c in columns)


def _amount(amount: Any, *, always: bool) -> str:
    return f"{amount:,.2f}" if amount or always else "-"


def _behind(run: Run, frame: pd.DataFrame) -> None:
    parts.section("Down to month, pool and currency", "The newest month first.")
    lines = list(frame["line"].drop_duplicates())
    names = {"": "All lines", **{line: words.line(line) for line in lines}}
    line = st.selectbox("Line", list(names), format_func=names.__getitem__, key="tie_line", bind="query-params")
    rows = frame[frame["line"] == line] if line else frame
    rows = rows.sort_values("month", ascending=False, kind="stable").assign(
        line_name=rows["line"].map(words.line), by=rows["driver"].map(_driver)
    )
    columns = _columns(run, rows)
    parts.note(f"{parts.shown(len(rows), 'rows')}.")
    parts.table(rows.head(parts.ROWS), columns, alt_text=f"{len(rows)} rows of the tie-out", key="table_tie_out")
    downloads.button("Download all as CSV", lambda: downloads.csv(rows, columns), "tie-out.csv", key="tie_out")


def _driver(driver: object) -> str:
    return words.human(driver) if isinstance(driver, str) and driver else "as received"


def _columns(run: Run, rows: pd.DataFrame) -> list[Column]:
    used = [c for c in NAMES if c in ("ledger", "difference") or rows[c].any()]
    foreign = bool((rows["currency"] != run.currency).any())
    own = [Column("ledger_in_currency", "Ledger in its currency", "money")] if foreign else []
    return [
        Column("month", "Month", "month"),
        Column("line_name", "Line"),
        Column("pool", "Pool"),
        Column("currency", "Currency", help="In which the money moved"),
        *own,
        *(Column(c, f"{NAMES[c]}, {run.currency}", "money", MEANINGS[c]) for c in used),
        Column("by", "Shared by", help="What the cost is shared out by"),
    ]


def _kept_out(found: TieOut) -> None:
    parts.section("What is not in the books", "Rows of money that were set aside: never guessed, never counted.")
    if not found.kept_out:
        parts.note("Nothing was set aside.")
        return
    rows = [
        (words.human(one["table_name"]), words.begin(one["why"]), words.count(one["rows"])) for one in found.kept_out
    ]
    parts.listing(["Table", "Why", "Rows"], rows, numbers=(2,))


def _sign(run: Run, found: TieOut) -> None:
    parts.section("Sign it", "Whoever answers for the books signs the run; the signature is kept beside it.")
    signed = run.made(sign_offs).get(ITEM)
    if signed:
        note = f": {signed.note}" if signed.note else ""
        parts.note(f"Signed by {signed.by} on {signed.at[:10]}{note}.")
    elif found.open:
        parts.note("Not signed. Mend what does not close before it is.")
    else:
        parts.note("Not signed yet.")
    st.code(f'valuekit sign-off {run.path} {ITEM} --by "Your name"', language="bash")
