"""What parties were billed, what they paid of it and what they owe; it closes in every case."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.cashflow.given import given
from tests.engines import fresh_engine
from valuekit import cashflow
from valuekit.calendar import FiscalCalendar, FiscalWeeks
from valuekit.cashflow import CALENDAR_MONTHS, settlement
from valuekit.cashflow.receivables_check import check_receivables
from valuekit.errors import CheckError

JAN, FEB, MAR = date(2026, 1, 10), date(2026, 2, 10), date(2026, 3, 10)
AS_OF = date(2026, 3, 31)
PEOPLE = [{"party_id": "a"}, {"party_id": "b"}, {"party_id": "it", "role": "internal"}]
PARTS = ("begin", "invoiced", "received", "credited", "written_off", "unknown", "fx", "end", "on_account")


RETAIL = FiscalCalendar(2, "start", FiscalWeeks("4-5-4", "saturday", "nearest"))
MADE = ("invoiced_months", "receivable_months", "paying_on_time", "receivables")


def compute(engine, calendar=CALENDAR_MONTHS, **tables):
    given(engine, **{"parties": PEOPLE, **tables})
    cashflow.compute(engine, as_of=AS_OF, pools={}, calendar=calendar)
    cashflow.follow_receivables(engine, as_of=AS_OF, calendar=calendar)
    return engine


def billed(amount, number="i1", day=JAN, party="a", **more):
    return {"id": number, "party": party, "issued_on": day, "amount": amount, **more}


def paid(amount, day=FEB, invoice="i1", party="a", kind="payment", **more):
    return {"party": party, "paid_on": day, "amount": amount, "invoice": invoice, "kind": kind, **more}


def months(engine):
    """Party, month and the parts that are not zero, in the order of time."""
    found = engine.query("SELECT * FROM receivable_months ORDER BY month, party_id").to_pylist()
    return [(r["party_id"], r["month"].month, {p: float(r[p]) for p in PARTS if r[p]}) for r in found]


def totals(engine):
    found = engine.query("SELECT invoiced, received, credited, written_off FROM receivable_months").to_pylist()
    return {
        part: float(sum(row[part] for row in found)) for part in ("invoiced", "received", "credited", "written_off")
    }


def statement(engine):
    columns = "month, invoiced, credited, written_off, support, net_invoiced"
    found = engine.rows(f"SELECT {columns} FROM invoiced_months ORDER BY month")
    return [(month.month, *map(float, rest)) for month, *rest in found]


def test_an_invoice_is_owed_until_it_is_paid(engine):
    compute(engine, invoices=[billed(100)], payments=[paid(30), paid(70, MAR)])
    assert months(engine) == [
        ("a", 1, {"invoiced": 100, "end": 100}),
        ("a", 2, {"begin": 100, "received": 30, "end": 70}),
        ("a", 3, {"begin": 70, "received": 70}),
    ]


def test_a_void_invoice_never_counts_and_money_for_it_is_on_account(engine):
    compute(engine, invoices=[billed(100, status="void")], payments=[paid(100)])
    assert months(engine) == [("a", 2, {"on_account": 100})]


def test_an_uncollectible_invoice_is_written_off_on_its_due_day_or_its_last_payment(engine):
    compute(engine, invoices=[billed(100, status="uncollectible", due_on=FEB)], payments=[paid(20, JAN)])
    assert months(engine)[1] == ("a", 2, {"begin": 80, "written_off": 80})
    compute(engine, invoices=[billed(100, status="uncollectible", due_on=FEB)], payments=[paid(20, MAR)])
    assert months(engine)[1] == ("a", 3, {"begin": 100, "received": 20, "written_off": 80})


def test_what_falls_due_after_the_date_of_the_run_is_written_off_by_it(engine):
    compute(engine, invoices=[billed(100, status="uncollectible", due_on=date(2026, 6, 1))])
    assert months(engine)[1] == ("a", 3, {"begin": 100, "written_off": 100})


def test_money_without_invoice_and_beyond_it_is_on_account(engine):
    compute(engine, invoices=[billed(100)], payments=[paid(130), paid(7, invoice=None), paid(5, invoice="unknown")])
    assert months(engine)[1] == ("a", 2, {"begin": 100, "received": 100, "on_account": 42})


def test_money_before_its_invoice_waits_on_account(engine):
    compute(engine, invoices=[billed(100, day=FEB)], payments=[paid(100, JAN)])
    assert months(engine) == [
        ("a", 1, {"on_account": 100}),
        ("a", 2, {"invoiced": 100, "received": 100, "on_account": -100}),
    ]


def test_money_of_nobody_known_has_a_row_of_its_own(engine):
    compute(engine, payments=[{"record": "nobody", "paid_on": FEB, "amount": 7}])
    assert months(engine) == [(None, 2, {"on_account": 7})]


def test_a_refund_gives_the_claim_up_and_a_chargeback_opens_it_again(engine):
    compute(engine, invoices=[billed(100, status="paid")], payments=[paid(100), paid(-30, MAR, kind="refund")])
    assert months(engine)[2] == ("a", 3, {"received": -30, "credited": 30})
    compute(engine, invoices=[billed(100)], payments=[paid(100), paid(-30, MAR, kind="chargeback")])
    assert months(engine)[2] == ("a", 3, {"received": -30, "end": 30})


def test_what_was_refunded_of_an_invoice_that_is_still_called_open_is_owed_again(engine):
    compute(engine, invoices=[billed(100)], payments=[paid(100), paid(-30, MAR, kind="refund")])
    assert months(engine)[2] == ("a", 3, {"received": -30, "end": 30})


def test_a_credit_lowers_what_is_owed_and_is_no_money_for_the_invoice(engine):
    compute(engine, invoices=[billed(100)], payments=[paid(-25, kind="credit"), paid(75, MAR)])
    assert months(engine)[1:] == [
        ("a", 2, {"begin": 100, "credited": 25, "end": 75, "on_account": -25}),
        ("a", 3, {"begin": 75, "received": 75}),
    ]


def test_an_invoice_called_paid_is_owed_by_nobody_without_a_payment_and_given_up_where_it_was_short(engine):
    compute(engine, invoices=[billed(100, status="paid")])
    assert months(engine) == [("a", 1, {"invoiced": 100, "unknown": 100})]
    compute(engine, invoices=[billed(100, status="paid")], payments=[paid(40), paid(50, MAR)])
    assert months(engine)[1:] == [
        ("a", 2, {"begin": 100, "received": 40, "end": 60}),
        ("a", 3, {"begin": 60, "received": 50, "credited": 10}),
    ]


def test_a_refund_first_takes_back_what_was_paid_beyond_the_invoice(engine):
    compute(engine, invoices=[billed(100, status="paid")], payments=[paid(150), paid(-60, MAR, kind="refund")])
    assert months(engine)[2] == ("a", 3, {"received": -10, "credited": 10, "on_account": -50})


def test_a_credit_note_lowers_what_is_owed_until_the_money_is_given_back(engine):
    notes = [billed(100), billed(-40, "i2", FEB)]
    compute(engine, invoices=notes, payments=[paid(100), paid(-40, MAR, "i2", kind="refund")])
    assert months(engine)[1] == ("a", 2, {"begin": 100, "received": 100, "credited": 40, "end": -40})
    assert months(engine)[2] == ("a", 3, {"begin": -40, "received": -40})


def test_invoices_of_own_units_are_no_receivable(engine):
    compute(engine, invoices=[billed(100, party="it")], payments=[paid(100, party="it")])
    assert months(engine) == []


# --- currencies

USD = {"currency": "USD"}
RATES = [{"currency": "USD", "rate_on": day, "rate": rate} for day, rate in ((JAN, "0.90"), (FEB, "0.80"))]


def test_a_payment_at_another_rate_leaves_the_difference_on_its_own_line(engine):
    compute(
        engine,
        invoices=[billed(100, reporting_amount=90, **USD)],
        payments=[paid(50, reporting_amount=40, **USD), paid(50, MAR, reporting_amount=48, **USD)],
    )
    assert months(engine)[1:] == [
        ("a", 2, {"begin": 90, "received": 40, "fx": -5, "end": 45}),
        ("a", 3, {"begin": 45, "received": 48, "fx": 3}),
    ]


def test_an_invoice_in_one_currency_is_paid_in_another(engine):
    invoice = billed(100, reporting_amount=90, **USD)
    compute(engine, fx_rates=RATES, invoices=[invoice], payments=[paid(40)])
    assert months(engine)[1] == (
        "a",
        2,
        {"begin": 90, "received": 40, "fx": -5, "end": 45},
    )  # 40 at 0.80 are 50 dollars
    compute(engine, fx_rates=RATES, invoices=[billed(90)], payments=[paid(100, reporting_amount=80, **USD)])
    assert months(engine)[1] == ("a", 2, {"begin": 90, "received": 80, "end": 10})


def test_a_paid_invoice_that_was_paid_in_another_currency_leaves_only_an_effect_of_rates(engine):
    invoice = billed(90, status="paid")
    compute(engine, fx_rates=RATES, invoices=[invoice], payments=[paid(100, reporting_amount=80, **USD)])
    assert months(engine)[1] == ("a", 2, {"begin": 90, "received": 80, "fx": -10})


# --- the invoiced statement


def test_the_statement_is_without_tax_also_in_what_is_given_up(engine):
    compute(
        engine,
        invoices=[
            billed(119, tax=19, status="paid"),
            billed("59.5", "i2", tax="9.5", status="uncollectible", due_on=FEB),
        ],
        payments=[paid(119, tax=19), paid("-11.9", MAR, kind="refund", tax="-1.9")],
        costs=[{"month": MAR.replace(day=1), "function": "support", "pool": "p", "amount": 4, "party": "a"}],
    )
    assert statement(engine) == [(1, 150, 0, 0, 0, 150), (2, 0, 0, -50, 0, -50), (3, 0, -10, 0, -4, -14)]
    assert totals(engine) == {"invoiced": 178.5, "received": 107.1, "credited": 11.9, "written_off": 59.5}


def test_orders_are_billed_when_they_are_placed(engine):
    orders = [
        {"party": "a", "ordered_on": JAN, "amount": 119, "tax": 19},
        {"party": "a", "ordered_on": FEB, "amount": -9},
    ]
    compute(engine, orders=orders)
    assert statement(engine) == [(1, 100, 0, 0, 0, 100), (2, 0, -9, 0, 0, -9)]
    assert months(engine) == []


# --- properties


def test_working_on_few_invoices_at_once_changes_nothing(engine, monkeypatch):
    tables = {
        "invoices": [billed(100), billed(50, "i2", FEB, "b")],
        "payments": [paid(60), paid(9, MAR, None, "b"), {"paid_on": FEB, "amount": 1}],
    }
    answers = []
    for size in (settlement.BILLS, 1):
        monkeypatch.setattr(settlement, "BILLS", size)
        compute(engine, **tables)
        answers.append([engine.rows(f"SELECT * FROM {t} ORDER BY ALL") for t in MADE])
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("damage", "message"),
    [('UPDATE receivable_months SET "end" = 1', "that of a in 2026-01, do not close: by 99.0000"),
     ("UPDATE receivables SET open = 7", "parties owe 100.0000 at 2026-01-31, and 7.0000 is open or disputed"),
     ("UPDATE receivable_months SET on_account = 1", "hold payments of 1.0000, the company has 0.0000")],
)  # fmt: skip
def test_receivables_that_do_not_close_stop_the_run(engine, damage, message):
    compute(engine, invoices=[billed(100)])
    engine.execute(damage)
    with pytest.raises(CheckError, match=message):
        check_receivables(engine)


CENTS = st.integers(-99_999, 99_999).map(lambda c: Decimal(c) / 100)
DAYS = st.sampled_from([JAN, FEB, MAR])
RATE = st.sampled_from([("EUR", "1"), ("USD", "0.9137"), ("JPY", "0.0061")])
INVOICE = {"party": st.sampled_from(["a", "b", "it", None]), "issued_on": DAYS, "amount": CENTS, "money": RATE,
           "status": st.sampled_from(["open", "paid", "void", "uncollectible"]),
           "due_on": st.none() | DAYS}  # fmt: skip
PAYMENT = {"party": st.sampled_from(["a", "b", "it", None]), "paid_on": DAYS, "amount": CENTS.map(abs),
           "money": RATE, "kind": st.sampled_from(["payment", "payment", "refund", "chargeback", "credit"]),
           "invoice": st.sampled_from(["i0", "i1", "i2", None])}  # fmt: skip


def converted(row, **more):
    (currency, rate), row = row["money"], {k: v for k, v in row.items() if k != "money"} | more
    tax = row["amount"] / 5
    there = {f"reporting_{c}": round(v * Decimal(rate), 2) for c, v in (("amount", row["amount"]), ("tax", tax))}
    return row | there | {"currency": currency, "tax": tax}


@settings(max_examples=15, deadline=None)
@for_all(
    st.lists(st.fixed_dictionaries(INVOICE), max_size=3),
    st.lists(st.fixed_dictionaries(PAYMENT), max_size=6),
    st.sampled_from([CALENDAR_MONTHS, RETAIL]),
)
def test_every_receivable_closes_and_no_money_is_lost(invoices, payments, calendar):
    signed = [converted(p, amount=p["amount"] if p["kind"] == "payment" else -p["amount"]) for p in payments]
    with fresh_engine() as engine:
        billed = [converted(i, id=f"i{n}") for n, i in enumerate(invoices)]
        compute(engine, calendar, invoices=billed, payments=signed)
        check_receivables(engine, calendar)
        own = [i for i in invoices if i["party"] != "it" and i["status"] != "void"]
        assert engine.scalar("SELECT COALESCE(SUM(fx), 0) FROM receivable_months") == 0 or any(
            r["money"][0] != "EUR" for r in (*own, *payments)
        )
        if all(i["status"] == "uncollectible" for i in own):
            assert engine.rows(LEFT_OPEN) == []


LEFT_OPEN = """
SELECT party_id FROM receivable_months GROUP BY party_id HAVING MAX_BY("end", month) <> 0
"""
