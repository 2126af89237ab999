from collections import Counter, defaultdict
from datetime import date

import numpy as np
import pytest

from valuekit.simulate import Settings
from valuekit.simulate.clock import Clock
from valuekit.simulate.exchange import Exchange

END = date(2026, 6, 30)


def test_payments_pay_invoices_of_the_same_record_and_amount(company):
    invoices = {row["id"]: row for row in company.good("invoices")}
    paid = [row for row in company.good("payments") if row["invoice"] and row["kind"] == "payment"]
    assert len(paid) > 5000
    for row in paid:
        invoice = invoices[row["invoice"]]
        assert (row["amount"], row["currency"]) == (invoice["amount"], invoice["currency"])
        assert row["record"] in (invoice["record"], None)
        assert row["paid_on"] >= invoice["issued_on"]
        assert invoice["status"] == "paid"


def test_invoices_that_say_paid_are_paid_and_no_others(company):
    paid = {row["invoice"] for row in company.good("payments")}
    for row in company.good("invoices"):
        assert (row["status"] == "paid") == (row["id"] in paid)
    assert {row["status"] for row in company.good("invoices")} == {"open", "paid", "void", "uncollectible"}


def test_money_comes_back_in_three_ways_and_never_more_than_was_paid(company):
    kinds = Counter(row["kind"] for row in company.good("payments"))
    assert min(kinds[k] for k in ("refund", "chargeback", "credit")) >= 5
    balance = defaultdict(int)
    for row in company.good("payments"):
        if row["invoice"]:
            balance[row["invoice"]] += row["amount"]
    assert min(balance.values()) >= 0


def test_some_parties_are_refunded_in_full_and_count_as_never_paid(company):
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}
    net = defaultdict(int)
    for row in company.good("payments"):
        if row["record"]:
            net[party[row["system"], row["record"]]] += row["amount"]
    refunded = {who for who, amount in net.items() if amount == 0}
    now = {r["true_party"]: r for r in company.truth("stages") if r["as_of"] == END}
    assert len(refunded) >= 5
    assert {now[who]["stage"] for who in refunded} <= {"prospect", "signed_unpaid"}


def test_some_pay_late_and_some_early(company):
    due = {row["id"]: row["due_on"] for row in company.good("invoices")}
    days = [(r["paid_on"] - due[r["invoice"]]).days for r in company.good("payments")
            if r["invoice"] and r["kind"] == "payment"]  # fmt: skip
    assert 0.05 < np.mean(np.array(days) > 7) < 0.25
    assert np.median(days) <= 0


def test_a_few_payments_have_no_record(company):
    missing = [row for row in company.good("payments") if row["record"] is None]
    assert 0 < len(missing) < 0.01 * company.summary.rows["payments"]


def test_every_currency_has_a_rate_from_before_the_first_row_on(company):
    first = min(row["signed_on"] for row in company.contracts())
    rates = defaultdict(list)
    for row in company.good("fx_rates"):
        rates[row["currency"]].append(row["rate_on"])
    used = {row["currency"] for table in ("contracts", "payments", "invoices") for row in company.good(table)}
    assert used == {"EUR", *rates}
    for days in rates.values():
        assert min(days) < first
        assert len(set(days)) == len(days) == 37


@pytest.mark.parametrize(("cents", "rounded"), [(100, 1), (-100, -1), (40, 0), (50, 1), (-50, -1)])
def test_conversion_rounds_half_away_from_zero(cents, rounded):
    exchange = Exchange(1, Clock(END, 12), Settings())
    exchange._rates[1] = 1_000_000  # a hundredth
    converted = exchange.reporting(np.array([cents]), np.array([1]), np.array([Clock(END, 12).end]))
    assert converted.tolist() == [rounded]


def test_statuses_speak_the_providers_words_and_what_people_typed_goes_stale(company):
    words = defaultdict(set)
    last = {}
    for row in sorted(company.good("statuses"), key=lambda r: r["updated_on"]):
        words[row["origin"]].add(row["status"])
        last[row["origin"], row["system"], row["record"]] = row["status"]
    stripe = {"active", "past_due", "unpaid", "canceled", "trialing", "incomplete"}
    assert words["provider"] - stripe == {"in_migration", "manual_review"}
    assert words["manual"] == {"paying", "not paying"}
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}
    gone = {r["true_party"] for r in company.truth("stages") if r["as_of"] == END and r["stage"] == "churned"}
    stale = [k for k, status in last.items()
             if k[0] == "manual" and status == "paying" and party[k[1], k[2]] in gone]  # fmt: skip
    assert len(stale) > 20
