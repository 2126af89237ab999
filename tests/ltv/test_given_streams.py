from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ltv.conftest import World
from valuekit.ltv import Discount, Horizon, RateRule, ltv_sql

GIVEN = ("advocacy", "innovation")


def subscriber(world, party, first="2025-01-10", price=100):
    world.party(party, paid=first, contract=True)
    world.contract(party, first, None, price, 1)


def referral(world, referrer, referred, day="2024-12-01", anyway=None):
    world.add(
        "referrals", system="crm", id=f"{referrer}-{referred}-{day}", referrer_party_id=referrer,
        referred_party_id=referred, referred_on=day, would_have_joined_anyway=anyway,
    )  # fmt: skip


def idea(world, party, status, value, day="2026-03-01", kind="idea"):
    world.add(
        "ideas", system="crm", id=world._next(), party_id=party, submitted_on=day, kind=kind, status=status,
        reporting_value_estimate=value,
    )  # fmt: skip


def test_the_referrer_is_credited_what_the_referred_gives_and_half_of_it_after_a_half_life(world):
    subscriber(world, "ann")
    subscriber(world, "bob", price=200)
    referral(world, "ann", "bob", day="2024-06-30")
    world.value(half_life_days=730 + 365.25 / 2)
    revenue = world.stream("bob")
    assert world.stream("ann", "advocacy")[0] == pytest.approx(revenue[0] / 2, abs=1e-4)
    assert world.stream("bob", "advocacy") == [-year for year in world.stream("ann", "advocacy")]


@pytest.mark.parametrize(
    ("day", "anyway", "referrer"),
    [
        ("2024-12-01", True, "ann"),
        ("2025-02-01", None, "ann"),
        ("2024-12-01", None, "lead"),
        ("2024-12-01", None, "bob"),
    ],
    ids=["joined anyway", "after the first money", "a referrer without value", "itself"],
)
def test_a_referral_that_won_nobody_moves_nothing(world, day, anyway, referrer):
    subscriber(world, "ann")
    subscriber(world, "bob")
    world.party("lead", "prospect")
    referral(world, referrer, "bob", day, anyway)
    world.value()
    assert world.engine.scalar("SELECT COUNT(*) FROM cube WHERE stream = 'advocacy'") == 0


def test_the_first_referral_counts_and_no_value_moves_twice(world):
    for party in ("ann", "bob", "cid"):
        subscriber(world, party)
    referral(world, "ann", "bob", day="2024-10-01")
    referral(world, "cid", "bob", day="2024-11-01")
    world.value()
    assert world.stream("cid", "advocacy") == []
    assert len(world.stream("ann", "advocacy")) == 10


def test_ideas_count_once_at_what_they_are_estimated_and_open_ones_by_the_share_that_is_accepted(world):
    subscriber(world, "ann")
    idea(world, "ann", "accepted", 300)
    idea(world, "ann", "open", 100)
    idea(world, "ann", "rejected", 900)
    idea(world, "ann", "accepted", 500, day="2025-01-01")  # valued in the year after it came
    idea(world, "ann", "met", 700, kind="requirement")
    world.value()
    share = (2 + 1) / (3 + 2)
    assert world.stream("ann", "innovation") == [300 + 100 * share] + [0.0] * 9


def every_kind(world):
    """Two alike of each kind of party, and as many others as its model takes; all monthly contracts are alike."""
    for name in ("sub_a", "sub_b", *(f"ref_{kind}" for kind in KINDS)):
        subscriber(world, name)
    for i in range(60):
        stage = "lapsed_paying" if i < 2 else "churned" if i < 30 else "active"
        name = f"lapsed_{'ab'[i]}" if i < 2 else f"left_{'ab'[i - 2]}" if i < 4 else f"other{i:02d}"
        world.party(name, stage, paid="2023-01-10", contract=True)
        world.contract(name, "2023-01-10", "2026-01-09" if i < 30 else "2027-01-09", 1200, 12)
        for month in range(2, 7) if i < 2 else ():
            world.cash(name, f"2026-{month:02d}-01", revenue=100, support=-10)
    for i in range(30):
        payer = f"payer_{'ab'[i]}" if i < 2 else f"payer{i:02d}"
        world.party(payer, "paid_without_contract", paid="2024-07-01")
        for year, month in [(2024, m) for m in range(7, 13)] + [(2025, m) for m in range(1, 13)]:
            world.cash(payer, f"{year}-{month:02d}-01", revenue=10)
        for month in range(1, 7) if i < 15 else ():
            world.cash(payer, f"2026-{month:02d}-01", revenue=10, support=-1)
        buyer = f"buyer_{'ab'[i]}" if i < 2 else f"buyer{i:02d}"
        world.party(buyer, paid="2025-01-10")
        for day in ("2025-01-10", f"2025-{3 + i % 9 if i > 1 else 7:02d}-10"):
            world.order(buyer, day, 50.25)
        world.cash(buyer, "2026-05-01", support=-2)


