from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from valuekit.ltv import Discount, Horizon
from valuekit.ltv.collection import AGES, DAYS, collection_rates


def shares(world):
    rows = world.engine.rows("SELECT in_force, age_days, share FROM collection_rates")
    return {(in_force, days): share for in_force, days, share in rows}


def test_what_is_billed_and_not_received_comes_in_the_first_year_without_tax(world):
    world.party("ann", "churned", contract=True)
    world.bill("ann", "2026-05-01", 360, ("2026-05-20", 120), tax=60)
    world.settle()
    world.value()
    assert world.stream("ann") == [200] + [0] * 9
    world.value(receivables=False)
    assert world.stream("ann") == []


def test_what_others_did_not_pay_lowers_what_is_expected(world):
    world.party("ann", "churned", contract=True)
    world.bill("ann", "2026-05-01", 200, ("2026-06-30", 0))
    world.party("bob", "churned", contract=True)
    world.bill("bob", "2026-01-01", 400, ("2026-01-15", 300), status="uncollectible")
    world.settle()
    world.value()
    assert world.stream("ann")[0] == pytest.approx(150)


def test_a_debt_from_before_the_last_year_is_not_waited_for(world):
    world.party("ann", "churned", contract=True)
    world.bill("ann", "2023-03-01", 900)
    world.bill("ann", "2026-05-01", 100, ("2026-05-09", 60))
    world.settle()
    world.value()
    assert world.stream("ann")[0] == pytest.approx(40)


def test_a_credit_note_takes_off_what_is_owed_and_more_of_it_is_no_revenue(world):
    for name, credit in (("ann", -30), ("bob", -160)):
        world.party(name, "churned", contract=True)
        world.bill(name, "2026-05-01", 100)
        world.bill(name, "2026-05-20", credit)
    world.party("cid", "churned", contract=True)
    world.bill("cid", "2026-01-01", 50, ("2026-01-05", 50))
    world.settle()
    world.value()
    assert world.stream("ann")[0] == pytest.approx(70)
    assert world.stream("bob") == []


@pytest.fixture
def late(world):
    """Sixty customers with a contract in force pay after two months; sixty who have left pay neither then nor later."""
    for i in range(60):
        stays, leaves = f"s{i}", f"l{i}"
        world.party(stays, "active", paid="2024-01-10", contract=True)
        world.contract(stays, "2024-01-10", "2027-01-09", 1200, 12)
        world.party(leaves, "churned", paid="2024-01-10", contract=True)
        world.contract(leaves, "2024-01-10", f"2025-{i % 10 + 1:02d}-09", 1200, 12)
        for month in range(1, 13):
            world.bill(stays, f"2025-{month:02d}-01", 100, (_later(month), 100))
        world.bill(leaves, f"2025-{i % 10 + 1:02d}-01", 100, status="uncollectible")
    world.party("now", "active", paid="2024-01-10", contract=True)
    world.contract("now", "2024-01-10", "2027-01-09", 1200, 12)
    world.party("gone", "churned", paid="2024-01-10", contract=True)
    world.contract("gone", "2024-01-10", "2026-05-31", 1200, 12)
    for name in ("now", "gone"):
        world.bill(name, "2026-05-10", 1000)
    world.settle()
    return world


def _later(month):
    return f"{2025 + (month + 2) // 13}-{(month + 1) % 12 + 1:02d}-25"


def test_who_has_left_is_expected_to_pay_its_last_bill_as_those_before_it(late):
    late.value()
    share = shares(late)
    assert share[True, 45] > 0.98
    assert share[False, 45] < 0.05
    assert late.stream("gone") == [pytest.approx(1000 * share[False, 45], abs=1e-3), *[0] * 9]
    late.value(receivables=False)
    with_contract = late.stream("now")[0]
    late.value()
    assert late.stream("now")[0] - with_contract == pytest.approx(1000 * share[True, 45], abs=1e-3)


