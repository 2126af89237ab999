from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

from tests.simulate.conftest import Company
from valuekit.calendar import month_end
from valuekit.simulate import Settings, simulate
from valuekit.tables.published import VALUED_STAGES

END = date(2026, 6, 30)
STREAMS = ("revenue", "cost_of_goods", "marketing", "sales", "support", "incentives")


@pytest.fixture(scope="module")
def stages(company):
    return {r["true_party"]: r["stage"] for r in company.truth("stages") if r["as_of"] == END}


def test_everybody_who_has_paid_has_ten_years_of_future(company, stages):
    years = Counter(row["true_party"] for row in company.truth("future"))
    assert set(years.values()) == {10}
    assert set(years) == {who for who, stage in stages.items() if stage in VALUED_STAGES}


def test_revenue_is_received_and_costs_are_paid(company):
    for row in company.truth("future"):
        assert row["revenue"] >= 0
        assert all(row[stream] <= 0 for stream in STREAMS[1:])


def test_customers_stay_for_a_while_and_leave_by_and_by(company, stages):
    revenue = defaultdict(int)
    paying = Counter()
    for row in company.truth("future"):
        if stages[row["true_party"]] in ("active", "inactive"):
            revenue[row["year"]] += row["revenue"]
            paying[row["year"]] += row["revenue"] > 0
    assert revenue[1] > revenue[3] > revenue[6] > revenue[10] > 0
    assert paying[1] > paying[2] > paying[4] > paying[8] > 0
    assert 0.55 < paying[2] / paying[1] < 0.95


def test_the_churned_come_back_rarely(company, stages):
    total = defaultdict(int)
    for row in company.truth("future"):
        total[row["true_party"]] += row["revenue"]
    churned = [total[who] > 0 for who, stage in stages.items() if stage == "churned"]
    assert 0 < sum(churned) / len(churned) < 0.15


def test_the_next_year_goes_on_like_the_last(company, stages):
    """Current customers bring in about what contracts promise: their prices a month, some leaving during the year."""
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}
    monthly = sum(
        row["amount"] / row["term_months"]
        for row in company.contracts()
        if row["starts_on"] <= END <= (row["ends_on"] or END)
        and stages[party[row["system"], row["record"]]] in ("active", "inactive")
    )
    next_year = sum(row["revenue"] for row in company.truth("future") if row["year"] == 1)
    assert 0.7 < float(next_year) / (12 * float(monthly)) < 1.1


def test_who_renews_more_often_stays_longer(company, stages):
    rate = {r["true_party"]: r["renewal_probability"] for r in company.truth("rates")}
    years = Counter(r["true_party"] for r in company.truth("future") if r["revenue"] > 0)
    annual = {party for party in rate if stages.get(party) == "active" and rate[party] < 0.9}
    low = [years[p] for p in annual if rate[p] < 0.75]
    high = [years[p] for p in annual if rate[p] > 0.85]
    assert sum(high) / len(high) > sum(low) / len(low) + 1


LOYAL = Settings(
    annual_renewal=(1e6, 1.0), monthly_renewal=(1e6, 1.0), signed_unpaid=0.0, fully_refunded=0.0, without_contract=0.0
)
"""Nearly nobody leaves, so that who is a customer at the data end is one in every month after it."""


def test_marketing_of_a_customer_goes_on_as_it_was(tmp_path):
    """A month costs the same before the data end as after it; what was spent to win the customer is not counted."""
    loyal = Company(tmp_path, simulate(tmp_path, customers=1500, seed=11, settings=LOYAL))
    party = {(r["system"], r["record"]): r["true_party"] for r in loyal.truth("parties")}
    start = {}
    for row in loyal.contracts():
        who = party[row["system"], row["record"]]
        start[who] = min(row["starts_on"], start.get(who, END))
    future = [r for r in loyal.truth("future") if r["year"] <= 3]
    ahead = -float(sum(r["marketing"] for r in future)) / (12 * len(future))
    start = {r["true_party"]: start[r["true_party"]] for r in future}
    months = sum(12 * (END.year - day.year) + END.month - day.month for day in start.values())
    spent = [r["cost"] for r in loyal.truth("costs")
             if r["function"] == "marketing" and r["true_party"] in start and r["month"] > start[r["true_party"]]
             ]  # fmt: skip
    assert ahead == pytest.approx(float(sum(spent)) / months, rel=0.08)


def test_nothing_is_spent_on_marketing_to_who_has_left(company, stages):
    """Neither in the months since nor in the years ahead, unless the party comes back."""
    at = defaultdict(dict)
    for row in company.truth("stages"):
        at[row["true_party"]][row["as_of"]] = row["stage"]
    left = {(who, day + timedelta(days=1)) for who, days in at.items() for day, stage in days.items()
            if stage == "churned" and days.get(month_end(day + timedelta(days=1))) == "churned"}  # fmt: skip
    spent = [
        r for r in company.truth("costs") if r["function"] == "marketing" and (r["true_party"], r["month"]) in left
    ]
    assert len(left) > 1000
    assert spent == []
    back = {r["true_party"] for r in company.truth("future") if r["revenue"] > 0}
    gone = [r for r in company.truth("future") if stages[r["true_party"]] == "churned" and r["true_party"] not in back]
    assert len(gone) > 1000
    assert all(row["marketing"] == 0 for row in gone)
