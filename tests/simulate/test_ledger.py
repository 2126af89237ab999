from collections import defaultdict
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from valuekit.simulate import Settings
from valuekit.simulate.clock import Clock
from valuekit.simulate.ledger import FUNCTIONS, POOLS, TEAMS, Caused, Ledger, minute_cost


def sums(rows, *columns, of):
    result = defaultdict(Decimal)
    for row in rows:
        result[tuple(row[c] for c in columns)] += row[of] or Decimal(0)
    return result


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_ledger_is_what_parties_caused_and_unused_capacity_to_the_cent(company, function):
    ledger = [line for line in company.ledger() if line["function"] == function]
    truth = [row for row in company.truth("costs") if row["function"] == function]
    spent, caused = sums(ledger, "month", of="amount"), sums(truth, "month", of="cost")
    capacity, worked = sums(ledger, "month", of="practical_capacity_minutes"), sums(truth, "month", of="minutes")
    rates = {(line["month"],): line["amount"] / line["practical_capacity_minutes"] for line in ledger
             if line["practical_capacity_minutes"]}  # fmt: skip
    assert len(spent) == 36 or function == "incentives"
    for month, amount in spent.items():
        unused = (capacity[month] - worked[month]) * rates.get(month, Decimal(0))
        assert unused >= 0
        assert amount == caused[month] + unused


def test_general_cost_is_no_partys(company):
    assert {line["pool"] for line in company.ledger() if line["function"] == "general"} == {"office"}
    assert "general" not in {row["function"] for row in company.truth("costs")}


def test_direct_lines_are_for_the_party_that_caused_them(company):
    party = {(r["system"], r["record"]): r["true_party"] for r in company.truth("parties")}
    direct = [line for line in company.ledger() if line["record"]]
    assert {line["pool"] for line in direct} == {"licences", "incentives"}
    for line in direct:
        line["true_party"] = party[line["system"], line["record"]]
    incentives = [line for line in direct if line["pool"] == "incentives"]
    truth = [row for row in company.truth("costs") if row["function"] == "incentives"]
    assert sums(incentives, "true_party", "month", of="amount") == sums(truth, "true_party", "month", of="cost")


def test_minutes_of_agents_are_the_true_minutes_but_for_those_nobody_wrote_down(company):
    wrote = sum(row["minutes"] or 0 for row in company.good("tickets"))
    reviews = sum(row["minutes"] for row in company.good("activities") if row["function"] == "support")
    true = sum(row["minutes"] for row in company.truth("costs") if row["function"] == "support")
    assert 0.97 * float(true) < float(wrote + reviews) < float(true)


def test_the_company_is_healthy_and_its_costs_are_sensible(company):
    rates = {(r["currency"], r["rate_on"]): r["rate"] for r in company.good("fx_rates")}
    revenue = sum(
        row["amount"] * rates.get((row["currency"], row["paid_on"].replace(day=1)), 1)
        for row in company.good("payments")
    )
    cost = {f: float(amount / revenue) for (f,), amount in sums(company.ledger(), "function", of="amount").items()}
    assert 0.18 < cost["cost_of_goods"] < 0.27
    assert 0.08 < cost["support"] < 0.15
    assert 0.12 < cost["sales"] < 0.20
    assert 0.07 < cost["marketing"] < 0.13
    assert 0.07 < cost["general"] < 0.12
    assert sum(cost.values()) < 0.85


def test_wages_rise_once_a_year():
    assert minute_cost(Settings(), "sales_team", np.array([0, 11, 12, 24])).tolist() == [105, 105, 108, 111]


def test_capacity_is_whole_people_and_never_less_than_the_work():
    settings, clock = Settings(), Clock(date(2026, 6, 30), 36)
    caused = Caused(clock, settings, 1)
    day = clock.first(np.array([3]))
    caused.work("support_team", np.array([0]), day, np.array([20_000]))
    ledger = Ledger(clock, settings)
    ledger.add(caused)
    staff = ledger.staff("support_team")
    assert staff[[2, 3, 5, 6]].tolist() == [1, 3, 3, 1]
    assert ledger.unused("support_team")[3] == (3 * settings.minutes_per_person - 20_000) * 80
    assert ledger.unused("sales_team").min() > 0


def test_every_pool_serves_a_function_and_every_team_is_a_pool():
    assert set(POOLS.values()) == set(FUNCTIONS)
    assert set(TEAMS) < set(POOLS)
