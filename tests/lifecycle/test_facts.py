from datetime import date
from itertools import product

import pytest

from tests.lifecycle.described import AS_OF, described, fact, staged
from valuekit.cashflow import follow_receivables
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
    engine = staged(records=[{"record": "ann"}, {"record": "bob"}])
    assert engine.rows("SELECT as_of, paid, mrr, orders, used_this_month FROM facts") == [(AS_OF, 0, 0, 0, False)] * 2


def test_rows_without_party_are_in_nobodys_facts():
    engine = staged(records=[{"record": "ann"}], payments=[{**paid(100, "2026-01-01"), "record": None}])
    assert engine.rows("SELECT paid, first_paid_on FROM facts") == [(0, None)]


def test_paid_is_net_of_refunds_and_dates_are_of_money_received():
    payments = [paid(100, "2026-01-05"), paid(50, "2026-02-05"), paid(-30, "2026-03-05", kind="refund")]
    engine = staged(payments=payments)
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
    engine = staged(opportunities=deals)
    assert engine.rows("SELECT won_on, last_won_on, deals_won, won_amount FROM facts") == [
        (date(2026, 2, 1), date(2026, 3, 1), 2, 500)
    ]


def test_what_is_open_of_an_invoice_past_its_day_is_overdue():
    assert fact("overdue", invoices=[INVOICE]) == 100
    assert fact("overdue", invoices=[INVOICE], payments=[paid(30, "2026-06-01", invoice="i1")]) == 70


@pytest.mark.parametrize("change", [{"due_on": AS_OF}, {"due_on": None}, {"status": "paid"}, {"status": "void"}])
def test_an_invoice_that_is_not_overdue(change):
    assert fact("overdue", invoices=[{**INVOICE, **change}]) == 0


def test_what_is_overdue_is_the_same_in_the_facts_and_in_the_receivables():
    """One settlement: `facts.overdue` is `paying_on_time.overdue`, whatever happened to the invoices."""
    abroad = {"currency": "USD", "amount": 120, "reporting_amount": 100}
    changes = [{}, {}, {}, {}, {"status": "paid"}, {"status": "uncollectible"}, {"status": "void"}, {"due_on": AS_OF},
               {"amount": -25}, abroad, {"record": "bob"}, {"record": "cleo", "status": "paid"}]  # fmt: skip
    invoices = [{**INVOICE, **change, "id": f"i{number}"} for number, change in enumerate(changes)]
    money = [(1, "payment", 30, {}), (2, "payment", 100, {}), (2, "chargeback", -100, {}), (3, "payment", 100, {}),
             (3, "refund", -40, {}), (4, "payment", 60, {}), (9, "payment", 50, {"currency": "EUR"}),
             (0, "credit", -15, {}), (10, "payment", 70, {"record": "bob"})]  # fmt: skip
    payments = [paid(x, "2026-06-05", kind=kind, invoice=f"i{i}", **more) for i, kind, x, more in money]
    engine = staged(invoices=invoices, payments=payments)
    follow_receivables(engine, as_of=AS_OF)
    both = "SELECT f.overdue, p.overdue FROM facts AS f JOIN paying_on_time AS p USING (party_id) ORDER BY ALL"
    assert [(float(fact), float(stated)) for fact, stated in engine.rows(both)] == [(0, 0), (30, 30), (245, 245)]


def test_void_invoices_are_not_billed():
    assert fact("invoiced", invoices=[INVOICE, {**INVOICE, "id": "i2", "status": "void"}]) == 100


def test_orders_are_days_with_a_purchase():
    rows = [("2026-01-01", 5), ("2026-01-01", 7), ("2026-02-01", 9), ("2026-03-01", -4), ("2026-04-01", 0)]
    orders = [{"record": "ann", "ordered_on": day, "amount": amount} for day, amount in rows]
    engine = staged(orders=orders)
    assert engine.rows("SELECT orders, ordered, last_ordered_on FROM facts") == [(2, 17, date(2026, 2, 1))]


