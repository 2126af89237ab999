"""What if prices, volumes, minutes or rates were others: the company, its capacity, its customers, what tips."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from valuekit.cashflow import explain_break_even
from valuekit.cashflow.what_if import Capacity, ask_books, ask_capacities, ask_parties
from valuekit.dashboard import parts, words
from valuekit.dashboard.charts import bars
from valuekit.dashboard.data import each, external_cash, plain
from valuekit.dashboard.pages.cashflow import balance, sliders
from valuekit.dashboard.pages.cashflow.period import ELSEWHERE
from valuekit.dashboard.pages.customers import members
from valuekit.dashboard.parts import Column
from valuekit.dashboard.run import Run
from valuekit.snapshot import Snapshot
from valuekit.snapshot.statement import fiscal_calendar
from valuekit.tables.published import BOOK_LINES

PAGE = "cashflow/what_if"
TABLES = ("party_pools", "pool_months", "break_even")


@dataclass(frozen=True)
class Answer:
    """What a change does: the books, and of outside parties who is below zero and who changes sides."""

    books: pd.DataFrame
    capacities: list[Capacity]
    below: int
    below_then: int
    up: int
    down: int
    tipped: pd.DataFrame

    def net(self, then: str = "") -> float:
        """Return net cash of the company: the books less what moves inside the enterprise."""
        return float((self.books[f"ledger{then}"] - self.books["eliminated"]).sum())

    def total(self, column: str) -> float:
        """Return a column of the books in all."""
        return float(self.books[column].sum())


def render(run: Run) -> None:
    """Show the sliders and what they do."""
    if not set(TABLES) <= set(run.manifest.tables):
        parts.empty("This run cannot be asked what if", "An older version made it. Run again.")
        return
    pools = run.ask(PAGE, "pools", since=run.last_12_months)
    parts.section(
        "What if",
        "Move a slider: every customer and the books of the last 12 months are computed again. Growth first uses up"
        " capacity that nobody uses; only then is more of it bought, in steps. At no change: the published values.",
    )
    changes = sliders.ask(run, pools)
    answer = run.told(_asked, changes)
    if answer.books.empty:
        parts.empty("Nobody has cash yet", "Map payments or orders, and costs, and run again.")
        return
    _cards(run, answer)
    _lines(run, answer)
    _capacity(run, answer)
    _tipping(run, answer, changes)
    _who(run, answer)


def _asked(snapshot: Snapshot, changes: sliders.Changes) -> Answer:
    change = changes.what_if()
    with snapshot.engine() as engine:
        as_of, calendar = snapshot.manifest.as_of, fiscal_calendar(snapshot)
        books = plain(ask_books(engine, change, as_of=as_of, calendar=calendar))
        capacities = ask_capacities(engine, change, as_of=as_of, calendar=calendar)
        found = plain(ask_parties(engine, change, cash=external_cash(engine)))
    now, then = found["net_cash"], found["net_cash_then"]
    up, down = (now <= 0) & (then > 0), (now > 0) & (then <= 0)
    tipped = found[up | down]
    moved = (tipped["net_cash_then"] - tipped["net_cash"]).abs().sort_values(ascending=False, kind="stable")
    below, below_then, rise, fall = (int(these.sum()) for these in (now < 0, then < 0, up, down))
    return Answer(books, capacities, below, below_then, rise, fall, tipped.loc[moved.index])


def _cards(run: Run, answer: Answer) -> None:
    now, then = answer.net(), answer.net("_then")
    idle, idle_then = -answer.total("unused_capacity"), -answer.total("unused_capacity_then")
    when = f"last 12 months to {words.day(run.as_of)}, in {run.currency}"
    parts.cards(
        [
            parts.Card(
                "Net cash, then",
                run.money(then),
                f"Of the company after the change, with all cost that no customer carries, {when}."
                f" Exactly {run.money(then, exact=True)}",
                f"As published {run.money(now, exact=True)}",
            ),
            parts.Card("Difference", run.money(then - now), f"Then less as published, {when}", _relative(then, now)),
            parts.Card(
                "Unused capacity, then",
                run.money(idle_then),
                f"Cost of working time that nobody uses, {when}. Exactly {run.money(idle_then, exact=True)}",
                f"As published {run.money(idle, exact=True)}",
            ),
            parts.Card(
                "Below zero, then",
                words.count(answer.below_then),
                "Outside parties whose net cash is below zero after the change",
                f"{words.count(answer.below)} as published; {words.count(answer.up)} rise above zero,"
                f" {words.count(answer.down)} fall to it or below",
            ),
        ]
    )


def _relative(then: float, now: float) -> str:
    if round(then - now, 2) == 0:
        return "The published value"
    return f"{words.share(abs(then - now), abs(now))} {'more' if then > now else 'less'} than published"


def _lines(run: Run, answer: Answer) -> None:
    steps = list(_steps(answer))
    net = answer.net("_then")
    parts.section("Before and after", "What customers bring and carry by line, and what nobody carries.")
    with parts.roomy("what_if"):
        rows = [(name, key, then, False) for name, key, _, then in steps]
        rows.append(("Net cash", "net", net, True))
        parts.chart(
            bars.bridge(pd.DataFrame(rows, columns=["name", "key", "amount", "total"]), run.currency),
            f"After the change net cash is {run.money(net)}, as published {run.money(answer.net())}.",
        )
    told = [(name.replace("\n", " "), now, then) for name, _, now, then in steps]
    table = [_row(*line) for line in [*told, ("Net cash", answer.net(), net)]]
    with st.expander("The same as a table"):
        headers = ["Line", f"As published, {run.currency}", "Then", "Difference"]
        parts.listing(headers, table, numbers=(1, 2, 3), total=True)


def _steps(answer: Answer) -> Any:
    """Yield name, key, amount and amount then: lines that customers carry, then what nobody does."""
    by_line = answer.books.groupby("line")[["attributed", "attributed_then"]].sum()
    for line in BOOK_LINES:
        if line in by_line.index and by_line.loc[line].any():
            yield words.line(line), line, *by_line.loc[line]
    for column, (name, _) in ELSEWHERE.items():
        now, then = answer.total(column), answer.total(f"{column}_then")
        if now or then:
            yield name, column, now, then


def _row(name: str, now: float, then: float) -> tuple[str, ...]:
    return name, *(f"{amount + 0.0:,.2f}" for amount in (now, then, round(then - now, 2)))


def _capacity(run: Run, answer: Answer) -> None:
    found = answer.books.dropna(subset=["capacity_minutes"])
    if found.empty:
        return
    parts.section(
        "Capacity",
        "Minutes of pools whose practical capacity is known, over 12 months. A month that needs more than its capacity"
        " buys whole steps of it, at the rate of the pool.",
    )
    rows = [
        (
            words.human(pool.pool),
            f"{pool.used_minutes:,.0f}\n{pool.used_minutes_then:,.0f}",
            f"{pool.capacity_minutes:,.0f}\n{pool.capacity_minutes_then:,.0f}",
            "\n".join(_used(pool)),
            f"{run.money(pool.ledger)}\n{run.money(pool.ledger_then)}",
            f"in {pool.months_stepped} months" if pool.steps else "no",
        )
        for pool in each(found)
    ]
    headers = ["Pool", "Minutes used, then", "Capacity, then", "Used, then", "Cost, then", "Capacity bought"]
    parts.listing(headers, rows, numbers=(1, 2, 3, 4))


def _used(pool: Any) -> tuple[str, str]:
    return (
        words.share(pool.used_minutes, pool.capacity_minutes),
        words.share(pool.used_minutes_then, pool.capacity_minutes_then),
    )


def _tipping(run: Run, answer: Answer, changes: sliders.Changes) -> None:
    parts.section(
        "Where the balance tips",
        "At which volume, price and minutes of support net cash of the company is zero. With volume moves all that"
        " customers carry; cost that is not shared out and unused capacity stay.",
    )
    found = run.ask(PAGE, "enterprise")
    if found.empty:
        parts.empty("No point of balance was published", "Run again with this version.")
        return
    one = next(each(found))
    published = balance.published(one)
    then = balance.moved(one, answer.books, answer.capacities) if changes.any else published
    rows = list(zip(balance.NAMES, balance.told(published), balance.told(then), strict=True))
    parts.note(explain_break_even(one._asdict(), name="The company, as published,"))
    parts.listing(["Net cash of the company is zero at", "As published", "Then"], rows)


def _who(run: Run, answer: Answer) -> None:
    parts.section("Who changes sides", "Outside parties with net cash above zero before or after the change, not both.")
    if answer.tipped.empty:
        parts.empty("Nobody changes sides", "Move a slider further.")
        return
    first = answer.tipped.head(parts.ROWS)
    names = run.ask(PAGE, "named", parties=list(first["party_id"]))
    rows = first.merge(names, on="party_id", how="left", sort=False)
    rows = rows.assign(open=[members.link(run, party) for party in rows["party_id"]])
    parts.note(f"{parts.shown(len(answer.tipped), 'parties')}, the largest change first.")
    columns = [
        parts.CUSTOMER,
        Column("open", "View", "link", "Opens the view of this customer"),
        Column("net_cash", f"As published, {run.currency}", "money"),
        Column("net_cash_then", f"Then, {run.currency}", "money"),
    ]
    parts.table(rows, columns, alt_text=f"{len(answer.tipped)} parties that change sides", key="table_tipped")
