from itertools import pairwise

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.cashflow.given import published
from tests.engines import fresh_engine
from valuekit import segments
from valuekit.engine import Engine
from valuekit.errors import CheckError, ConfigError

TIERS = (("Top", 0.2), ("High", 0.3))


def valued(engine: Engine, ltvs: dict[str, float], stage: str = "active") -> Engine:
    return published(
        engine,
        ltv=[{"party_id": p, "ltv": v, "model": "m", "basis": "own"} for p, v in ltvs.items()],
        stages=[{"party_id": p, "stage": stage} for p in ltvs],
        facts=[{"party_id": p, "net_cash_12m": 10, "mrr": 1} for p in ltvs],
    )


def assign(engine: Engine, **ltvs: float) -> dict[str, str]:
    segments.assign(valued(engine, ltvs), tiers=TIERS, rest="Low", none="No value")
    return dict(engine.rows("SELECT party_id, tier FROM segments"))


@pytest.fixture
def engine():
    return fresh_engine()


def test_parties_fall_into_tiers_from_the_highest_value_down(engine):
    found = assign(engine, a=50, b=40, c=30, d=20, e=10, f=0, g=-5)
    assert found == {"a": "Top", "b": "High", "c": "High", "d": "Low", "e": "Low", "f": "No value", "g": "No value"}


def test_equal_values_are_not_divided_and_all_go_to_the_higher_tier(engine):
    assert assign(engine, a=50, b=50, c=50, d=20, e=10) == {"a": "Top", "b": "Top", "c": "Top", "d": "Low", "e": "Low"}


def test_a_share_is_rounded_up_to_a_whole_party(engine):
    assert assign(engine, only=7) == {"only": "Top"}
    assert segments.last_places([0.1, 0.2], 10) == [1, 3]  # in floats 0.1 + 0.2 would reach past the third


def test_the_rules_state_the_cut_points_in_money(engine):
    assign(engine, a=1250.5, b=40, c=30, d=20, e=10, f=-1)
    rules = dict(engine.rows("SELECT tier, rule FROM tiers"))
    assert rules == {
        "Top": "Lifetime value from 1,250.50 to 1,250.50: the top 20% of the parties with a positive value",
        "High": "Lifetime value from 30.00 to 40.00: the next 30% of the parties with a positive value",
        "Low": "Lifetime value from 10.00 to 20.00: the others of the parties with a positive value",
        "No value": "Lifetime value of 0 or less",
    }


def test_without_parties_every_tier_is_there_and_empty(engine):
    assert assign(engine) == {}
    assert engine.rows("SELECT tier, parties, lowest_ltv FROM tiers ORDER BY tier_order") == [
        ("Top", 0, None), ("High", 0, None), ("Low", 0, None), ("No value", 0, None),
    ]  # fmt: skip
    assert segments.grid(engine).num_rows == 0


def test_the_grid_counts_every_stage_in_every_tier(engine):
    valued(engine, {"a": 50, "b": 10})
    published(engine, stages=[{"party_id": "a", "stage": "churned"}, {"party_id": "b", "stage": "active"}])
    segments.assign(engine, tiers=[("Top", 0.5)], rest="Low", none="No value")
    cells = [
        (r["stage"], r["tier"], r["parties"], int(r["ltv"]), int(r["mrr"])) for r in segments.grid(engine).to_pylist()
    ]
    assert cells == [
        ("active", "Top", 0, 0, 0), ("active", "Low", 1, 10, 1), ("active", "No value", 0, 0, 0),
        ("churned", "Top", 1, 50, 1), ("churned", "Low", 0, 0, 0), ("churned", "No value", 0, 0, 0),
    ]  # fmt: skip


def test_a_valued_party_without_stage_is_an_error_that_names_it(engine):
    valued(engine, {"a": 50, "b": 10})
    published(engine, stages=[{"party_id": "a", "stage": "active"}])
    with pytest.raises(CheckError, match="2 parties have a lifetime value and 1 are in a tier; b has no stage"):
        segments.assign(engine, tiers=TIERS, rest="Low", none="No value")


@pytest.mark.parametrize(
    ("tiers", "message"),
    [([("Top", 0.7), ("High", 0.5)], "1.2 together"), ([("Low", 0.1)], "'Low' is used twice")],
)
def test_tiers_that_make_no_sense_are_refused(engine, tiers, message):
    with pytest.raises(ConfigError, match=message):
        segments.assign(valued(engine, {}), tiers=tiers, rest="Low", none="No value")


@settings(max_examples=25, deadline=None)
@for_all(st.lists(st.integers(-3, 9), max_size=12))
def test_everyone_is_in_one_tier_and_no_tier_holds_less_than_a_lower_one(values):
    with fresh_engine() as engine:
        found = assign(engine, **{f"p{i:02}": v for i, v in enumerate(values)})
        assert len(found) == len(values)
        bounds = engine.rows("SELECT lowest_ltv, highest_ltv FROM tiers WHERE parties > 0 ORDER BY tier_order")
        assert all(above[0] > below[1] for above, below in pairwise(bounds))
        assert engine.scalar("SELECT SUM(ltv) FROM tiers") == sum(values)
