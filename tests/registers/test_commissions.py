"""R10: the day that earns the commission, under three rules."""

from datetime import date
from decimal import Decimal

import pytest

from tests.registers.drawn import drawn

DEAL = {"id": "D1", "record": "ann", "status": "won", "opened_on": "2026-01-05", "closed_on": "2026-02-10",
        "amount": 1200, "owner": "Mia"}  # fmt: skip
CONTRACT = {"record": "ann", "signed_on": "2026-02-12", "starts_on": "2026-03-01", "ends_on": "2027-02-28",
            "amount": 1200, "kind": "new"}  # fmt: skip
PAYMENT = {"record": "ann", "paid_on": "2026-02-20", "amount": 1200, "invoice": "I1"}
USE = {"record": "ann", "used_on": "2026-02-25"}
ELSEWHERE = {"payments": [{**PAYMENT, "record": "bob"}], "usage": [{**USE, "record": "bob"}]}
"""Somebody else's money and use: the company records both."""


def dates(*deals, columns="signed, first_payment, active_use", **tables):
    tables = {"contracts": [CONTRACT], "payments": [PAYMENT], "usage": [USE], **tables}
    (row,) = drawn(opportunities=deals or [DEAL], **tables).rows(f"SELECT {columns} FROM commissions WHERE deal = 'D1'")
    return row


def signed(**tables):
    return dates(**tables)[0]


def test_each_rule_has_its_day():
    used_later = [USE, {**USE, "used_on": "2026-03-04"}]
    assert dates(usage=used_later) == (date(2026, 2, 12), date(2026, 2, 20), date(2026, 3, 4))


def test_the_deal_keeps_its_owner_and_amount():
    assert dates(columns="owner, amount") == ("Mia", Decimal(1200))


# --- signed


@pytest.mark.parametrize(("signed_on", "follows"), [("2026-01-04", False), ("2026-01-05", True), ("2026-03-20", True)])
def test_a_contract_follows_a_deal_when_it_was_signed_since_the_opening(signed_on, follows):
    assert bool(signed(contracts=[{**CONTRACT, "signed_on": signed_on}])) is follows


def test_of_several_contracts_the_one_signed_nearest_to_the_closing_follows():
    others = [{**CONTRACT, "signed_on": day} for day in ("2026-01-10", "2026-02-14", "2026-05-01")]
    assert signed(contracts=others) == date(2026, 2, 14)


def test_a_contract_signed_more_than_a_year_later_belongs_to_something_else():
    old = {**DEAL, "opened_on": "2025-01-05", "closed_on": "2025-02-11"}
    assert dates(old)[0] is None
    assert dates({**old, "closed_on": "2025-02-12"})[0] == date(2026, 2, 12)


def test_a_deal_without_opening_day_is_followed_from_its_closing():
    assert dates({**DEAL, "opened_on": None, "closed_on": "2026-02-12"})[0] == date(2026, 2, 12)
    assert dates({**DEAL, "opened_on": None, "closed_on": "2026-02-13"})[0] is None


def test_a_deal_that_nobody_signed_is_not_due_where_contracts_are_kept():
    assert signed(contracts=[{**CONTRACT, "record": "bob"}]) is None


def test_the_closing_is_the_signature_where_no_contracts_are_kept():
    assert signed(contracts=[]) == date(2026, 2, 10)


# --- first payment


def test_money_from_before_the_signature_earns_nothing():
    assert dates(payments=[{**PAYMENT, "paid_on": "2026-02-11"}])[1] is None
    assert dates(payments=[{**PAYMENT, "paid_on": "2026-02-12"}])[1] == date(2026, 2, 12)


def test_a_payment_that_all_went_back_earns_nothing_and_one_that_went_back_in_part_does():
    def paid_after_refund(amount):
        refund = {**PAYMENT, "paid_on": "2026-03-01", "amount": -amount, "kind": "refund"}
        later = {**PAYMENT, "paid_on": "2026-04-01", "invoice": "I2"}
        return dates(payments=[PAYMENT, refund, later])[1]

    assert paid_after_refund(1200) == date(2026, 4, 1)
    assert paid_after_refund(1199) == date(2026, 2, 20)


