"""T9: contract terms that end soon."""

from datetime import date
from decimal import Decimal

import pytest

from tests.lifecycle.described import PAID, days_ago
from tests.registers.drawn import drawn

DUE = {
    "id": "T1", "record": "ann", "signed_on": "2025-07-20", "starts_on": "2025-08-01", "ends_on": "2026-07-31",
    "amount": 1200, "kind": "new",
}  # fmt: skip
MONTHLY = {**DUE, "ends_on": None, "auto_renew": True, "term_months": 1, "amount": 100}


def due(*terms, columns="contract, renews_on", **company):
    return drawn(contracts=terms, **company).rows(f"SELECT {columns} FROM renewals ORDER BY contract")


def test_a_term_renews_on_the_day_after_its_last():
    columns = "contract, renews_on, days_left, auto_renew, notice_given, mrr"
    assert due(DUE, columns=columns) == [("T1", date(2026, 8, 1), 32, False, False, Decimal(100))]


@pytest.mark.parametrize(
    ("ends_on", "listed"),
    [("2026-06-29", False), ("2026-06-30", True), ("2026-09-28", True), ("2026-09-29", False)],
)
def test_the_last_day_lies_within_renewal_days_of_the_date_described(ends_on, listed):
    assert bool(due({**DUE, "ends_on": ends_on})) is listed


def test_the_window_is_a_setting():
    assert due(DUE, settings={"renewal_days": 30}) == []
    assert len(due(DUE, settings={"renewal_days": 31})) == 1


def test_a_contract_that_renews_itself_is_due_at_the_end_of_the_term_under_way():
    renewing = {
        **DUE,
        "starts_on": "2023-08-01",
        "ends_on": "2024-07-31",
        "signed_on": "2023-07-20",
        "auto_renew": True,
    }
    columns = "renews_on, auto_renew, notice_given"
    assert due(renewing, columns=columns) == [(date(2026, 8, 1), True, False)]
    open_ended = {**renewing, "ends_on": None}
    assert due(open_ended, columns=columns) == [(date(2026, 8, 1), True, False)]


def test_notice_is_shown():
    cancelled = {**DUE, "auto_renew": True, "cancelled_on": "2026-06-01"}
    assert due(cancelled, columns="auto_renew, notice_given") == [(True, True)]


def test_what_renews_itself_by_the_month_is_listed_under_notice_alone():
    assert due(MONTHLY) == []
    assert due({**MONTHLY, "cancelled_on": "2026-06-10"}) == [("T1", date(2026, 7, 1))]
    assert due({**MONTHLY, "ends_on": "2026-07-31", "auto_renew": False}) == [("T1", date(2026, 8, 1))]


def test_a_term_that_is_renewed_already_is_not_due():
    signed = {"kind": "renewal", "signed_on": "2026-06-01"}
    renewal = {**DUE, **signed, "id": "T2", "starts_on": "2026-08-01", "ends_on": "2027-07-31"}
    assert due(DUE, renewal) == []
    assert due(DUE, {**renewal, "signed_on": None}) == [("T1", date(2026, 8, 1))]
    assert due(DUE, {**renewal, "kind": "new"}) == [("T1", date(2026, 8, 1))]


def test_of_two_subscriptions_one_renewal_renews_one():
    other = {**DUE, "id": "T3", "starts_on": "2026-01-01"}
    signed = {"kind": "renewal", "signed_on": "2026-06-01"}
    renewal = {**DUE, **signed, "id": "T2", "starts_on": "2026-08-01", "ends_on": "2027-07-31"}
    assert due(DUE, other, renewal) == [("T1", date(2026, 8, 1))]


def test_internal_and_test_accounts_renew_nothing():
    records = [{"record": "ann", "role": "test"}]
    assert due(DUE, records=records, payments=[{**PAID, "record": "ann"}]) == []


def test_a_contract_that_has_not_started_is_not_due():
    assert due({**DUE, "starts_on": days_ago(-5), "ends_on": days_ago(-30), "term_months": 1}) == []
