"""What if: each change moves what it is of; the books of the scenario are those of a run over the changed company."""

from datetime import date
from decimal import Decimal
from math import ceil

import pytest
from hypothesis import example, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from tests.cashflow.allocated import AS_OF, FEB, JAN, MAR, compute, cost, paid, ticket
from tests.cashflow.given import published
from tests.engines import fresh_engine
from valuekit.cashflow.what_if import WhatIf, ask_books, ask_parties
from valuekit.errors import ConfigError, UnknownNameError

DESK = [cost(1000, practical_capacity_minutes=100), cost(60, "cost_of_goods", "parts", party="a"),
        cost(40, "general", "rent")]  # fmt: skip


@pytest.fixture(scope="module")
def desk():
    """1000 for 100 minutes of which 40 are used, 60 of parts that are a's, 40 of rent; 1000 and 100 are paid."""
    rows = {"payments": [paid("a", amount=1000), paid("b", amount=100)], "costs": DESK}
    with fresh_engine() as engine:
        yield compute(engine, rows=rows | {"tickets": [ticket("a", minutes=30), ticket("b", minutes=10)]})


def then(engine, change):
    found = ask_parties(engine, change)
    return dict(zip(found["party_id"].to_pylist(), found["net_cash_then"].to_pylist(), strict=True))


def books(engine, change):
    return {row["pool"]: row for row in ask_books(engine, change, as_of=AS_OF).to_pylist()}


@pytest.mark.parametrize(
    ("change", "a", "b"),
    [
        (WhatIf(), 640, 0),
        (WhatIf(price=0.1), 740, 10),
        (WhatIf(volume=0.5), 960, 0),
        (WhatIf(minutes={"desk": -1}), 940, 100),
        (WhatIf(rates={"desk": 0.5, "parts": -1}), 550, -50),
        (WhatIf(minutes={"desk": 1}, rates={"desk": -0.5}), 640, 0),
        (WhatIf(rates={"rent": 9}), 640, 0),
    ],
)
def test_each_change_moves_what_it_is_of(desk, change, a, b):
    assert then(desk, change) == {"a": a, "b": b}


@pytest.mark.parametrize(
    ("change", "cost_then", "unused", "steps"),
    [
        (WhatIf(), 1000, 600, 0),
        (WhatIf(volume=1), 1000, 200, 0),
        (WhatIf(volume=1.5), 1000, 0, 0),
        (WhatIf(volume=1.5001), 1100, 99.96, 1),
        (WhatIf(volume=1.5001, capacity_step=0.5), 1500, 499.96, 1),
        (WhatIf(minutes={"desk": 2}), 1200, 0, 2),
        (WhatIf(minutes={"desk": -1}), 1000, 1000, 0),
        (WhatIf(volume=1.75, rates={"desk": 1}), 2200, 0, 1),
    ],
)
def test_growth_uses_up_what_was_unused_and_then_buys_whole_steps(desk, change, cost_then, unused, steps):
    found = books(desk, change)["desk"]
    assert float(-found["ledger_then"]) == pytest.approx(cost_then, abs=1e-9)
    assert float(-found["unused_capacity_then"]) == pytest.approx(unused, abs=1e-9)
    assert (found["steps"], found["months_stepped"]) == (steps, min(steps, 1))


def test_cost_that_is_not_shared_out_moves_with_its_rate_alone(desk):
    assert books(desk, WhatIf(volume=1, rates={"rent": 0.5}))["rent"]["ledger_then"] == -60


def test_a_month_beyond_its_capacity_has_what_it_used():
    rows = {"costs": [cost(100, practical_capacity_minutes=10)], "tickets": [ticket(minutes=20)]}
    with fresh_engine() as engine:
        compute(engine, rows=rows)
        assert books(engine, WhatIf())["desk"]["steps"] == 0
        found = books(engine, WhatIf(volume=0.1))["desk"]
        assert (found["steps"], found["capacity_minutes_then"], found["ledger_then"]) == (1, 22, -110)


def test_months_before_the_year_are_no_part_of_it(desk):
    assert ask_books(desk, WhatIf(), as_of=date(2027, 4, 30)).num_rows == 0


def test_wrong_changes_are_told(desk):
    with pytest.raises(ConfigError, match=r"minutes of desk: -1\.5 is no change"):
        ask_parties(desk, WhatIf(minutes={"desk": -1.5}))
    with pytest.raises(ConfigError, match=r"capacity_step: 0 is no step"):
        ask_parties(desk, WhatIf(capacity_step=0))
    with pytest.raises(UnknownNameError, match="Did you mean 'desk'"):
        ask_parties(desk, WhatIf(rates={"desks": 1}))


AMOUNT = st.integers(-(10**9), 10**9).map(lambda n: Decimal(n) / 10_000)
MONTHS = st.sampled_from([JAN, FEB, MAR])
SHARE = st.sampled_from([-0.5, 0.0, 0.5, 1.0])


def rows(make, **columns):
    return st.lists(st.builds(make, **columns), max_size=5)


