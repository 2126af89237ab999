from datetime import date

import pytest

from tests.lifecycle.described import AS_OF, described, fact
from valuekit.tables import PUBLISHED

INVOICE = {"record": "ann", "id": "i1", "issued_on": "2026-05-01", "due_on": "2026-05-31", "amount": 100}


def paid(amount: float, day: str, **more):
    return {"record": "ann", "paid_on": day, "amount": amount, **more}


def deal(status: str, closed_on: str | None, amount: float | None = None):
    return {"record": "ann", "opened_on": "2026-01-01", "closed_on": closed_on, "status": status, "amount": amount}


@pytest.mark.parametrize("table", ["facts", "stages", "definitions", "memberships", "reconciliation"])
def test_the_columns_are_those_declared(table):
    engine = described(records=[{"record": "ann"}])
    found = [(name, kind) for name, kind, *_ in engine.rows(f"DESCRIBE {table}")]
    further = {"facts": [("system_bits", "BIGINT"), ("use_recorded", "BOOLEAN")]}.get(table, [])
    assert found == [(c.name, c.type) for c in PUBLISHED[table]] + further


def test_every_party_has_one_row_even_when_nothing_is_known_of_it():
    engine = described(records=[{"record": "ann"}, {"record": "bob"}])
    assert engine.rows("SELECT as_of, paid, mrr, orders, used_this_month FROM facts") == [(AS_OF, 0, 0, 0, False)] * 2


def test_rows_without_party_are_in_nobodys_facts():
    engine = described(records=[{"record": "ann"}], payments=[{**paid(100, "2026-01-01"), "record": None}])
    assert engine.rows("SELECT paid, first_paid_on FROM facts") == [(0, None)]


def test_paid_is_net_of_refunds_and_dates_are_of_money_received():
    payments = [paid(100, "2026-01-05"), paid(50, "2026-02-05"), paid(-30, "2026-03-05", kind="refund")]
    engine = described(payments=payments)
    assert engine.rows("SELECT paid, first_paid_on, last_paid_on FROM facts") == [
        (120, date(2026, 1, 5), date(2026, 2, 5))
    ]


def test_amounts_are_in_the_reporting_currency():
    assert fact("paid", payments=[paid(100, "2026-01-05", currency="USD", reporting_amount=90)]) == 90


def test_a_payment_of_nothing_is_no_first_payment():
    assert fact("first_paid_on", payments=[paid(0, "2026-01-05")]) is None


def test_the_end_of_a_trial_is_no_marketing_contact():
    ended = {"record": "ann", "engaged_on": "2026-01-01", "kind": "trial_end"}
    assert fact("engaged_on", engagements=[ended]) is None
    assert fact("trial_started_on", engagements=[ended, {**ended, "kind": "trial_start"}]) == date(2026, 1, 1)


def test_deals_won_count_and_others_do_not():
    deals = [
        deal("won", "2026-02-01", 500),
        deal("won", "2026-03-01"),
        deal("lost", "2026-01-15", 900),
        deal("open", None),
    ]
    engine = described(opportunities=deals)
    assert engine.rows("SELECT won_on, last_won_on, deals_won, won_amount FROM facts") == [
        (date(2026, 2, 1), date(2026, 3, 1), 2, 500)
    ]


def test_what_is_open_of_an_invoice_past_its_day_is_overdue():
    assert fact("overdue", invoices=[INVOICE]) == 100
    assert fact("overdue", invoices=[INVOICE], payments=[paid(30, "2026-06-01", invoice="i1")]) == 70


@pytest.mark.parametrize("change", [{"due_on": AS_OF}, {"due_on": None}, {"status": "paid"}, {"status": "void"}])
def test_an_invoice_that_is_not_overdue(change):
    assert fact("overdue", invoices=[{**INVOICE, **change}]) == 0


def test_void_invoices_are_not_billed():
    assert fact("invoiced", invoices=[INVOICE, {**INVOICE, "id": "i2", "status": "void"}]) == 100


def test_orders_are_days_with_a_purchase():
    rows = [("2026-01-01", 5), ("2026-01-01", 7), ("2026-02-01", 9), ("2026-03-01", -4), ("2026-04-01", 0)]
    orders = [{"record": "ann", "ordered_on": day, "amount": amount} for day, amount in rows]
    engine = described(orders=orders)
    assert engine.rows("SELECT orders, ordered, last_ordered_on FROM facts") == [(2, 17, date(2026, 2, 1))]


@pytest.mark.parametrize(("day", "expected"), [("2026-06-01", True), ("2026-05-31", False)])
def test_this_month_is_the_calendar_month(day, expected):
    assert fact("used_this_month", usage=[{"record": "ann", "used_on": day}]) is expected


def test_net_cash_comes_from_the_cash_statement():
    engine = described(records=[{"record": "ann"}])
    ann = engine.scalar("SELECT party_id FROM parties")
    cash = [
        {"party_id": ann, "month": "2025-06-01", "net_cash": -8},
        {"party_id": ann, "month": "2025-07-01", "net_cash": 3},
    ]
    engine = described(records=[{"record": "ann"}], cash_months=cash)
    assert engine.rows("SELECT net_cash, net_cash_12m FROM facts") == [(-5, 3)]
