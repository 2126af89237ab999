from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from valuekit.engine import Engine
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.ltv import Discount, Horizon, ltv_sql, totals_by_year_sql
from valuekit.tables import PUBLISHED
from valuekit.tables.published import STREAMS

AMOUNT = st.integers(-(10**9), 10**9).map(lambda n: Decimal(n) / 10_000)
CELLS = st.dictionaries(st.sampled_from(STREAMS), st.lists(AMOUNT, min_size=10, max_size=10), min_size=1)
RATES = st.floats(0, 1)


@pytest.fixture(scope="module")
def engine():
    with Engine(threads=1) as one:
        one.make_empty(PUBLISHED["cube"])
        one.make_empty(PUBLISHED["ltv"])
        yield one


def fill(engine, cells):
    engine.execute("DELETE FROM cube")
    engine.execute("DELETE FROM ltv")
    engine.execute("INSERT INTO ltv (party_id) VALUES ('ann'), ('nobody')")
    for stream, years in cells.items():
        engine.execute(f"INSERT INTO cube VALUES ('ann', '{stream}', {', '.join(map(str, years))}, 0)")


def values(engine, horizon, discount, off=()):
    return dict(engine.rows(ltv_sql(horizon, discount, off)))


@settings(deadline=None, max_examples=20)
@given(CELLS, RATES, st.integers(1, 10), st.sampled_from(["mid_year", "end_of_year"]))
def test_a_stream_switched_off_takes_exactly_its_present_value(engine, cells, rate, years, timing):
    fill(engine, cells)
    horizon, discount = Horizon(years), Discount(rate, timing)
    whole = values(engine, horizon, discount)["ann"]
    for stream in STREAMS:
        others = [s for s in STREAMS if s != stream]
        alone = values(engine, horizon, discount, others)["ann"]
        assert whole - values(engine, horizon, discount, [stream])["ann"] == alone
    assert values(engine, horizon, discount, STREAMS)["ann"] == 0


@settings(deadline=None, max_examples=20)
@given(CELLS, RATES)
def test_each_further_year_adds_its_discounted_cash(engine, cells, rate):
    fill(engine, cells)
    discount = Discount(rate)
    factors = discount.factors(Horizon(10))
    before = Decimal(0)
    for years, factor in enumerate(factors, start=1):
        now = values(engine, Horizon(years), discount)["ann"]
        added = sum(float(cell[years - 1]) for cell in cells.values()) * factor
        # Each stream is rounded once to four places at each horizon.
        assert float(now - before) == pytest.approx(added, abs=1e-4 * len(cells) + 1e-9 * abs(added))
        before = now


@settings(deadline=None, max_examples=20)
@given(CELLS)
def test_without_discount_the_value_is_the_plain_sum(engine, cells):
    fill(engine, cells)
    found = values(engine, Horizon(10), Discount(0.0))
    assert found["ann"] == sum(sum(years) for years in cells.values())
    assert found["nobody"] == 0


def test_the_batch_and_the_sliders_find_the_same_value(world):
    for i in range(5):
        world.party(f"p{i}", paid="2025-01-10", contract=True)
        world.contract(f"p{i}", "2025-01-10", None, 90 + i, 1)
        world.order(f"p{i}", "2026-01-10", 100)
        world.cash(f"p{i}", "2026-03-01", revenue=90, support=-11 * i, cost_of_goods=-7)
    for horizon, discount, off in (
        (Horizon(3), Discount(0.1), ()),
        (Horizon(7), Discount(0.03, "end_of_year"), ("support",)),
    ):
        world.value(horizon=horizon, discount=discount, off=off)
        batch = dict(world.engine.rows("SELECT party_id, ltv FROM ltv"))
        assert values(world.engine, horizon, discount, off) == batch
        assert len(batch) == 5


def test_totals_by_stream_and_year_are_the_sums_of_the_cube(engine):
    fill(engine, {"revenue": [Decimal(y) for y in range(1, 11)], "support": [Decimal(-1)] * 10})
    rows = engine.rows(totals_by_year_sql(off=["advocacy"]))
    assert rows[:2] == [("revenue", 1, 1), ("revenue", 2, 2)]
    assert rows[-1] == ("support", 10, -1)
    assert len(rows) == 20


def test_unknown_streams_and_impossible_settings_are_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'support'"):
        ltv_sql(Horizon(3), Discount(), off=["suport"])
    with pytest.raises(ConfigError, match="outside 1 to 10"):
        Horizon(11)
    with pytest.raises(ConfigError, match=r"Write 10% as 0\.10"):
        Discount(10)
    with pytest.raises(ConfigError, match="no timing"):
        Discount(0.1, "start_of_year")
