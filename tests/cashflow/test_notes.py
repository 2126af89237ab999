from datetime import date

import pyarrow as pa

from tests.cashflow.allocated import APR, FEB, JAN, MAR, compute, cost, notes, paid, ticket
from valuekit.cashflow import Activity, Pool
from valuekit.tables import PUBLISHED

MAY = date(2026, 5, 1)


def said(engine, kind, costs, pools=None, activities=None, **rows):
    compute(engine, pools, activities, {"costs": costs, **rows})
    return notes(engine, kind)


def test_a_pool_that_nobody_configured_goes_by_its_function_and_says_so(engine):
    found = said(engine, "pool_without_driver", [cost(5), cost(6, "general", "rent")], tickets=[ticket(minutes=1)])
    assert found == {
        "desk": "The ledger's pool 'desk' has no driver in `cashflow.pools`; its function shares it by ticket_minutes "
        "then tickets then revenue."
    }
    assert engine.rows("SELECT rows, amount FROM cash_notes") == [(1, -5)]


def test_a_capacity_alone_is_no_driver(engine):
    assert "desk" in said(engine, "pool_without_driver", [cost(5)], {"desk": Pool(capacity_minutes=9)})
    assert said(engine, "pool_without_driver", [cost(5)], {"desk": "tickets"}) == {}


def test_a_configured_pool_that_the_ledger_does_not_have_is_named_with_its_neighbour(engine):
    found = said(engine, "driver_without_pool", [cost(5)], {"dsek": "tickets"})
    assert found["dsek"].endswith("is no pool of the ledger up to this date. Did you mean 'desk'?")


def test_an_activity_that_no_pool_names(engine):
    found = said(engine, "activity_without_pool", [], activities={"call": Activity("tickets", "1")})
    assert list(found) == ["call"]


def test_months_that_the_ledger_skips(engine):
    found = said(engine, "ledger_month_missing", [cost(5, month=JAN), cost(5, month=APR), cost(5, month=MAY)])
    assert list(found) == ["2026-02"]
    assert found["2026-02"].startswith("The ledger has no line from 2026-02 until 2026-04: 2 month(s).")


def test_a_month_that_one_pool_skips(engine):
    desk = [cost(5, month=month) for month in (JAN, FEB, APR)]
    rent = [cost(5, "general", "rent", month) for month in (JAN, FEB, MAR, APR)]
    found = said(engine, "ledger_month_missing", [*desk, *rent])
    assert found == {"pool desk": "Pool 'desk' has no line in 1 month(s) in which the ledger has others: 2026-03."}


def test_a_pool_that_comes_now_and_then_skips_nothing(engine):
    fair = [cost(5, "marketing", "fair", month) for month in (JAN, MAY)]
    rent = [cost(5, "general", "rent", month) for month in (JAN, FEB, MAR, APR, MAY)]
    assert said(engine, "ledger_month_missing", [*fair, *rent]) == {}


def test_rows_set_aside_for_their_minutes_or_their_currency_are_counted(engine):
    reasons = [
        ("tickets", "quarantine", "broken rule: work is not negative"),
        ("costs", "quarantine", "broken rule: capacity is not negative"),
        ("payments", "quarantine", "unknown currency XXX: no exchange rate at all"),
        ("payments", "quarantine", "no exchange rate of CHF on or before the day of the row"),
        ("payments", "warn", "no exchange rate of CHF on or before the day of the row"),
    ]
    blank = {"source": "s", "row_number": 1, "row_text": ""}
    rows = [dict(zip(("table_name", "severity", "reasons"), r, strict=True)) | blank for r in reasons]
    engine.put("quarantine", pa.Table.from_pylist(rows, schema=PUBLISHED["quarantine"].arrow))
    assert "costs 1, tickets 1." in said(engine, "minutes_below_zero", [])["quarantine"]
    assert "payments 2." in notes(engine, "currency_without_rate")["quarantine"]


def test_money_in_another_currency_than_the_contract(engine):
    contracts = [{"party": p, "currency": "USD", "starts_on": JAN, "signed_on": JAN} for p in ("a", "b")]
    contracts.append({"party": "b", "currency": "EUR", "starts_on": FEB, "signed_on": JAN})
    payments = [paid("a", amount=70), paid("a", amount=5), paid("b", currency="GBP"), paid("b"), paid("c")]
    found = said(engine, "paid_in_another_currency", [], contracts=contracts, payments=payments)
    assert list(found) == ["EUR and USD paid in GBP", "USD paid in EUR"]
    assert found["USD paid in EUR"].startswith("Parties with a contract in USD that pay in EUR: 1.")
    assert engine.scalar("SELECT amount FROM cash_notes WHERE place = 'USD paid in EUR'") == 75