KINDS = ("sub", "lapsed", "left", "payer", "buyer")


@pytest.mark.parametrize("off", [(), ("advocacy",), ("innovation",), GIVEN])
def test_given_streams_move_both_ends_of_intervals_and_widen_none(world, off):
    every_kind(world)
    for k, kind in enumerate(KINDS):
        idea(world, f"{kind}_a", "accepted", 700 + 0.37 * k)
        referral(world, f"{kind}_a", f"ref_{kind}", day="2024-12-01")
    world.value(off=off, rates_by=(RateRule("party_id IN ('lapsed_a', 'lapsed_b')", 0.25),))
    table = world.engine.query("SELECT * FROM ltv JOIN ltv_intervals USING (party_id)").to_pylist()
    rows = {row["party_id"]: row for row in table}
    pairs = [(f"{kind}_a", f"{kind}_b") for kind in KINDS] + [(f"ref_{kind}", "sub_b") for kind in KINDS]
    for gives, alike in pairs:
        given = rows[gives]["ltv"] - rows[alike]["ltv"]
        assert (given != 0) == (off != GIVEN and not (off == ("advocacy",) and gives.startswith("ref")))
        for name in (name for name in rows[gives] if name.startswith(("low", "high"))):
            assert rows[gives][name] - rows[alike][name] == pytest.approx(given, abs=Decimal("0.0002")), (gives, name)
        assert rows[gives]["deviation"] == rows[alike]["deviation"]


PARTIES = [f"p{i}" for i in range(5)]
PAIRS = st.lists(st.tuples(st.sampled_from(PARTIES), st.sampled_from(PARTIES)), max_size=8)


def five_subscribers() -> World:
    world = World()
    for i, party in enumerate(PARTIES):
        subscriber(world, party, price=50 + 10 * i)
    return world


@cache
def value_without() -> dict[str, Decimal]:
    """What each is worth that gives nothing."""
    world = five_subscribers()
    world.value()
    return dict(world.engine.rows("SELECT party_id, ltv FROM ltv"))


@settings(deadline=None, max_examples=6)
@given(pairs=PAIRS, rates=st.lists(st.sampled_from([0.0, 0.05, 0.5, 1.0]), min_size=5, max_size=5))
def test_advocacy_makes_no_value_whatever_rates_customers_have(pairs, rates):
    world = five_subscribers()
    for i, (referrer, referred) in enumerate(pairs):
        referral(world, referrer, referred, f"2024-12-{i + 1:02d}")
    rules = [RateRule(f"party_id = '{party}'", rate) for party, rate in zip(PARTIES, rates, strict=True)]
    world.value(rates_by=rules[1:])
    own = {rate: Discount(rate) for rate in rates[1:]}
    for horizon in (1, 3, 10):
        total, without = (
            sum(value for _, value in world.engine.rows(ltv_sql(Horizon(horizon), Discount(0.10), off, own=own)))
            for off in ((), ("advocacy",))
        )
        # Each side of each party is rounded to four places, once.
        assert abs(total - without) <= Decimal("0.0001") * len(PARTIES)
    world.engine.close()


@settings(deadline=None, max_examples=8)
@given(pairs=PAIRS, ideas=st.lists(st.tuples(st.sampled_from(PARTIES), st.integers(1, 999)), max_size=4))
def test_given_streams_move_value_and_never_make_it_twice(pairs, ideas):
    world, without = five_subscribers(), value_without()
    for i, (referrer, referred) in enumerate(pairs):
        referral(world, referrer, referred, f"2024-12-{i + 1:02d}")
    for party, value in ideas:
        idea(world, party, "accepted", value)
    world.value()
    years = ", ".join(f"SUM(year_{k})" for k in range(1, 11))
    moved = world.engine.rows(f"SELECT {years} FROM cube WHERE stream = 'advocacy'")[0]
    assert all(total in (None, 0) for total in moved)
    thought = sum(value for _, value in ideas)
    assert (world.engine.scalar("SELECT SUM(year_1) FROM cube WHERE stream = 'innovation'") or 0) == thought
    neither = dict(world.engine.rows(ltv_sql(Horizon(3), Discount(0.10), GIVEN)))
    assert neither == without
    whole = world.engine.scalar("SELECT SUM(ltv) FROM ltv")
    innovation = Decimal(thought) * Decimal(1.10**-0.5)
    # Each party's stream is rounded to four places, once.
    assert float(whole) == pytest.approx(float(sum(without.values()) + innovation), abs=1e-4 * 2 * len(PARTIES))
    world.engine.close()
