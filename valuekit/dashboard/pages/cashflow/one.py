"""One customer: its statement, then where its balance tips, what its scale does, how it pays, and what it will cost."""

from typing import Any

import pandas as pd

from valuekit.cashflow import explain_break_even
from valuekit.dashboard import customer, parts, theme, words
from valuekit.dashboard.data import each
from valuekit.dashboard.pages.cashflow import balance, scale
from valuekit.dashboard.run import Run

ONE = "cashflow/one"
NO_CURVE = "No pool is shared out by units, so scale is not known."


def render(run: Run) -> None:
    """Show one customer, chosen by name."""
    party = customer.statement(run)
    if party is None:
        return
    _tips(run, party)
    _on_time(run, party)
    _expected(run, party)


def _tips(run: Run, party: str) -> None:
    found, effect = run.ask(ONE, "balance", party=party), run.ask(ONE, "scale", party=party)
    if found.empty and effect.empty:
        return
    parts.section("Where its balance tips", "Net cash of the last 12 months would be zero at one of these.")
    if not found.empty:
        point = next(each(found))
        parts.note(explain_break_even(point._asdict(), name=str(point.customer)))
        points = balance.told(balance.published(point))
        parts.listing(["What", "Net cash is zero at"], list(zip(balance.NAMES, points, strict=True)))
    parts.note(scale.sentence(run, next(each(effect))) if len(effect) else NO_CURVE)


def _on_time(run: Run, party: str) -> None:
    found = run.ask(ONE, "on_time", party=party)
    parts.section("How it pays", f"Invoices that fell due in the 12 months to {words.day(run.as_of)}.")
    if found.empty:
        parts.empty("It was never billed", "Nobody can pay late what is paid at once.")
        return
    one = next(each(found))
    least = "At least: something due is not settled" if one.at_least else "From due day to settlement; early is 0"
    parts.cards(
        [
            parts.Card(
                "Paid on time",
                _share(one.on_time_share),
                "Of the amount that fell due, what was paid by its due day",
                f"{words.count(one.on_time)} of {words.count(one.due)} invoices",
            ),
            parts.Card("Mean days late", _days(one.mean_days_late), f"In days. {least}", least),
            parts.Card(
                "Overdue",
                run.money(one.overdue),
                f"Open and past its due day, of all invoices. Exactly {run.money(one.overdue, exact=True)}",
                _since(one),
            ),
            parts.Card("Disputed", run.money(one.disputed), f"Charged back and not paid again, in {run.currency}"),
        ]
    )


def _share(share: float) -> str:
    return "Nothing due" if pd.isna(share) else words.percent(share)


def _days(days: float) -> str:
    return "-" if pd.isna(days) else f"{days:.1f}"


def _since(one: Any) -> str:
    if pd.isna(one.oldest_due_on):
        return "Nothing is overdue"
    return f"The oldest since {words.day(one.oldest_due_on.date())}, {words.count(one.oldest_days_overdue)} days"


def _expected(run: Run, party: str) -> None:
    found = run.ask(ONE, "expected", party=party)
    parts.section(
        "What it will cost",
        f"A mean month of the next year while it is a customer, in {run.currency}: its own months, weighed against"
        " customers like it. The interval holds that mean month in 80 of 100 cases.",
    )
    if found.empty:
        parts.empty("No cost is expected", "It never paid, or no cost is shared out to customers.")
        return
    rows = [
        (
            words.line(e.function),
            f"{e.monthly:,.2f}",
            "not known: too few like it" if pd.isna(e.low) else f"{e.low:,.2f} to {e.high:,.2f}",
            "-" if pd.isna(e.own) else f"{e.own:,.2f}",
            f"{e.peer:,.2f}",
            words.begin(words.BASES.get(e.basis, str(e.basis))).rstrip("."),
        )
        for e in each(found)
    ]
    rows.append(("Together", f"{found['monthly'].sum():,.2f}", "", "", "", ""))
    headers = ["Cost", "Expected a month", "80% interval", "Its own mean", "Customers like it", "Rests on"]
    colours = [theme.STREAMS.get(e.function, theme.QUIET) for e in each(found)]
    parts.listing(headers, rows, numbers=range(1, 5), total=True, colours=colours)
