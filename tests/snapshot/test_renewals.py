from datetime import date
from decimal import Decimal

import pytest

from tests.snapshot.published import published
from valuekit.errors import UnknownNameError
from valuekit.snapshot import renewal_months, renewals


def term(party: str, contract: str, day: date, mrr: int, **more) -> dict:
    days = (day - date(2026, 6, 30)).days
    return {"party_id": party, "system": "crm", "contract": contract, "renews_on": day, "days_left": days, "mrr": mrr,
            "notice_given": False, **more}  # fmt: skip


AUGUST, LATER, SEPTEMBER = date(2026, 8, 1), date(2026, 8, 20), date(2026, 9, 1)
TERMS = [
    term("p1", "T1", AUGUST, 50),
    term("p1", "T2", LATER, 10, notice_given=True),
    term("p2", "T3", AUGUST, 900),
    term("p4", "T4", SEPTEMBER, 30),
]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    return published(tmp_path_factory.mktemp("runs"), renewals=TERMS)


def test_renewals_come_by_value_and_then_by_recurring_revenue(snapshot):
    found = renewals(snapshot).to_pylist()
    assert [(r["contract"], r["value"]) for r in found] == [
        ("T1", Decimal(2400)), ("T2", Decimal(2400)), ("T4", Decimal(0)), ("T3", Decimal(-90)),
    ]  # fmt: skip
    assert (found[0]["label"], found[0]["stage"], found[0]["days_left"]) == ("Ada Ltd", "active", 32)


def test_or_by_recurring_revenue(snapshot):
    assert renewals(snapshot, by="mrr")["contract"].to_pylist() == ["T3", "T1", "T4", "T2"]


def test_another_order_is_an_error(snapshot):
    with pytest.raises(UnknownNameError, match="renewals: there is no order 'ltv'"):
        renewals(snapshot, by="ltv")


def test_months_count_the_value_of_a_party_once(snapshot):
    august, september = renewal_months(snapshot).to_pylist()
    assert august == {"month": AUGUST, "contracts": 3, "parties": 2, "mrr": Decimal(960),
                      "mrr_under_notice": Decimal(10), "value": Decimal(2310)}  # fmt: skip
    assert (september["month"], september["contracts"], september["value"]) == (SEPTEMBER, 1, 0)