def test_without_invoices_the_payments_of_a_party_are_taken_together():
    payment = {**PAYMENT, "invoice": None}
    refund = {**payment, "paid_on": "2026-03-01", "amount": -1200, "kind": "refund"}
    assert dates(payments=[payment, refund])[1] is None
    assert dates(payments=[payment, {**refund, "amount": -100}])[1] == date(2026, 2, 20)
    assert dates(payments=[payment, {**refund, "record": "bob"}])[1] == date(2026, 2, 20)


def test_an_order_is_a_payment_unless_it_is_returned():
    order = {"id": "O1", "record": "ann", "ordered_on": "2026-02-15", "amount": 50}
    back = {"id": "O2", "record": "ann", "ordered_on": "2026-02-20", "amount": -50, "returns_order": "O1"}
    assert dates(payments=[], orders=[order])[1] == date(2026, 2, 15)
    assert dates(payments=[], orders=[order, back])[1] is None


def test_who_pays_without_having_signed_earns_it_from_the_closing_on():
    others = [{**CONTRACT, "record": "bob"}]
    assert dates(contracts=others)[:2] == (None, date(2026, 2, 20))


# --- active use


@pytest.mark.parametrize(
    ("days", "first"),
    [
        (["2026-02-28"], None),
        (["2026-03-01"], date(2026, 3, 1)),
        (["2026-02-01", "2026-04-01", "2026-05-01"], date(2026, 4, 1)),
        (["2026-04-02", "2026-05-01"], date(2026, 4, 2)),
    ],
)
def test_use_counts_from_the_start_of_the_contract(days, first):
    assert dates(usage=[{**USE, "used_on": day} for day in days])[2] == first


# --- do they disagree?


def disagree(*, paid_on=None, used_on=None, **tables):
    money = [{**PAYMENT, "paid_on": paid_on}] if paid_on else ELSEWHERE["payments"]
    use = [{**USE, "used_on": used_on}] if used_on else ELSEWHERE["usage"]
    start = [{**CONTRACT, "starts_on": "2026-02-12"}]
    return dates(columns="rules_disagree", **{"contracts": start, "payments": money, "usage": use, **tables})[0]


def test_rules_agree_when_all_fall_into_one_month():
    assert disagree(paid_on="2026-02-28", used_on="2026-02-13") is False


def test_rules_disagree_when_one_falls_into_another_month_or_is_not_due_yet():
    assert disagree(paid_on="2026-03-01", used_on="2026-02-13") is True
    assert disagree(paid_on="2026-02-28", used_on="2026-03-01") is True
    assert disagree(paid_on="2026-02-28") is True
    assert disagree(used_on="2026-02-13") is True


def test_rules_agree_when_none_is_due_yet():
    assert disagree(contracts=[{**CONTRACT, "record": "bob"}]) is False


def test_a_rule_that_the_company_cannot_keep_is_not_compared():
    assert disagree(paid_on="2026-02-28", usage=[]) is False
    assert disagree(used_on="2026-02-13", payments=[]) is False


def test_open_and_lost_deals_and_those_of_internal_accounts_earn_nothing():
    deals = [{**DEAL, "id": "D2", "status": "lost"}, {**DEAL, "id": "D3", "status": "open", "closed_on": None},
             {**DEAL, "id": "D4", "record": "staff"}]  # fmt: skip
    engine = drawn(opportunities=deals, records=[{"record": "ann"}, {"record": "staff", "role": "internal"}])
    assert engine.count("commissions") == 0


def test_a_deal_of_an_unknown_party_is_listed():
    known = [{"record": "ann"}]
    row = dates({**DEAL, "record": None}, columns="party_id, signed, first_payment, rules_disagree", records=known)
    assert row == (None, None, None, False)
