"""Receivables: what is billed and not paid, how old it is, how many days of sales wait, and who pays late."""

from typing import Any

import pandas as pd
import streamlit as st

from valuekit.cashflow import SALES_DAYS
from valuekit.dashboard import parts, registers, theme, words
from valuekit.dashboard.charts import months
from valuekit.dashboard.data import each
from valuekit.dashboard.parts import Column
from valuekit.dashboard.run import Run
from valuekit.snapshot.receivables import receivables_members

OWED = "cashflow/owed"
AGES = {
    "current": "Not due yet",
    "overdue_1_30": "1 to 30 days late",
    "overdue_31_60": "31 to 60 days late",
    "overdue_61_90": "61 to 90 days late",
    "overdue_over_90": "More than 90 days late",
}
AGE_COLOURS = dict(zip(AGES, (theme.BLUE, theme.SKY, theme.ORANGE, theme.PINK, theme.RED), strict=True))
DAYS = {
    "dso": "Days sales outstanding",
    "best_possible_dso": "Best possible",
    "average_days_delinquent": "Average days delinquent",
}
DAY_COLOURS = {"dso": theme.BLUE, "best_possible_dso": theme.GREEN, "average_days_delinquent": theme.RED}
WHO = {"overdue": "Overdue", "late": "Paid late", "disputed": "Disputed", "written_off": "Written off"}


def render(run: Run) -> None:
    """Show the ages by month end, the days, and the worst payers."""
    found = run.ask(OWED, "ends")
    money = ["open", *AGES, "disputed", "written_off", "credit_sales"]
    if found.empty or not found[money].any(axis=None):
        parts.empty(
            "Nothing was ever billed",
            "Map `invoices` under sources in the configuration: what is paid at once is not owed.",
        )
        return
    _now(run, found.iloc[-1])
    _ages(run, found)
    _days(run, found)
    _payers(run)


def _window(run: Run) -> int:
    return int(run.manifest.config.get("cashflow", {}).get("credit_sales_days", SALES_DAYS))


def _now(run: Run, last: Any) -> None:
    when = f"on {words.day(last.as_of.date())}, in {run.currency}"
    overdue = float(last["open"] - last["current"])
    parts.cards(
        [
            parts.Card(
                "Open",
                run.money(last["open"]),
                f"Billed and not paid, without disputed and written off, {when}",
                f"Exactly {run.money(last['open'], exact=True)}",
            ),
            parts.Card(
                "Overdue", run.money(overdue), f"Open and past its due day, {when}",
                f"{words.share(overdue, last['open'])} of what is open",
            ),
            parts.Card("Disputed", run.money(last["disputed"]), f"Charged back and not paid again, {when}"),
            parts.Card("Written off", run.money(last["written_off"]), f"Unpaid of uncollectible invoices, {when}"),
        ]
    )  # fmt: skip
    _on_time(run)


def _on_time(run: Run) -> None:
    one = run.one(OWED, "on_time")
    if not one.due:
        parts.note("Nothing fell due in the last 12 months, so nobody was on time or late.")
        return
    unknown = f" {words.count(one.unknown)} more are called paid without a payment." if one.unknown else ""
    parts.note(
        f"Of {words.count(one.due)} invoices that fell due in the last 12 months, {words.share(one.on_time, one.due)}"
        f" were settled by their due day; of the amount, {words.share(one.amount_on_time, one.amount_due)}.{unknown}"
    )


def _ages(run: Run, found: pd.DataFrame) -> None:
    parts.section(
        "How old it is", f"Open amounts by month end and age, in {run.currency}. Credit notes are below zero."
    )
    keys = [k for k in AGES if found[k].any()]
    last = found.iloc[-1]
    parts.chart(
        months.stacked(months.tall(found, keys), AGE_COLOURS, AGES, unit=run.currency, number=",.2f"),
        f"{run.money(last['open'])} is open on {words.day(last.as_of.date())}, {run.money(last['current'])} not due.",
    )
    with st.expander("The same as a table"):
        rows = [
            (_end(m), *(f"{getattr(m, k):,.2f}" for k in ("open", *AGES, "disputed", "written_off")))
            for m in each(found.iloc[::-1])
        ]
        headers = ["Month end", "Open", *AGES.values(), "Disputed", "Written off"]
        parts.listing(headers, rows, numbers=range(1, len(headers)))


def _end(month: Any) -> str:
    return words.day(month.as_of.date()) + ("" if month.complete else "\nstill running")


def _days(run: Run, found: pd.DataFrame) -> None:
    parts.section("How many days of sales wait", f"Credit sales are those of {_window(run)} days up to the day.")
    last = found.iloc[-1]
    meanings = {
        "dso": "Open / credit sales x days",
        "best_possible_dso": "The same of what is not due yet: if all paid on their due day",
        "average_days_delinquent": "Days sales outstanding less the best possible",
    }
    when = f"on {words.day(last.as_of.date())}, in days"
    parts.cards([parts.Card(DAYS[k], _told(last[k]), f"{meanings[k]}, {when}", meanings[k]) for k in DAYS])
    keys = [k for k in DAYS if found[k].notna().any()]
    if not keys:
        parts.empty("No days can be given", _WHY_NOT)
        return
    if found["dso"].isna().any():
        parts.note(f"Months without days: {_WHY_NOT[0].lower()}{_WHY_NOT[1:]}")
    tall = months.tall(found, keys, "rate").dropna(subset=["rate"])
    tall = tall.assign(text=tall["rate"].map(_told))
    parts.chart(
        months.rates(tall, DAY_COLOURS, DAYS, unit="Days"),
        "Last: " + ", ".join(f"{DAYS[k].lower()} {_told(last[k])}" for k in keys) + ".",
    )


_WHY_NOT = "There were no credit sales, or more than a tenth of the invoices is called paid without a payment."


def _told(days: float) -> str:
    return words.NOT_RECORDED if pd.isna(days) else f"{days:.1f}"


def _payers(run: Run) -> None:
    parts.section("Worst payers", "Days of an unpaid invoice count to the as-of date: they are at least so many.")
    which = parts.choice("Who", WHO, default="overdue", key="payers")
    found = run.read(receivables_members, which)
    if found.empty:
        parts.empty(f"{WHO[which]}: nobody", "Choose another list.")
        return
    found = found.assign(stage_name=found["stage"].map(words.stage), late=[_late(p) for p in each(found)])
    columns = [
        registers.CUSTOMER,
        Column("overdue", f"Overdue, {run.currency}", "money", "Open and past its due day"),
        Column("oldest_due_on", "Oldest due on", "day"),
        Column("oldest_days_overdue", "Days overdue, at least", "count"),
        Column(
            "on_time_share", "Paid on time", "share", "Of the amount due in the last 12 months, paid by its due day"
        ),
        Column("late", "Mean days late", help="Early is 0; 'at least' where something is not settled"),
        Column("due", "Invoices due", "count", "In the last 12 months"),
        Column("disputed", f"Disputed, {run.currency}", "money"),
        Column("written_off", f"Written off, {run.currency}", "money"),
        Column("stage_name", "Stage"),
    ]
    registers.rows_of(run, found, columns, of=f"parties, {WHO[which].lower()}", key=f"payers_{which}")


def _late(party: Any) -> str:
    if pd.isna(party.mean_days_late):
        return ""
    return f"at least {party.mean_days_late:.1f}" if party.at_least else f"{party.mean_days_late:.1f}"
