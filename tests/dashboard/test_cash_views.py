"""Cost pools, what if, receivables and one customer: what the page Cash flow shows beside the books."""

import re

import pytest

from tests.dashboard.conftest import Open, View
from tests.dashboard.reading import ask, cards, rows, short, text
from valuekit.cashflow.what_if import WhatIf, ask_books, ask_parties
from valuekit.snapshot import Snapshot

YEAR = "month >= DATE '2025-07-01'"
MONTH = "month = DATE '2026-06-01'"


def test_the_pools_of_a_month_are_the_cost_of_the_books(cash_view: View, subscription: Snapshot) -> None:
    said = text(cash_view("Cost pools"))
    cost, unused = rows(subscription, f"SELECT SUM(cost), SUM(unused_cost) FROM pool_months WHERE {MONTH}")[0]
    assert f"Together -€{-cost:,.2f}, as in the books of the month; of it -€{-unused:,.2f}" in said


def test_a_pool_says_how_good_its_driver_is_and_what_a_minute_costs(cash_view: View, subscription: Snapshot) -> None:
    said = text(cash_view("Cost pools"))
    assert re.search(r"Support team Support .* Measured: minutes that were recorded\s+0\.8500\s+\d+\.\d%", said)
    assert re.search(r"Campaign that touched nobody Spring fair\s+Nobody was touched", said)


def test_without_a_change_what_if_shows_the_published_values(cash_view: View, subscription: Snapshot) -> None:
    opened = cash_view("What if")
    net = short(ask(subscription, "SELECT SUM(ledger - eliminated) FROM books WHERE " + YEAR), subscription)
    idle = short(ask(subscription, "SELECT -SUM(unused_capacity) FROM books WHERE " + YEAR), subscription)
    below = ask(subscription, "SELECT COUNT(*) FROM cash WHERE net_cash_12m < 0")
    assert cards(opened)["Net cash, then"] == net
    assert cards(opened)["Unused capacity, then"] == idle
    assert cards(opened)["Below zero, then"] == f"{below:,}"
    assert "The published value" in text(opened)
    assert "Nobody changes sides" in text(opened)
    volume = ask(subscription, "SELECT volume FROM break_even WHERE party_id IS NULL")
    assert re.search(rf"Volume\s+{volume:,.2f} times the volume\s+{volume:,.2f} times the volume", text(opened))


def test_sliders_recompute_the_company_and_its_customers(open_page: Open, subscription: Snapshot) -> None:
    moved = {"price": -48, "volume": 40, "minutes_support team": 50, "rate_sales team": 10, "step": 20}
    change = WhatIf(-0.48, 0.4, {"support team": 0.5}, {"sales team": 0.1}, 0.2)
    opened = open_page("cash-flow", subscription, view="What if", **moved)
    with subscription.engine() as engine:
        books = ask_books(engine, change, as_of=subscription.manifest.as_of).to_pylist()
        parties = ask_parties(engine, change).to_pylist()
    net = sum(row["ledger_then"] - row["eliminated"] for row in books)
    assert cards(opened)["Net cash, then"] == short(net, subscription)
    down = sum(row["net_cash"] > 0 >= row["net_cash_then"] for row in parties)
    up = sum(row["net_cash"] <= 0 < row["net_cash_then"] for row in parties)
    assert f"{up:,} rise above zero, {down:,} fall to it or below" in text(opened)
    assert down
    assert len(opened.dataframe[-1].value) == min(200, up + down)
    desk = next(row for row in books if row["pool"] == "support team")
    assert re.search(rf"Support team .* in {desk['months_stepped']} months", text(opened))


def test_receivables_stand_under_their_own_names(cash_view: View, subscription: Snapshot) -> None:
    opened = cash_view("Receivables")
    shown = cards(opened)
    assert shown["Open"] == short(ask(subscription, "SELECT MAX_BY(open, as_of) FROM receivables"), subscription)
    assert shown["Days sales outstanding"] == "30.0"
    assert shown["Best possible"] == "18.0"
    assert shown["Average days delinquent"] == "12.0"


def test_the_worst_payers_are_listed_with_their_days(cash_view: View, subscription: Snapshot) -> None:
    parties = ask(subscription, "SELECT COUNT(*) FROM paying_on_time WHERE overdue > 0")
    assert len(cash_view("Receivables").dataframe[-1].value) == min(200, parties)


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ("Cost pools", "This pool is not one of working time"),
        ("Receivables", "Nothing was ever billed"),
        ("Who pays for whom", "No cost is shared out by units"),
        ("What if", "No point of balance was published"),
        ("Tie-out", "close to zero, to the cent"),
        ("One customer", "It was never billed"),
    ],
)
def test_what_a_company_of_orders_alone_cannot_have_is_said(
    view: str, said: str, open_page: Open, retailer: Snapshot
) -> None:
    opened = open_page("cash-flow", retailer, view=view)
    assert not opened.exception
    assert not opened.error
    assert said in text(opened)


def test_one_customer_shows_its_balance_scale_days_and_expected_cost(open_page: Open, subscription: Snapshot) -> None:
    sql = "SELECT party_id FROM scale_effects ORDER BY scale_credit_12m DESC, party_id LIMIT 1"
    party = ask(subscription, sql)
    opened = open_page("cash-flow", subscription, view="One customer", customer_search=party)
    said = text(opened)
    volume, price = rows(subscription, f"SELECT volume, price_change FROM break_even WHERE party_id = '{party}'")[0]
    assert f"{volume:,.2f} times the volume" in said
    assert f"{abs(price):.1%} {'lower' if price < 0 else 'higher'} prices" in said
    assert "of the volume of hosting (usage events)" in said
    assert "Mean days late" in cards(opened)
    low, high = rows(
        subscription, f"SELECT low, high FROM expected_cost WHERE party_id = '{party}' AND function = 'support'"
    )[0]
    assert f"{low:,.2f} to {high:,.2f}" in said