@pytest.mark.parametrize(("day", "expected"), [("2026-06-01", True), ("2026-05-31", False)])
def test_this_month_is_the_calendar_month(day, expected):
    assert fact("used_this_month", usage=[{"record": "ann", "used_on": day}]) is expected


def test_money_is_without_tax_and_what_the_party_owes_is_with_it():
    """Paid 119 and got 23.80 back, both with 19% tax; billed 119 with 19, unpaid; bought 110, returned 22."""
    tables = {
        "payments": [paid(119, "2026-01-05", tax=19), paid(-23.8, "2026-02-05", kind="refund", tax=-3.8)],
        "invoices": [{**INVOICE, "amount": 119, "tax": 19}],
        "orders": [
            {"record": "ann", "ordered_on": "2026-03-01", "amount": 110, "tax": 10},
            {"record": "ann", "ordered_on": "2026-03-09", "amount": -22, "tax": -2},
        ],
    }
    engine = described(**tables)
    assert engine.rows("SELECT paid, invoiced, ordered, profit_12m, overdue FROM facts") == [(80, 100, 80, 180, 119)]


def test_whether_all_was_given_back_is_asked_of_the_whole_amount():
    """Of 119 paid, 100 went back without its tax: 19 are left, and the months that it covers are still paid for."""
    payments = [paid(119, "2026-06-05", tax=19), paid(-100, "2026-06-06", kind="refund")]
    engine = staged(payments=payments)
    assert engine.rows("SELECT paid, has_paid, paid_until FROM facts") == [(0, True, date(2026, 7, 4))]


def test_net_cash_comes_from_the_cash_statement():
    engine = described(records=[{"record": "ann"}])
    ann = engine.scalar("SELECT party_id FROM parties")
    cash = [
        {"party_id": ann, "month": "2025-06-01", "net_cash": -8},
        {"party_id": ann, "month": "2025-07-01", "net_cash": 3},
    ]
    engine = described(records=[{"record": "ann"}], cash_months=cash)
    assert engine.rows("SELECT net_cash, net_cash_12m FROM facts") == [(-5, 3)]


YEAR = {"record": "ann", "id": "y", "signed_on": "2025-12-20", "starts_on": "2026-01-01", "amount": 1200}


class TestPaidUntil:
    """How far payments reach: annual invoices cover a year."""

    def test_without_contract_a_payment_covers_a_month(self):
        assert fact("paid_until", payments=[paid(10, "2026-01-31")]) == date(2026, 2, 27)

    def test_it_covers_the_term_that_the_party_signed_last_by_then(self):
        month = {**YEAR, "id": "m", "signed_on": "2026-02-01", "term_months": 1}
        assert fact("paid_until", contracts=[YEAR, month], payments=[paid(10, "2026-01-10")]) == date(2027, 1, 9)
        assert fact("paid_until", contracts=[YEAR, month], payments=[paid(10, "2026-02-01")]) == date(2026, 2, 28)

    def test_or_the_term_that_its_invoice_bills(self):
        month = {**YEAR, "id": "m", "signed_on": "2026-02-01", "term_months": 1}
        billed = {**INVOICE, "issued_on": "2026-01-01", "contract": "y"}
        money = {"contracts": [YEAR, month], "payments": [paid(10, "2026-03-10", invoice="i1")]}
        assert fact("paid_until", **money, invoices=[{**billed, "amount": 1200}]) == date(2027, 3, 9)
        assert fact("paid_until", **money, invoices=[{**billed, "amount": 100}]) == date(2026, 4, 9)

    def test_nothing_for_a_contract_is_covered_beyond_its_end(self):
        late = {"contracts": [{**YEAR, "ends_on": "2026-12-31"}], "payments": [paid(10, "2026-03-10")]}
        assert fact("paid_until", **late) == date(2026, 12, 31)

    def test_its_end_is_that_of_the_renewal_once_signed(self):
        first = {**YEAR, "signed_on": "2025-04-20", "starts_on": "2025-05-01", "ends_on": "2026-04-30"}
        second = {**YEAR, "id": "y2", "kind": "renewal", "signed_on": "2026-04-20", "starts_on": "2026-05-01",
                  "ends_on": "2027-04-30"}  # fmt: skip
        late = {"contracts": [first, second], "payments": [paid(10, "2025-07-20")]}
        assert fact("paid_until", **late) == date(2026, 7, 19)
        assert fact("paid_until", **late, as_of=date(2026, 4, 10)) == date(2026, 4, 30)

    def test_a_payment_after_the_end_covers_a_month(self):
        over = {"contracts": [{**YEAR, "starts_on": "2025-05-01", "signed_on": "2025-05-01", "ends_on": "2026-04-30"}]}
        assert fact("paid_until", **over, payments=[paid(10, "2026-05-20")]) == date(2026, 6, 19)

    def test_a_refunded_payment_covers_nothing(self):
        refund = paid(-10, "2026-04-05", invoice="i2", kind="refund")
        payments = [paid(10, "2026-03-10", invoice="i1"), paid(10, "2026-04-01", invoice="i2"), refund]
        assert fact("paid_until", payments=payments) == date(2026, 4, 9)
        assert fact("paid_until", payments=payments, as_of=date(2026, 4, 4)) == date(2026, 4, 30)

    def test_half_a_refund_leaves_it(self):
        refund = paid(-5, "2026-04-05", invoice="i2", kind="refund")
        assert fact("paid_until", payments=[paid(10, "2026-04-01", invoice="i2"), refund]) == date(2026, 4, 30)

    def test_nothing_is_left_when_all_was_refunded(self):
        assert fact("paid_until", payments=[paid(10, "2026-04-01"), paid(-10, "2026-04-05", kind="refund")]) is None


