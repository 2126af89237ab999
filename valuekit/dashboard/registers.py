"""Registers: what is behind each number of the page To check."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from valuekit.dashboard import downloads, parts, words
from valuekit.dashboard.data import each
from valuekit.dashboard.pages.customers import members
from valuekit.dashboard.parts import Column
from valuekit.dashboard.run import Run
from valuekit.snapshot.commissions import commission_months, disagreeing_deals
from valuekit.snapshot.managed_in import managed_by
from valuekit.snapshot.paying_status import paying_matrix, stale_statuses
from valuekit.snapshot.renewals import renewal_months
from valuekit.snapshot.renewals import renewals as due_renewals

PAGE = "to_check"
OPEN = Column("open", "View", "link", "Opens the view of this customer")


def rows_of(run: Run, found: pd.DataFrame, columns: Sequence[Column], *, of: str, key: str) -> None:
    """Show the first rows of a list, with a link to each party, and offer all of them as a file."""
    columns = list(columns)
    first = _linked(run, found.head(parts.ROWS))
    linked = [OPEN] if first["open"].notna().any() else []
    parts.note(f"{parts.shown(len(found), of)}.")
    parts.table(
        first, [*columns[:1], *linked, *columns[1:]], alt_text=f"{words.count(len(found))} {of}", key=f"table_{key}"
    )
    extra = [parts.PARTY_ID] if "party_id" in found else []
    downloads.button("Download all as CSV", lambda: downloads.csv(found, [*columns, *extra]), f"{key}.csv", key=key)


def _linked(run: Run, found: pd.DataFrame) -> pd.DataFrame:
    ids: list[object] = list(found["party_id"]) if "party_id" in found else [None] * len(found)
    links: list[Any] = [members.link(run, p) if isinstance(p, str) else None for p in ids]
    return found.assign(open=links)


def _all(run: Run, step: str) -> pd.DataFrame:
    return run.ask(PAGE, step, rows=members.EVERYBODY)


def _money(run: Run, source: str, label: str) -> Column:
    return Column(source, f"{label}, {run.currency}", "money")


CUSTOMER = Column("label", "Customer", help="Name, or system and record where no system knows a name")


def renewals(run: Run) -> None:
    """Show what falls due by month, and the terms by value or recurring revenue."""
    months = run.read(renewal_months)
    rows = [
        (
            f"{m.month:%B %Y}",
            words.count(m.contracts),
            run.money(m.mrr),
            run.money(m.mrr_under_notice),
            run.money(m.value),
        )
        for m in each(months)
    ]
    headers = ["Month", "Contracts", "Recurring a month", "Of it under notice", "Lifetime value"]
    parts.listing(headers, rows, numbers=(1, 2, 3, 4))
    by = parts.choice("Order", {"value": "By lifetime value", "mrr": "By recurring revenue"}, default="value", key="by")
    found = run.read(due_renewals, by)
    found = found.assign(
        stage_name=found["stage"].map(words.stage),
        ends=["under notice: ends" if n else "renews itself" if a else "to be renewed"
              for n, a in zip(found["notice_given"], found["auto_renew"], strict=True)],
    )  # fmt: skip
    columns = [
        CUSTOMER,
        Column("renews_on", "Due", "day"),
        Column("days_left", "Days left", "count"),
        Column("ends", "What happens"),
        _money(run, "mrr", "Recurring a month"),
        _money(run, "value", "Lifetime value"),
        Column("stage_name", "Stage"),
        Column("contract", "Contract"),
    ]
    rows_of(run, found, columns, of="contract terms", key="renewals_due")


def contracts(run: Run) -> None:
    """Show what is wrong with contract terms, by kind and one by one."""
    kinds = run.ask(PAGE, "contract_kinds")
    rows = [(_issue(k.issue), words.count(k.contracts), words.count(k.parties)) for k in each(kinds)]
    parts.listing(["What is wrong", "Contracts", "Parties"], rows, numbers=(1, 2))
    found = _all(run, "contracts")
    found = found.assign(what=found["issue"].map(_issue))
    columns = [
        parts.CUSTOMER,
        Column("what", "What is wrong"),
        Column("detail", "In detail"),
        Column("contract", "Contract"),
        Column("system", "System"),
    ]
    rows_of(run, found, columns, of="contract terms", key="contract_issues")


def _issue(key: str) -> str:
    return words.ISSUES.get(key, words.human(key))


def stale(run: Run) -> None:
    """Show the statuses set by hand that an event made wrong."""
    found = _statuses(run.read(stale_statuses), ["manual", "provider", "derived"])
    columns = [
        CUSTOMER,
        Column("manual", "By hand"),
        Column("manual_on", "Set on", "day"),
        Column("derived", "By the money"),
        Column("wrong_since", "Wrong since", "day"),
        Column("days", "Days wrong", "count"),
        Column("provider", "By the provider"),
        _money(run, "mrr", "Recurring a month"),
    ]
    rows_of(run, found, columns, of="statuses", key="stale_statuses")


def _statuses(found: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    return found.assign(**{c: [words.STATUSES.get(v, "-") for v in found[c]] for c in columns})


def status_words(run: Run) -> None:
    """Show every word for who pays with what it is taken to mean, the unknown ones first."""
    found = run.ask(PAGE, "words")
    rows = [
        (w.status, words.human(w.origin), words.STATUSES.get(w.meaning, w.meaning), words.count(w.rows),
         words.count(w.parties)) for w in each(found)
    ]  # fmt: skip
    headers = ["Word", "Given by", "Is taken to mean", "Rows", "Parties that have it now"]
    parts.listing(headers, rows, numbers=(3, 4))


def no_contract(run: Run) -> None:
    """Show who paid without a contract or order."""
    members.listed(run, PAGE, "in_stage", "Paid without contract", file="no-contract", stage="paid_without_contract")


def unpaid(run: Run) -> None:
    """Show who signed and has not paid."""
    members.listed(run, PAGE, "in_stage", "Signed, not paid", file="signed-unpaid", stage="signed_unpaid")


def duplicates(run: Run) -> None:
    """Show pairs of records that look like one party."""
    found = _all(run, "duplicates")
    columns = [
        parts.CUSTOMER,
        Column("first_record", "Its record"),
        Column("other", "May be the same as"),
        Column("second_record", "The other record"),
        Column("probability", "Likelihood", "share", "Missing: they share a key, so nothing was estimated"),
        Column("evidence", "What they share"),
        Column("reason", "Why not merged"),
    ]
    rows_of(run, found, columns, of="pairs of records", key="duplicates")


def commissions(run: Run) -> None:
    """Show what each rule makes due by month, and the deals on which the rules disagree."""
    months = run.read(commission_months)
    months = months.assign(when=months["month"].dt.strftime("%Y-%m").fillna("not yet due"))
    last = sorted(months.loc[months["month"].notna(), "when"].unique())[-6:]
    rows = []
    for when in [*reversed(last), "not yet due"]:
        cells = months[months["when"] == when].set_index("rule")
        told = [
            f"{words.count(cells['deals'][r])}\n{run.money(cells['amount'][r])}" if r in cells.index else "-"
            for r in words.COMMISSIONS
        ]
        name = when if when == "not yet due" else f"{pd.Timestamp(when):%B %Y}"
        rows.append((words.begin(name).rstrip("."), *told))
    parts.listing(["Due in", *words.COMMISSIONS.values()], rows, numbers=(1, 2, 3))
    parts.note("The last six months with a commission under any rule: deals and their value.")
    columns = [
        CUSTOMER,
        Column("deal", "Deal"),
        Column("owner", "Salesperson"),
        _money(run, "amount", "Value"),
        *(Column(key, name, "day", "Missing: not yet due") for key, name in words.COMMISSIONS.items()),
    ]
    rows_of(run, run.read(disagreeing_deals), columns, of="deals", key="commissions")


def good(run: Run) -> None:
    """Show the sign of cash by the sign of profit, and the customers of a cell."""
    found = run.ask(PAGE, "cash_and_profit")
    total = found["parties"].sum()
    rows = [
        (
            f"{c.label}\n{_signs(c)}",
            words.count(c.parties),
            words.share(c.parties, total),
            run.money(c.net_cash_12m),
            run.money(c.profit_12m),
        )
        for c in each(found)
    ]
    headers = ["Current customers", "Parties", "Share", "Net cash, 12 months", "Profit, 12 months"]
    parts.listing(headers, rows, numbers=(1, 2, 3, 4))
    cells = {f"{c.cash_positive}-{c.profitable}": c for c in each(found) if c.parties}
    names = {key: str(c.label) for key, c in cells.items()}
    cell = cells[parts.choice("Who", names, default=next(iter(names)), key="cash_cell")]
    members.listed(
        run, PAGE, "good", str(cell.label), file="cash-and-profit", cash_positive=bool(cell.cash_positive),
        profitable=bool(cell.profitable),
    )  # fmt: skip


def _signs(cell: Any) -> str:
    signs = (
        "above zero" if cell.cash_positive else "zero or less",
        "above zero" if cell.profitable else "zero or less",
    )
    return f"Cash {signs[0]}, profit {signs[1]}"


def paying(run: Run) -> None:
    """Show the three answers to who pays, counted against each other."""
    found = _statuses(run.read(paying_matrix), ["manual", "provider", "derived"])
    rows = [(m.manual, m.provider, m.derived, words.count(m.parties), words.count(m.stale)) for m in each(found)]
    headers = ["By hand", "By the provider", "By the money", "Parties", "Of them wrong by hand"]
    parts.listing(headers, rows, numbers=(3, 4))


def managed(run: Run) -> None:
    """Show which system manages how many customers."""
    found = run.read(managed_by)
    rows = [
        (
            f"{m.system}\n{words.rule(m.rule)}",
            words.count(m.customers),
            run.money(m.mrr),
            run.money(m.value),
            words.count(m.without_record),
        )
        for m in each(found)
    ]
    headers = ["System and its rule", "Customers", "Recurring a month", "Lifetime value", "Not yet known there"]
    parts.listing(headers, rows, numbers=(1, 2, 3, 4))


def trade(run: Run) -> None:
    """Show money from and to those that the company buys from."""
    one = run.one(PAGE, "trade_sums")
    parts.cards(
        [
            parts.Card("Received from them", run.money(one.received), "Money received, refunds subtracted"),
            parts.Card("Paid to them", run.money(one.paid), "Money paid, negative"),
            parts.Card("Net", run.money(one.net), "Received + paid", f"{words.count(one.customers)} buy here too"),
        ]
    )
    found = _all(run, "trade")
    found = found.assign(both=["buys too" if c else "sells only" for c in found["is_customer"]])
    columns = [
        Column("customer", "Supplier or partner"),
        _money(run, "received", "Received"),
        _money(run, "paid", "Paid"),
        _money(run, "net", "Net"),
        Column("both", "Customer"),
    ]
    rows_of(run, found, columns, of="suppliers and partners", key="trade_rows")


def served(run: Run) -> None:
    """Show who serves whom."""
    found = _all(run, "served")
    found = found.assign(server=found["server"].fillna(run.manifest.company))
    columns = [
        Column("customer", "Served"),
        Column("server", "Served by"),
        Column("serving_role", "Role of who serves"),
        Column("kind", "Relationship"),
        Column("aim", "Aim", help="money: the served also buys. mission: it does not"),
    ]
    rows_of(run, found, columns, of="relationships", key="served_rows")
