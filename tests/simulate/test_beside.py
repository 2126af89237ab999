"""People under accounts, suppliers in the ledger, rows recorded later, statuses by hand."""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

import pytest

END = date(2026, 6, 30)


@pytest.fixture(scope="module")
def party(company):
    return {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}


def test_people_are_recorded_under_the_organisation_that_they_count_with(company, party):
    people = [r for r in company.truth("parties") if r["planted"] == "person"]
    cards = {(r["system"], r["record"]): r for r in company.good("records")}
    assert len(people) > 200
    for row in people:
        card = cards[row["system"], row["record"]]
        account = cards[row["system"], card["parent"]]
        assert party[account["system"], account["record"]] == row["true_party"] != row["true_person"]
        assert (card["kind"], account["kind"]) == ("person", "organisation")
        assert card["created_on"] >= account["created_on"]


def test_the_four_units_count_differently(company):
    rows = company.truth("parties")
    counts = [len({r[unit] for r in rows}) for unit in ("true_person", "true_party", "true_parent", "true_group")]
    assert counts[0] > counts[1] > counts[2] >= counts[3]


def test_people_have_names_and_addresses_of_their_own(company):
    people = {r["record"] for r in company.truth("parties") if r["planted"] == "person"}
    everybody = company.good("records")
    addresses = Counter(r["email"] for r in everybody if r["email"])
    own = [r for r in everybody if r["system"] == "crm" and r["record"] in people]
    assert len({r["name"] for r in own}) == len(own)
    assert all(addresses[r["email"]] == 1 for r in own if r["email"])


def test_every_subsidiary_is_noted_in_the_crm_or_by_a_link(company, party):
    owned = {r["true_party"]: r["true_parent"] for r in company.truth("parties") if r["true_parent"] != r["true_party"]}
    noted = {}
    for row in company.good("records"):
        who = party[row["system"], row["record"]]
        if row["parent"] and row["kind"] == "organisation":
            noted[who] = party[row["system"], row["parent"]]
    for row in company.good("links"):
        if row["kind"] == "parent":
            noted[party[row["system"], row["from_record"]]] = party[row["to_system"], row["to_record"]]
    assert noted == owned
    assert owned


def test_ledger_lines_name_suppliers_that_are_known_by_then(company):
    cards = {(r["system"], r["record"]): r for r in company.good("records")}
    lines = [line for line in company.ledger() if line["supplier"]]
    assert {line["pool"] for line in lines} == {"hosting", "campaigns", "travel"}
    for line in lines:
        assert cards[line["system"], line["supplier"]]["role"] in ("supplier", "partner")
        assert cards[line["system"], line["supplier"]]["created_on"].replace(day=1) <= line["month"]
        assert line["amount"] > 0
        assert line["record"] is None


def test_some_that_are_paid_also_pay(company, party):
    paid = {party[line["system"], line["supplier"]] for line in company.ledger() if line["supplier"]}
    payers = {party[r["system"], r["record"]] for r in company.good("payments") if r["record"]}
    assert len(paid & payers) > 5
    assert len(paid - payers) > 5


@pytest.mark.parametrize(
    ("table", "day"), [("payments", "paid_on"), ("usage", "used_on"), ("opportunities", "opened_on")]
)
def test_some_rows_are_recorded_in_a_later_month(company, table, day):
    rows = company.good(table)
    late = [r for r in rows if r["recorded_on"]]
    assert 0.005 * len(rows) < len(late) < 0.05 * len(rows)
    assert all(r[day].replace(day=1) < r["recorded_on"].replace(day=1) for r in late)
    assert all(r["recorded_on"] <= END for r in late)


def test_what_came_back_is_often_booked_in_a_later_month(company):
    back = [r["recorded_on"] is not None for r in company.good("payments") if r["kind"] != "payment"]
    assert 0.15 < sum(back) / len(back) < 0.4


def test_the_number_of_a_month_depends_on_when_it_was_asked(company):
    """Two clocks: what is known of May at its end, and at the end of June."""
    month = [r for r in company.good("payments") if r["paid_on"].replace(day=1) == date(2026, 5, 1)]
    then = [r for r in month if (r["recorded_on"] or r["paid_on"]) <= date(2026, 5, 31)]
    assert 0 < len(then) < len(month)
    assert sum(r["amount"] for r in then) != sum(r["amount"] for r in month)


def test_a_status_by_hand_is_stale_when_it_says_what_is_no_longer_so(company):
    rows = company.truth("statuses")
    for row in rows:
        assert row["stale"] == ((row["manual"] == "paying") != row["pays"])
    kinds = Counter((r["manual"], r["stale"]) for r in rows)
    assert min(kinds.values()) > 5
    assert len(kinds) == 4


def test_who_pays_has_paid_for_these_days(company, party):
    """Money that came in within a month and the days of grace belongs to somebody who pays, unless it went back."""
    recent, back = set(), set()
    for row in company.good("payments"):
        who = party.get((row["system"], row["record"]))
        if row["kind"] == "payment" and row["paid_on"] > date(2026, 6, 5):
            recent.add(who)
        if row["kind"] != "payment":
            back.add(who)
    pays = {r["true_party"]: r["pays"] for r in company.truth("statuses")}
    assert all(pays[who] for who in recent - back if who in pays)


def test_the_provider_says_active_again_after_a_missed_bill_and_cancels_only_who_pays_no_longer(company, party):
    last = defaultdict(lambda: (date.min, ""))
    for row in company.good("statuses"):
        if row["origin"] == "provider":
            last[party[row["system"], row["record"]]] = max(
                last[party[row["system"], row["record"]]], (row["updated_on"], row["status"])
            )
    paid_since = defaultdict(Decimal)
    for row in company.good("payments"):
        who = party.get((row["system"], row["record"]))
        if who in last and row["paid_on"] > last[who][0] and row["kind"] == "payment":
            paid_since[who] += row["amount"]
    canceled = {who for who, (_, word) in last.items() if word == "canceled"}
    assert len(canceled) > 100
    assert len(canceled & set(paid_since)) < 0.02 * len(canceled)
    now = Counter(word for _, word in last.values())
    assert now["active"] > now["canceled"] > now["past_due"] > 0
