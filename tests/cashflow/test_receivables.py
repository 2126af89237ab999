"""Paying on time and days sales outstanding, on companies of a few invoices."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given as draw
from hypothesis import settings
from hypothesis import strategies as st

from tests.cashflow.given import given, published
from tests.engines import fresh_engine
from valuekit.cashflow import follow_receivables
from valuekit.tables import PUBLISHED

AS_OF = date(2026, 6, 30)
DUE = date(2026, 5, 10)
AGES = ("current", "overdue_1_30", "overdue_31_60", "overdue_61_90", "overdue_over_90")


def invoice(number, amount=100, due_on=DUE, party="a", **more):
    row = {"party": party, "id": str(number), "issued_on": due_on or DUE, "due_on": due_on, "amount": amount}
    return {**row, **more}


def money(number, amount, paid_on=DUE, kind="payment", party="a", **more):
    named = None if number is None else str(number)
    return {"party": party, "invoice": named, "paid_on": paid_on, "amount": amount, "kind": kind, **more}


def after(days, day=DUE):
    return day + timedelta(days=days)


def party(engine, invoices, payments=(), party_id="a", as_of=AS_OF, **tables):
    published(given(engine, invoices=list(invoices), payments=list(payments), **tables), cash_months=[])
    follow_receivables(engine, as_of=as_of)
    found = engine.query("SELECT * FROM paying_on_time WHERE party_id = $p", {"p": party_id}).to_pylist()
    return found[0] if found else None


def months(engine, invoices, payments=(), as_of=AS_OF, days=90, **tables):
    published(given(engine, invoices=list(invoices), payments=list(payments), **tables), cash_months=[])
    follow_receivables(engine, as_of=as_of, sales_days=days)
    return {row["as_of"]: row for row in engine.query("SELECT * FROM receivables ORDER BY as_of").to_pylist()}


def last(*asked, **more):
    return months(*asked, **more)[AS_OF]


# --- paying on time


def test_an_invoice_is_settled_on_the_day_on_which_payments_reach_its_amount(engine):
    row = party(engine, [invoice(1)], [money(1, 40), money(1, 50, after(5)), money(1, 10, after(8))])
    assert (row["due"], row["on_time"], row["on_time_rate"]) == (1, 0, 0)
    assert row["on_time_share"] == 0.4
    assert row["mean_days_late"] == row["weighted_days_late"] == 8
    assert not row["at_least"]


def test_a_bill_may_be_as_large_as_an_amount_can_be(engine):
    most = Decimal("99999999999999.9999")
    row = party(engine, [invoice(1, most)], [money(1, most - 1), money(1, 1, after(8))])
    assert (row["due"], row["mean_days_late"]) == (1, 8)


def test_paid_early_or_on_the_due_day_is_on_time_and_no_day_late(engine):
    row = party(engine, [invoice(1), invoice(2, due_on=after(9))], [money(1, 100), money(2, 100, after(-3))])
    assert (row["on_time"], row["on_time_rate"], row["on_time_share"], row["mean_days_late"]) == (2, 1, 1, 0)


def test_days_late_are_weighed_by_amount_beside_their_mean(engine):
    row = party(engine, [invoice(1, 300), invoice(2, 100)], [money(1, 300, after(10)), money(2, 100, after(2))])
    assert (row["mean_days_late"], row["weighted_days_late"]) == (6, 8)


def test_what_is_open_is_late_up_to_the_as_of_date_and_at_least_that(engine):
    row = party(engine, [invoice(1), invoice(2, due_on=date(2026, 6, 20))], [money(1, 60)])
    assert row["at_least"]
    assert row["mean_days_late"] == (51 + 10) / 2
    assert (row["overdue"], row["oldest_due_on"], row["oldest_days_overdue"]) == (140, DUE, 51)
    assert row["weighted_days_overdue"] == pytest.approx((40 * 51 + 100 * 10) / 140)


def test_what_is_not_due_yet_says_nothing(engine):
    row = party(engine, [invoice(1, due_on=AS_OF), invoice(2, due_on=None)])
    assert (row["due"], row["on_time_rate"], row["mean_days_late"], row["overdue"]) == (0, None, None, 0)


def test_an_overpayment_is_counted_and_makes_nothing_late(engine):
    row = party(engine, [invoice(1)], [money(1, 100), money(1, 100, after(20))])
    assert (row["on_time_rate"], row["mean_days_late"], row["overpaid"]) == (1, 0, 100)
    row = party(engine, [invoice(1)], [money(1, 130), money(1, -30, after(3), "refund")])
    assert (row["on_time_rate"], row["overpaid"], row["overdue"]) == (1, 0, 0)


def test_a_refund_of_a_paid_invoice_leaves_it_paid_and_of_an_open_one_opens_it_again(engine):
    payments = [money(1, 100), money(1, -100, after(20), "refund")]
    paid = party(engine, [invoice(1, status="paid")], payments)
    assert (paid["on_time_rate"], paid["overdue"]) == (1, 0)
    opened = party(engine, [invoice(1, status="open")], payments)
    assert (opened["on_time_rate"], opened["overdue"], opened["mean_days_late"]) == (0, 100, 51)


def test_what_was_charged_back_is_disputed_until_it_is_paid_again(engine):
    row = party(engine, [invoice(1, status="paid")], [money(1, 100), money(1, -100, after(9), "chargeback")])
    assert (row["on_time_share"], row["disputed"], row["overdue"], row["at_least"]) == (0, 100, 0, True)
    again = [money(1, 100), money(1, -100, after(9), "chargeback"), money(1, 100, after(12))]
    row = party(engine, [invoice(1, status="paid")], again)
    assert (row["disputed"], row["mean_days_late"], row["at_least"]) == (0, 12, False)


def test_a_credit_note_lowers_what_is_owed(engine):
    row = party(engine, [invoice(1)], [money(1, -25, after(-2), "credit"), money(1, 75)])
    assert (row["amount_due"], row["on_time_rate"], row["on_time_share"], row["credited"]) == (75, 1, 1, -25)
    row = party(engine, [invoice(1)], [money(1, -100, after(-2), "credit")])
    assert (row["due"], row["overdue"]) == (0, 0)


def test_void_is_left_out_and_uncollectible_was_never_paid(engine):
    assert party(engine, [invoice(1, status="void")]) is None
    row = party(engine, [invoice(1, status="uncollectible"), invoice(2, status="void")], [money(1, 30)])
    assert (row["due"], row["on_time"], row["on_time_share"], row["at_least"]) == (1, 0, 0.3, True)
    assert (row["written_off"], row["overdue"]) == (70, 0)


def test_called_paid_without_a_payment_is_unknown_and_paid_short_is_settled_by_the_last_payment(engine):
    row = party(engine, [invoice(1, status="paid"), invoice(2, status="paid")], [money(2, 99, after(4))])
    assert (row["due"], row["unknown"], row["mean_days_late"], row["at_least"]) == (1, 1, 4, False)


def test_payments_without_an_invoice_that_is_owed_are_reported(engine):
    invoices = [invoice(1), invoice(2, status="void")]
    payments = [money(1, 100), money(None, 5), money("lost", 7), money(2, 11)]
    assert party(engine, invoices, payments)["without_invoice"] == 23


def test_money_kept_in_another_system_than_the_bills_is_found_by_the_party(engine):
    invoices = [invoice(1, system="erp"), invoice(1, system="shop", party="b")]
    payments = [money(1, 100, system="bank"), money(1, 100, system="bank", party="c")]
    row = party(engine, invoices, payments)
    assert (row["on_time_rate"], row["without_invoice"]) == (1, 0)
    assert party(engine, invoices, payments, "b")["on_time_rate"] == 0


def test_invoices_older_than_twelve_months_count_only_where_they_are_open(engine):
    row = party(engine, [invoice(1, due_on=date(2025, 6, 30)), invoice(2, due_on=date(2025, 7, 1))])
    assert (row["due"], row["overdue"], row["oldest_days_overdue"]) == (1, 200, 365)


def test_internal_accounts_owe_nothing(engine):
    roles = [{"party_id": "a", "role": "internal"}, {"party_id": "b", "role": "buyer"}]
    tables = {"invoices": [invoice(1), invoice(2, party="b")], "parties": roles}
    assert last(engine, **tables)["open"] == 100
    assert engine.rows("SELECT party_id FROM paying_on_time") == [("b",)]


def test_a_payment_in_another_currency_pays_at_the_rates_of_the_days(engine):
    row = party(
        engine,
        [invoice(1, 100, currency="USD", reporting_amount=90)],
        [money(1, 45, currency="EUR", reporting_amount=45)],
    )
    assert (row["on_time_share"], row["overdue"]) == (0.5, 45)


# --- days sales outstanding


def test_golden_receivables_of_15_000_are_45_days_of_which_12_are_the_best_possible(engine):
    """The planted numbers of the specification: total 15,000, current 4,000, credit sales 10,000 in 30 days."""
    invoices = [
        invoice(1, 4_000, date(2026, 7, 15), issued_on=date(2026, 6, 15)),
        invoice(2, 6_000, date(2026, 6, 20), issued_on=date(2026, 6, 1)),
        invoice(3, 7_000, date(2026, 4, 1), issued_on=date(2026, 3, 1)),
    ]
    row = last(engine, invoices, [money(3, 2_000)], days=30)
    assert (row["open"], row["current"], row["credit_sales"]) == (15_000, 4_000, 10_000)
    assert (row["dso"], row["best_possible_dso"], row["average_days_delinquent"]) == (45, 12, 33)


def test_what_is_open_ages_by_its_due_day(engine):
    days = {"current": 0, "overdue_1_30": (1, 30), "overdue_31_60": (31, 60), "overdue_61_90": (61, 90)}
    for bucket, ages in days.items():
        for age in [ages] if isinstance(ages, int) else ages:
            row = last(engine, [invoice(1, 10, AS_OF - timedelta(days=age))])
            assert row[bucket] == row["open"] == 10
    assert last(engine, [invoice(1, 10, AS_OF - timedelta(days=91))])["overdue_over_90"] == 10
    assert last(engine, [invoice(1, 10, None)])["current"] == 10


def test_every_month_end_knows_only_what_was_paid_by_then(engine):
    rows = months(
        engine,
        [invoice(1, issued_on=date(2026, 4, 20))],
        [money(1, 30, date(2026, 5, 31)), money(1, 70, date(2026, 6, 2))],
        as_of=date(2026, 6, 15),
    )
    assert [(d.month, r["open"], r["overdue_1_30"], r["complete"]) for d, r in rows.items()] == [
        (4, 100, 0, True), (5, 70, 70, True), (6, 0, 0, False),
    ]  # fmt: skip


def test_at_an_as_of_date_within_a_month_nothing_is_overdue_that_falls_due_later_in_it(engine):
    rows = months(engine, [invoice(1, due_on=date(2026, 6, 20), issued_on=date(2026, 6, 1))], as_of=date(2026, 6, 15))
    assert rows[date(2026, 6, 15)]["current"] == 100


def test_without_sales_or_without_the_whole_window_there_are_no_days(engine):
    rows = months(engine, [invoice(1, issued_on=date(2026, 1, 15))], days=30)
    found = {day.month: row["dso"] for day, row in rows.items()}
    assert found == {1: None, 2: None, 3: None, 4: None, 5: None, 6: None}
    rows = months(
        engine, [invoice(1, issued_on=date(2026, 1, 15)), invoice(2, 50, issued_on=date(2026, 3, 2))], days=30
    )
    assert {day.month: row["dso"] for day, row in rows.items()} == {
        1: None, 2: None, 3: 90.0, 4: None, 5: None, 6: None,
    }  # fmt: skip


def test_where_too_much_is_called_paid_without_a_payment_no_days_are_given(engine):
    old, new = invoice(1, issued_on=date(2026, 1, 15)), invoice(2, issued_on=date(2026, 6, 2), due_on=AS_OF)
    assert last(engine, [old, {**new, "amount": 1000}, invoice(3, status="paid", issued_on=AS_OF, due_on=AS_OF)])["dso"]
    row = last(engine, [old, {**new, "amount": 100}, invoice(3, status="paid", issued_on=AS_OF, due_on=AS_OF)])
    assert (row["credit_sales"], row["unknown"], row["dso"]) == (200, 100, None)


def test_credit_notes_lower_sales_and_what_is_open(engine):
    row = last(engine, [invoice(1), invoice(2, -40)], [money(1, -10, AS_OF, "credit")])
    assert (row["open"], row["credit_sales"]) == (50, 50)


def test_disputed_and_written_off_stand_apart(engine):
    invoices = [invoice(1, status="uncollectible"), invoice(2), invoice(3)]
    payments = [money(2, 100), money(2, -60, after(3), "chargeback"), money(None, 8, after(40))]
    row = last(engine, invoices, payments)
    assert (row["open"], row["disputed"], row["written_off"], row["without_invoice"]) == (100, 60, 100, 8)


def test_a_company_without_invoices_has_one_line_of_zeros(engine):
    rows = months(engine, [])
    assert list(rows) == [AS_OF]
    assert rows[AS_OF]["open"] == 0
    assert rows[AS_OF]["dso"] is None
    for table in ("paying_on_time", "receivables"):
        assert engine.columns(table) == PUBLISHED[table].names


# --- any company

CENTS = st.integers(1, 9_999).map(lambda cents: Decimal(cents) / 100)
DAYS = st.integers(0, 200).map(lambda days: AS_OF - timedelta(days=days))
BILLS = st.lists(st.tuples(st.sampled_from("ab"), CENTS, DAYS, st.integers(0, 60),
                           st.sampled_from(["open", "paid", "void", "uncollectible"]), st.sampled_from([1, 3])),
                 min_size=1, max_size=5)  # fmt: skip
MONEY = st.lists(st.tuples(st.integers(0, 5), CENTS, DAYS,
                           st.sampled_from(["payment", "refund", "chargeback", "credit"])), max_size=6)  # fmt: skip


@settings(max_examples=12, deadline=None)
@draw(BILLS, MONEY)
def test_ages_add_up_to_open_and_parties_to_the_company(bills, moves):
    invoices = [
        invoice(
            n, amount, day + timedelta(days=term), party, issued_on=day, status=status, reporting_amount=rate * amount
        )
        for n, (party, amount, day, term, status, rate) in enumerate(bills)
    ]
    payments = [money(n, amount if kind == "payment" else -amount, day, kind) for n, amount, day, kind in moves]
    with fresh_engine() as engine:
        rows = months(engine, invoices, payments)
        assert all(sum(row[age] for age in AGES) == row["open"] for row in rows.values())
        sums = "SUM(overdue), SUM(disputed), SUM(written_off)"
        overdue, disputed, written_off = engine.rows(f"SELECT {sums} FROM paying_on_time")[0]
        now = rows[AS_OF]
        if overdue is not None:
            assert (now["open"] - now["current"], now["disputed"], now["written_off"]) == (
                overdue, disputed, written_off,
            )  # fmt: skip
        assert (
            engine.scalar("SELECT COUNT(*) FROM paying_on_time WHERE amount_on_time > amount_due OR on_time > due") == 0
        )
