"""Cash flow: from revenue to net cash for the company, over the customers, and for one customer."""

from datetime import date

import pandas as pd

from valuekit.calendar import month_end
from valuekit.dashboard import customer, parts, theme, words
from valuekit.dashboard.charts import bars, curves
from valuekit.dashboard.data import each, most
from valuekit.dashboard.run import Run
from valuekit.tables.published import BOOK_LINES

PERIODS = {"recent": "Last 12 months", "all": "All months"}
ELSEWHERE = {
    "unattributed": ("Without\ncustomer", "Money and cost whose party is not known"),
    "unused_capacity": ("Unused\ncapacity", "Cost of working time that nobody used"),
    "unallocated": ("Not\nshared out", "Cost that belongs to no customer, such as general cost"),
    "eliminated": ("Inside the\nenterprise", "What one's own units charge each other, and test accounts"),
}
BEGINNING = date(1900, 1, 1)


def render(run: Run) -> None:
    """Draw the page."""
    parts.heading(
        run, "Cash flow", "What customers bring in after all the cost they cause, tied to the books to the cent."
    )
    for name, is_open in parts.tabs(["The company", "One customer"], "view"):
        if is_open:
            _company(run) if name == "The company" else customer.statement(run)


def _company(run: Run) -> None:
    period = parts.choice("Period", PERIODS, default="recent", key="period")
    since = run.last_12_months if period == "recent" else BEGINNING
    books = run.ask("cashflow", "books", since=since)
    if books.empty:
        parts.empty(
            "No money in this period", "Choose all months, or map payments, orders or costs in the configuration."
        )
        return
    _bridge(run, books)
    _whale(run, recent=period == "recent")
    _months(run, since)
    _tie_out(run, books)


def _bridge(run: Run, books: pd.DataFrame) -> None:
    carried = books.set_index("line")["attributed"]
    lines = [x for x in BOOK_LINES if carried.get(x, 0)]
    steps = [(words.line(x), x, float(carried[x]), False) for x in lines]
    total = float(carried.sum())
    steps.append(("Net cash\nof customers", "net", total, True))
    steps += [(name, key, float(books[key].sum()), False) for key, (name, _) in ELSEWHERE.items() if books[key].any()]
    steps.append(("Net cash\nof the company", "net", float(books["ledger"].sum()), True))
    frame = pd.DataFrame(steps, columns=["name", "key", "amount", "total"])
    parts.section(
        "From revenue to net cash",
        "What customers carry, line by line, then what nobody carries. The last bar is the ledger.",
    )
    company = float(books["ledger"].sum())
    with parts.roomy("bridge"):
        parts.chart(
            bars.bridge(frame, run.currency),
            f"Customers carry net cash of {run.money(total)}; the company keeps {run.money(company)}.",
        )
    if run.settings.assumed_cost_of_goods is not None:
        parts.note(
            f"Cost of goods is assumed in the configuration: {100 * run.settings.assumed_cost_of_goods:g}% of revenue."
        )


def _whale(run: Run, *, recent: bool) -> None:
    found, curve = run.whale(recent=recent)
    if not found.parties:
        return
    parts.section(
        "How profit gathers",
        "Parties in the order of their net cash, most profitable first; the curve adds them up."
        " Where it falls, parties cost more than they bring in. The dashed line is what remains in the end.",
    )
    parts.cards(
        [
            parts.Card(
                "Parties with cash",
                words.count(found.parties),
                f"Parties with any cash in the period, as of {words.day(run.as_of)}",
            ),
            parts.Card(
                "Net cash at the peak",
                run.money(found.peak),
                f"Sum over parties with positive net cash, in {run.currency}."
                f" Exactly {run.money(found.peak, exact=True)}.",
                f"{words.share(found.peak, found.total)} of the final net cash",
            ),
            parts.Card(
                "Loss makers",
                words.count(found.loss_makers),
                "Parties whose net cash in the period is below zero",
                f"{words.share(found.loss_makers, found.parties)} of parties with cash",
            ),
            parts.Card(
                "What they take away",
                run.money(found.losses),
                f"Sum of their net cash, in {run.currency}. Exactly {run.money(found.losses, exact=True)}.",
            ),
        ]
    )
    parts.chart(
        curves.whale(curve, run.currency),
        f"Profitable customers add up to {run.money(found.peak)};"
        f" {words.count(found.loss_makers)} loss makers bring it down to {run.money(found.total)}.",
    )


def _months(run: Run, since: date) -> None:
    found = run.ask("cashflow", "months", since=since)
    whole = run.as_of == month_end(run.as_of)
    found["complete"] = True if whole else found["month"] < pd.Timestamp(run.as_of.replace(day=1))
    best = most(found, "amount")
    parts.section(
        "Net cash by month",
        "All lines of the books." + ("" if whole else " The last month is not complete, so it is paler."),
    )
    parts.chart(
        bars.months(found, run.currency),
        f"{(found['amount'] < 0).sum()} of {len(found)} months lost cash;"
        f" the best was {best.month:%B %Y} with {run.money(best.amount)}.",
    )


def _tie_out(run: Run, books: pd.DataFrame) -> None:
    parts.section(
        "Tie-out to the books", f"Every amount of the ledger is in exactly one column. All in {run.currency}."
    )
    order = list(BOOK_LINES)
    books = books.sort_values("line", key=lambda s: s.map(lambda x: order.index(x) if x in order else len(order)))
    books = books[(books[["ledger", "attributed", *ELSEWHERE]] != 0).any(axis=1)]
    elsewhere = {key: name.replace("\n", " ") for key, (name, _) in ELSEWHERE.items() if books[key].any()}
    columns = {"ledger": "Ledger", "attributed": "Carried by customers", **elsewhere, "difference": "Difference"}
    rows = [
        (words.line(b.line), *(_amount(getattr(b, c), always=c == "difference") for c in columns)) for b in each(books)
    ]
    rows.append(("Net cash", *(_amount(books[c].sum(), always=True) for c in columns)))
    headers = ["Line", *columns.values()]
    colours = [theme.STREAMS.get(line, theme.QUIET) for line in books["line"]]
    parts.listing(headers, rows, numbers=range(1, len(headers)), total=True, colours=colours)


def _amount(amount: float, *, always: bool) -> str:
    return f"{amount:,.2f}" if amount or always else "-"