def test_an_interval_says_that_a_bill_is_paid_or_not(late):
    late.value()
    low, high, ends_at = late.engine.rows(
        "SELECT low_80, high_80, deviation FROM ltv_intervals WHERE party_id = 'gone'"
    )[0]
    share = shares(late)[False, 45]
    assert float(low) <= 0.01
    assert float(high) < 100  # more than nine in ten such bills are not paid
    paid = 1000 / 1.1**0.5
    assert float(ends_at) == pytest.approx(paid * (share * (1 - share)) ** 0.5, rel=0.2)


@given(
    bills=arrays(np.float64, (2, AGES), elements=st.integers(0, 500)),
    shares=arrays(np.float64, (2, AGES), elements=st.floats(0, 1)),
    usual=st.floats(0.01, 1),
)
def test_older_bills_never_come_more_often(bills, shares, usual):
    rates = collection_rates(bills, bills * shares, usual)
    assert rates.shape == (2, AGES)
    assert (np.diff(rates, axis=1) <= 1e-12).all()
    assert ((rates >= 0) & (rates <= 1)).all()


def test_rates_are_those_seen_where_many_were():
    bills = np.zeros((2, AGES))
    bills[:, :3] = 10_000
    came = bills * np.linspace(0.9, 0.1, AGES)
    rates = collection_rates(bills, came, 0.5)
    assert rates[:, :3] == pytest.approx((came / bills.clip(1))[:, :3], abs=1e-3)
    assert (rates[:, 3:] == rates[:, 2:3]).all()
    assert DAYS * AGES >= 366


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("paid", [False, True])
def test_a_term_that_is_billed_before_it_begins_counts_once(make_world, signed, paid):
    """Each term is billed 25 days before it begins, and the next one begins ten days after the as-of date."""
    found = []
    for billed in (False, True):
        world = make_world()
        for i in range(8):
            world.party(f"c{i}", paid="2024-06-15", contract=True)
            for year in range(2024, 2027 if signed else 2026):
                world.contract(f"c{i}", f"{year}-07-10", f"{year + 1}-07-09", 1200, 12, kind="renewal")
                if year < 2026:
                    world.bill(f"c{i}", f"{year}-06-15", 1200, (f"{year}-06-20", 1200))
        if billed:
            world.bill("c0", "2026-06-15", 1200, *([("2026-06-20", 1200)] if paid else []))
        world.settle()
        world.value(horizon=Horizon(3), discount=Discount(0.0))
        found.append((world.stream("c0")[0], sum(world.stream("c0")[1:3])))
    (before, later), (after, still_later) = found
    assert still_later == pytest.approx(later)
    if paid:
        assert after == 0
    else:
        assert after == pytest.approx(1200, rel=0.01)
    assert before == pytest.approx(1200) if signed else before < 1200


def test_where_the_bills_of_the_last_year_are_all_open_those_before_say_how_many_come(world):
    """All are billed on one day a year, and this year's bills are two weeks old."""
    world.party("ann", paid="2023-06-20", contract=True)
    world.contract("ann", "2023-06-15", "2027-06-14", 4800, 48)
    for year in (2023, 2024, 2025, 2026):
        world.bill("ann", f"{year}-06-15", 1200, *([(f"{year}-06-20", 1200)] if year < 2026 else []))
    world.settle()
    world.value()
    assert shares(world)[True, 15] == 1


def test_a_term_that_began_of_late_and_is_not_billed_yet_is_still_to_be_paid(make_world):
    """Terms are billed 20 days after they begin; of `c0` the last began ten days ago."""
    found = []
    for begins in ("06-20", "05-20"):
        world = make_world()
        for i in range(8):
            world.party(f"c{i}", paid="2024-06-15", contract=True)
            for year in (2024, 2025, 2026):
                day, until = (date(y, *map(int, begins.split("-"))) for y in (year, year + 1))
                world.contract(f"c{i}", str(day), str(until - timedelta(1)), 1200, 12, kind="renewal")
                if (billed := day + timedelta(20)) < world.as_of:
                    world.bill(f"c{i}", str(billed), 1200, (str(billed), 1200))
        world.settle()
        world.value(horizon=Horizon(3), discount=Discount(0.0))
        found.append(world.stream("c0"))
    not_yet, already = found
    assert not_yet[0] == pytest.approx(already[0] + 1200)
    assert not_yet[1:] == pytest.approx(already[1:])
