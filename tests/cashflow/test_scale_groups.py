from decimal import Decimal

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.cashflow.test_scale import AS_OF, VOLUME_BUYER, hosting, measure, paid, used
from tests.engines import fresh_engine
from valuekit import cashflow
from valuekit.cashflow.scale import SCRATCH


def share(engine, groups, **company):
    """Effects by group; `groups` names the tier of parties."""
    measure(engine, {"hosting": 0.5}, **company)
    rows = ", ".join(f"('{party}', '{tier}')" for party, tier in groups.items())
    engine.execute(f"CREATE OR REPLACE TABLE segments AS SELECT * FROM (VALUES {rows}) AS t (party_id, tier)")
    cashflow.share_scale(engine, as_of=AS_OF, groupings={"tier": "segments"})
    return {row[0]: row[1:] for row in engine.rows("SELECT member, * EXCLUDE (grouping, member) FROM scale_groups")}


def test_the_scale_is_shared_out_and_nothing_is_left(engine):
    """By hand: C = 10,000 (v/V)^(1/2). Low comes first or last with even chance: (5,000 + 10,000 - 8,660.25) / 2 =
    3,169.87 instead of 2,500 at average cost."""
    found = share(engine, {"bulk": "Top", "small": "Low"}, **VOLUME_BUYER)
    assert found["Low"] == (1, 1500, Decimal("-669.87"), Decimal("830.13"))
    assert found["Top"] == (1, -500, Decimal("669.87"), Decimal("169.87"))


def test_one_group_alone_has_no_effect(engine):
    assert share(engine, {"bulk": "All", "small": "All"}, **VOLUME_BUYER) == {"All": (2, 1000, 0, 1000)}


def test_who_has_no_tier_and_who_is_not_known_are_groups_too(engine):
    unknown = {"used_on": used("x", 1)["used_on"], "events": 2500, "record": "nobody"}
    company = {**VOLUME_BUYER, "usage": [*VOLUME_BUYER["usage"], unknown]}
    found = share(engine, {"bulk": "Top"}, **company)
    assert {member: row[:2] for member, row in found.items()} == {
        "Top": (1, 1000), "no tier": (1, 2000), "not known": (0, -2000),
    }  # fmt: skip


def test_beyond_twelve_groups_the_least_are_others(engine):
    parties = {f"p{n:02}": f"T{n:02}" for n in range(15)}
    usage = [used(party, 100 - n) for n, party in enumerate(parties)]
    found = share(engine, parties, costs=[hosting(1000)], usage=usage)
    assert sorted(found) == [f"T{n:02}" for n in range(11)] + ["others"]
    assert found["others"][0] == 4


def test_without_a_curve_groups_are_as_they_are(engine):
    assert share(engine, {"a": "Top"}, payments=[paid("a", 5)]) == {"Top": (1, 5, 0, 5)}


def test_what_only_the_analysis_reads_is_gone_afterwards(engine):
    share(engine, {"bulk": "Top"}, **VOLUME_BUYER)
    assert not [name for name in SCRATCH if engine.has(name)]


@settings(max_examples=4, deadline=None)
@for_all(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 99)), min_size=1, max_size=8))
def test_the_effects_of_a_grouping_sum_to_zero(usage):
    with fresh_engine() as engine:
        groups = {party: party.upper() if party < "d" else "rest" for party, _ in usage}
        found = share(engine, groups, costs=[hosting("777.77")], usage=[used(*row) for row in usage])
        assert sum(effect for *_, effect, _ in found.values()) == 0
        assert sum(row[1] for row in found.values()) == Decimal("-777.77")
