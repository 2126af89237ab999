"""The parties behind a number: shown, linked to the view of one customer, and downloaded whole."""

from typing import Any
from urllib.parse import urlencode

import pandas as pd

from valuekit.dashboard import downloads, parts, words
from valuekit.dashboard.pages.customers.view import LISTS, View
from valuekit.dashboard.parts import Column
from valuekit.dashboard.run import Run

EVERYBODY = 10**12
CHANGE = "Change a month"


def show(view: View, of: str, title: str, *, file: str, **wanted: Any) -> None:
    """Show the parties that a step of the lists names, highest value first."""
    listed(view.run, LISTS, of, title, file=file, **wanted)


def listed(run: Run, page: str, of: str, title: str, *, file: str, amount: str = CHANGE, **wanted: Any) -> None:
    """Show the parties that a step of any page names; `amount` is what people call the step's amount."""
    size = run.party_count(page, of, **wanted)
    if not size.parties:
        parts.empty(f"{title}: nobody", "Choose another part of the comparison.")
        return
    found = _told(run, run.parties(page, of, rows=parts.ROWS, **wanted))
    order = "the highest lifetime value first"
    if found["amount"].notna().any():
        order = "the largest change first" if amount == CHANGE else "the furthest from zero first"
    parts.note(
        f"{title}. {parts.shown(size.parties, 'parties')}, {order}; lifetime value of all together"
        f" {run.money(size.ltv)}. Dates, stages and values as of {words.day(run.as_of)}."
    )
    alt = f"{title}: {words.count(size.parties)} parties with stage, dates and value"
    parts.table(found, _columns(run, found, amount), alt_text=alt, key=f"table_{file}")
    downloads.button("Download all as CSV", lambda: _csv(run, page, of, wanted, amount), f"{file}.csv", key=file)


def link(run: Run, party: str) -> str:
    """Return the address of the view of one customer."""
    wanted = {"run": run.manifest.run_id, "view": "One customer", "customer_search": party}
    return f"cash-flow?{urlencode(wanted)}"


def _csv(run: Run, page: str, of: str, wanted: dict[str, Any], amount: str) -> bytes:
    found = _told(run, run.parties(page, of, rows=EVERYBODY, **wanted))
    columns = [c for c in _columns(run, found, amount) if c.kind != "link"]
    return downloads.csv(found, [*columns, parts.PARTY_ID])


def _told(run: Run, found: pd.DataFrame) -> pd.DataFrame:
    why = [words.stage_and_reason(s, r) for s, r in zip(found["stage"], found["reason"], strict=True)]
    return found.assign(why=why, open=[link(run, p) for p in found["party_id"]])


def _columns(run: Run, found: pd.DataFrame, amount: str) -> list[Column]:
    money = run.currency
    columns = [
        parts.CUSTOMER,
        Column("open", "View", "link", "Opens the view of this customer"),
        Column("amount", f"{amount}, {money}", "money"),
        Column("why", "Stage and reason"),
        Column("mrr", f"Recurring a month, {money}", "money"),
        Column("ltv", f"Lifetime value, {money}", "money", str(run.settings.value)),
        Column("last_paid_on", "Last payment", "day"),
        Column("last_used_on", "Last use", "day"),
        Column("contract_ends_on", "Contract until", "day", "Missing: open-ended, or no contract"),
        Column("systems", "Known in", help="Systems that have a record of it"),
    ]
    return [c for c in columns if c.source not in _OPTIONAL or _said(found[c.source])]


def _said(values: pd.Series) -> bool:
    """True when some row has something to say: a value that is there and not zero."""
    return bool((values.notna() & (values != 0)).any())


_OPTIONAL = ("amount", "mrr", "last_paid_on", "last_used_on", "contract_ends_on")
