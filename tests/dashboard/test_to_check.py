"""The page To check counts every register, and opens each to its rows."""

import re

import pytest

from tests.dashboard.conftest import Open
from tests.dashboard.reading import ask, text
from valuekit.dashboard.pages.to_check import TO_DO, TO_KNOW
from valuekit.snapshot import Snapshot

ROWS = {
    "renewals": "SELECT COUNT(*) FROM renewals",
    "contracts": "SELECT COUNT(*) FROM contract_issues",
    "stale": "SELECT COUNT(*) FROM paying_status WHERE stale",
    "no_contract": "SELECT COUNT(*) FROM stages WHERE stage = 'paid_without_contract'",
    "unpaid": "SELECT COUNT(*) FROM stages WHERE stage = 'signed_unpaid'",
    "commissions": "SELECT COUNT(*) FROM commissions WHERE rules_disagree",
    "trade": "SELECT COUNT(*) FROM trade",
    "served": "SELECT COUNT(*) FROM relationships",
}


def test_closed_registers_ask_for_no_rows(open_page: Open, subscription: Snapshot) -> None:
    opened = open_page("to-check", subscription)
    assert not opened.dataframe
    labels = [e.label for e in opened.expander]
    for register in ("renewals", "contracts", "stale"):
        assert any(label.endswith(f"· {ask(subscription, ROWS[register]):,}") for label in labels)


@pytest.mark.parametrize("register", [r.key for r in (*TO_DO, *TO_KNOW)])
def test_a_register_opens_to_its_rows(register: str, open_page: Open, subscription: Snapshot) -> None:
    opened = open_page("to-check", subscription, **{register: True})
    assert not opened.exception
    assert not opened.error
    if register in ROWS:
        assert len(opened.dataframe[-1].value) == ask(subscription, ROWS[register])


def test_unknown_words_are_told_with_what_to_do(open_page: Open, subscription: Snapshot) -> None:
    said = text(open_page("to-check", subscription, words=True))
    assert re.search(r"tbc\s+Manual\s+Unknown", said)
    assert "lifecycle.statuses" in said
    assert "`" not in said


def test_a_company_without_registers_says_that_there_is_nothing(open_page: Open, retailer: Snapshot) -> None:
    said = text(open_page("to-check", retailer))
    assert "Nothing in: Renewals due · Contracts to mend" in said
