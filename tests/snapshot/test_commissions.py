from datetime import date
from decimal import Decimal

import pytest

from tests.snapshot.published import published
from valuekit.snapshot import commission_months, disagreeing_deals

MAY, JUNE = date(2026, 5, 4), date(2026, 6, 4)
DEALS = [
    {"system": "crm", "deal": "D1", "party_id": "p1", "amount": 100, "signed": MAY, "first_payment": MAY,
     "active_use": MAY},
    {"system": "crm", "deal": "D2", "party_id": "p2", "amount": 40, "signed": MAY, "first_payment": JUNE,
     "rules_disagree": True},
    {"system": "crm", "deal": "D3", "amount": 70, "signed": MAY, "rules_disagree": True},
]  # fmt: skip


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    return published(tmp_path_factory.mktemp("runs"), commissions=DEALS)


def test_deals_on_which_the_rules_disagree_come_by_amount(snapshot):
    found = disagreeing_deals(snapshot).to_pylist()
    assert [(r["deal"], r["label"], r["first_payment"]) for r in found] == [
        ("D3", None, None), ("D2", "=Bob & Sons", JUNE),
    ]  # fmt: skip


def test_each_rule_puts_all_deals_into_months_and_what_is_not_due_comes_last(snapshot):
    rows = [tuple(row.values()) for row in commission_months(snapshot).to_pylist()]
    may, june = date(2026, 5, 1), date(2026, 6, 1)
    assert rows == [
        ("signed", may, 3, Decimal(210)),
        ("first_payment", may, 1, Decimal(100)),
        ("first_payment", june, 1, Decimal(40)),
        ("first_payment", None, 1, Decimal(70)),
        ("active_use", may, 1, Decimal(100)),
        ("active_use", None, 2, Decimal(110)),
    ]
