from collections import Counter, defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from valuekit.calendar import add_months

END = date(2026, 6, 30)
TEN_THOUSANDTH = Decimal("0.0001")


@pytest.fixture(scope="module")
def recurring(company):
    """True recurring revenue by party and month end."""
    result = defaultdict(dict)
    for row in company.truth("mrr"):
        result[row["true_party"]][row["as_of"]] = row["mrr"]
    return result


@pytest.fixture(scope="module")
def movements(company, recurring):
    """Kinds of movement by party, from one month end to the next."""
    ends = sorted({row["as_of"] for row in company.truth("stages")})
    result = defaultdict(list)
    for party, months in recurring.items():
        before, ever = Decimal(0), False
        for end in ends:
            now = months.get(end, Decimal(0))
            if now != before:
                result[party].append(_kind(before, now, ever))
            before, ever = now, ever or now > 0
    return result


def _kind(before, now, ever):
    if now == 0:
        return "churn"
    if before == 0:
        return "reactivation" if ever else "new_business"
    return "expansion" if now > before else "contraction"


@pytest.mark.parametrize("today", [date(2024, 9, 30), date(2025, 12, 31), END])
def test_recurring_revenue_is_the_monthly_price_of_current_contracts_at_the_rate_of_their_signature(
    company, recurring, today
):
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties") if r["planted"] != "test"}
    rates = {(r["currency"], r["rate_on"]): r["rate"] for r in company.good("fx_rates")}
    expected = defaultdict(Decimal)
    for row in company.contracts():
        who = party.get((row["system"], row["record"]))
        if who and max(row["signed_on"], row["starts_on"]) <= today <= (row["ends_on"] or date.max):
            rate = rates.get((row["currency"], row["signed_on"].replace(day=1)), Decimal(1))
            euros = (row["amount"] * rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
            expected[who] += (euros / row["term_months"]).quantize(TEN_THOUSANDTH, ROUND_HALF_UP)
    assert {p: m[today] for p, m in recurring.items() if today in m} == expected


def test_every_kind_of_movement_occurs(movements):
    kinds = Counter(kind for party in movements.values() for kind in party)
    assert set(kinds) == {"new_business", "expansion", "contraction", "churn", "reactivation"}
    assert min(kinds.values()) > 20


def test_revenue_moves_in_every_currency(company, movements):
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}
    currency = {party[r["system"], r["record"]]: r["currency"] for r in company.contracts()}
    moved = {currency[p] for p, kinds in movements.items() if {"expansion", "contraction"} & set(kinds)}
    assert moved == {"EUR", "USD", "GBP"}


def test_some_customers_have_two_subscriptions_at_once(company):
    running = Counter(
        r["record"] for r in company.contracts()
        if r["starts_on"] <= END <= (r["ends_on"] or date.max) and r["signed_on"] <= END
    )  # fmt: skip
    assert sum(count > 1 for count in running.values()) > 10


def test_some_customers_join_and_leave_between_two_month_ends(company, recurring):
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}
    brief = [
        r for r in company.contracts()
        if r["ends_on"] and r["cancelled_on"] and r["ends_on"] < add_months(r["starts_on"].replace(day=1), 1)
        and r["ends_on"] < r["starts_on"].replace(day=28)
    ]  # fmt: skip
    alone = [r for r in brief if party[r["system"], r["record"]] not in recurring]
    assert alone
    paid = {row["record"] for row in company.good("payments")}
    assert {r["record"] for r in alone} & paid


def test_signature_first_payment_and_first_use_of_a_deal_fall_into_different_months(company):
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}
    first = {name: {} for name in ("won", "paid", "used")}
    events = [("won", r, r["closed_on"]) for r in company.good("opportunities") if r["record"] and r["status"] == "won"]
    events += [("paid", r, r["paid_on"]) for r in company.good("payments") if r["record"]]
    events += [("used", r, r["used_on"]) for r in company.good("usage")]
    for name, row, day in events:
        who = party[row["system"], row["record"]]
        first[name][who] = min(first[name].get(who, date.max), day)
    months = [[first[n][who].replace(day=1) for n in first] for who in set.intersection(*map(set, first.values()))]
    assert sum(len(set(m)) == 3 for m in months) > 20
    assert sum(len(set(m)) == 1 for m in months) > 100