COMPANY = st.fixed_dictionaries({
    "payments": rows(paid, party=st.sampled_from("ab"), day=MONTHS, amount=st.integers(1, 999)),
    "tickets": rows(ticket, party=st.sampled_from(["a", "b", "c", None]), day=MONTHS, minutes=st.integers(0, 99)),
    "costs": rows(cost, amount=st.integers(-99, 999), month=MONTHS,
                  practical_capacity_minutes=st.sampled_from([None, 20, 40])),
})  # fmt: skip
CHANGE = st.builds(
    WhatIf, price=SHARE, volume=SHARE, minutes=st.fixed_dictionaries({"desk": SHARE}),
    rates=st.fixed_dictionaries({"desk": SHARE}), capacity_step=st.sampled_from([0.5, 1.0]),
)  # fmt: skip


PAID_BACK = {  # a pool that brings in while hardly used, and costs later
    "payments": [paid("a", amount=1)], "tickets": [ticket("a", minutes=1), ticket("a", day=FEB, minutes=1)],
    "costs": [cost(-2, month=JAN, practical_capacity_minutes=20), cost(2, month=FEB)],
}  # fmt: skip


@settings(max_examples=8, deadline=None)
@example(PAID_BACK, WhatIf(minutes={"desk": 0}, rates={"desk": 0}))
@for_all(COMPANY, CHANGE)
def test_the_books_of_a_scenario_are_those_of_a_run_over_it(company, change):
    company = company | {"costs": [*company["costs"], cost(1)]}
    with fresh_engine() as engine:
        compute(engine, rows=company)
        found, parties = books(engine, change), then(engine, change)
        months = engine.rows("SELECT month, driver, capacity_minutes, minutes_used FROM pool_months")
        monthly = dict(engine.rows("SELECT pool, LIST(ledger) FROM books GROUP BY pool"))
        assert sum(parties.values()) == sum(row["attributed_then"] for row in found.values())
        for row in found.values():
            assert within(row["unused_capacity_then"], monthly[row["pool"]])
            places = ("attributed", "unattributed", "unused_capacity", "unallocated")
            assert row["ledger_then"] == sum(row[f"{place}_then"] for place in places) + row["eliminated"]
        compute(engine, rows=changed(company, change, {month: rest for month, *rest in months}))
        again = engine.rows("SELECT party_id, net_cash FROM cash")
        assert all(abs(parties.get(party, 0) - net) <= Decimal("0.04") for party, net in again)
        for pool, *amounts in engine.rows(_BOOKS):
            names = ("ledger", "attributed", "unattributed", "unused_capacity", "unallocated")
            for name, amount in zip(names, amounts, strict=True):
                assert abs(found[pool][f"{name}_then"] - amount) <= Decimal("0.13"), (pool, name)


def within(unused, ledgers):
    """Say whether what is unused is part of what was spent: of one sign with it in each month."""
    beyond = Decimal("0.01")
    return (unused <= beyond or max(ledgers) > 0) and (unused >= -beyond or min(ledgers) < 0)


_BOOKS = """SELECT pool, SUM(ledger), SUM(attributed), SUM(unattributed), SUM(unused_capacity), SUM(unallocated)
FROM books GROUP BY pool"""


def changed(company, change, months):
    """The company as the change would have it: its payments, its minutes, and each month's cost and capacity."""
    grown, rate = (1 + change.volume) * (1 + change.minutes["desk"]), 1 + change.rates["desk"]
    sold = (1 + change.price) * (1 + change.volume)

    def room(month):
        driver, capacity, used = months[month]
        if driver == "none":
            return 1, None
        if not capacity:
            return grown, None
        enough = max(capacity, used)
        larger = 1 + change.capacity_step * max(0, ceil((used * grown - enough) / (change.capacity_step * enough)))
        return larger, enough * larger

    def costs(row):
        larger, capacity = room(row["month"])
        return row | {"amount": row["amount"] * rate * larger, "practical_capacity_minutes": capacity}

    return {
        "payments": [row | {"amount": row["amount"] * sold} for row in company["payments"]],
        "tickets": [row | {"minutes": row["minutes"] * grown} for row in company["tickets"]],
        "costs": [costs(row) for row in company["costs"]],
    }


@settings(max_examples=8, deadline=None)
@for_all(st.lists(st.tuples(AMOUNT, AMOUNT, AMOUNT), max_size=6))
def test_without_a_change_everything_is_as_published(amounts):
    with fresh_engine() as engine:
        given = [
            {"party_id": f"p{n}", "revenue_12m": brought, "refunds_12m": back, "net_cash_12m": brought + back + spent}
            for n, (brought, back, spent) in enumerate(amounts)
        ]
        pools = [
            {"party_id": f"p{n}", "line": "support", "pool": "desk", "cost_12m": row[2]}
            for n, row in enumerate(amounts)
        ]
        published(engine, cash=given, party_pools=pools, books=[], pool_months=[])
        found = ask_parties(engine, WhatIf())
        assert found["net_cash_then"].to_pylist() == found["net_cash"].to_pylist()