class TestYear:
    """Twelve calendar months, the one described among them."""

    @pytest.mark.parametrize(("day", "expected"), [("2025-07-01", 100), ("2025-06-30", 0)])
    def test_profit_begins_eleven_months_before(self, day, expected):
        assert fact("profit_12m", invoices=[{**INVOICE, "issued_on": day, "due_on": None}]) == expected
        assert fact("profit_12m", orders=[{"record": "ann", "ordered_on": day, "amount": 100}]) == expected

    def test_it_is_what_was_billed_whether_paid_or_not_less_the_cost(self):
        ann = described(records=[{"record": "ann"}]).scalar("SELECT party_id FROM parties")
        costs = [{"party_id": ann, "month": "2026-05-01", "revenue": 70, "support": -30, "sales": -5, "net_cash": 35}]
        void = {**INVOICE, "id": "i2", "status": "void"}
        assert fact("profit_12m", invoices=[INVOICE, void], cash_months=costs) == 65


def test_a_party_has_a_bit_for_each_system_that_has_a_record_of_it():
    records = [{"record": "ann"}, {"record": "a", "system": "billing"}, {"record": "bob"}]
    link = {"from_record": "a", "system": "billing", "to_record": "ann", "kind": "same"}
    engine = staged(records=records, links=[link])
    assert engine.rows("SELECT * FROM party_systems ORDER BY bit") == [("billing", 1), ("crm", 2)]
    sql = "SELECT record, system_bits FROM facts JOIN party_records USING (party_id) WHERE system = 'crm' ORDER BY 1"
    assert engine.rows(sql) == [("ann", 3), ("bob", 2)]


def test_the_role_is_that_of_the_party():
    roles = ["internal", "test", "buyer", None, "served", "partner", "supplier"]
    pairs = [(f"a{i}", f"b{i}", pair) for i, pair in enumerate(product(roles, roles))]
    records = [{"record": r, "role": role} for a, b, pair in pairs for r, role in zip((a, b), pair, strict=True)]
    engine = staged(records=records, links=[{"from_record": a, "to_record": b, "kind": "same"} for a, b, _ in pairs])
    other = "f.role <> p.role OR f.is_supplier <> p.is_supplier"
    assert engine.rows(f"SELECT * FROM facts AS f JOIN parties AS p USING (party_id) WHERE {other}") == []
    assert (engine.count("facts"), engine.scalar("SELECT COUNT(DISTINCT role) FROM facts")) == (49, 6)
