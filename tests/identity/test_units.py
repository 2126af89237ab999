import numpy as np
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.identity.records import a, b, c, d, parent, parties, resolved
from valuekit.identity.units import tops

ANN = {"record": "ann", "kind": "person"}


def org(record: str, **columns) -> dict:
    return {"record": record, "kind": "organisation", **columns}


# Ann works for the shop, which belongs to the branch, which belongs to the house.
FAMILY = [{**ANN, "parent": "shop"}, org("shop", parent="branch"), org("branch", parent="house"), org("house")]


@pytest.mark.parametrize(
    ("unit", "counted"),
    [
        ("person", ["ann", "branch", "house", "shop"]),
        ("account", ["ann shop", "branch", "house"]),
        ("parent", ["ann branch shop", "house"]),
        ("group", ["ann branch house shop"]),
    ],
)
def test_l20_who_is_counted_together(unit, counted):
    """L20: the counting unit is explicit."""
    assert parties(*FAMILY, unit=unit) == counted


def test_the_owner_gives_the_unit_its_name_and_id():
    alone = resolved(org("house", name="House", created_on="2024-01-01"))
    child = org("shop", parent="house", name="Shop", created_on="2020-01-01")
    unit = resolved(child, org("house", name="House", created_on="2024-01-01"), unit="group")
    assert unit.rows("SELECT party_id, name, records FROM parties") == [
        (alone.scalar("SELECT party_id FROM parties"), "House", 2)
    ]


def test_the_merge_log_says_that_it_is_a_unit():
    engine = resolved({**ANN, "parent": "shop"}, org("shop"), unit="account")
    assert engine.rows("SELECT record, to_record, rule, evidence FROM merge_log") == [
        ("ann", "shop", "unit", "belongs to crm shop")
    ]


def test_a_link_names_an_owner_too():
    assert parties(a(), b(), links=[parent("a", "b")], unit="group") == ["a b"]


def test_who_pays_himself_is_his_own_account_but_in_the_group_of_his_owner():
    two = {**ANN, "parent": "shop", "billing_id": "1"}, org("shop", billing_id="2")
    assert parties(*two, unit="account") == ["ann", "shop"]
    assert parties(*two, unit="group") == ["ann shop"]


@pytest.mark.parametrize("role", ["internal", "test", "served"])
def test_internal_and_served_parties_keep_to_themselves(role):
    assert parties({**ANN, "parent": "shop", "role": role}, org("shop"), unit="group") == ["ann", "shop"]


def test_owners_in_a_circle_are_one_group_under_the_oldest():
    circle = [org("x", parent="y", created_on="2021-01-01"), org("y", parent="z"), org("z", parent="x"), org("w")]
    engine = resolved(*circle, unit="group")
    assert engine.rows("SELECT label, records FROM parties ORDER BY 1") == [("crm w", 1), ("crm x", 3)]


def test_nobody_is_his_own_owner():
    assert parties(a(parent="a"), b(parent="zzz"), unit="group") == ["a", "b"]


def test_keys_join_before_units_do():
    both = a(email="x@y.com"), b(email="x@y.com", parent="c"), c(), d(parent="a")
    engine = resolved(*both, unit="group")
    assert engine.rows("SELECT records FROM parties") == [(4,)]
    assert sorted(engine.rows("SELECT rule FROM merge_log")) == [("email",), ("unit",), ("unit",)]


def follow(owner: list[int], start: int) -> int:
    """Step by step, as a person would; in a circle, the smallest of it."""
    path = [start]
    while owner[path[-1]] not in path:
        path.append(owner[path[-1]])
    return min(path[path.index(owner[path[-1]]) :])


@settings(max_examples=60, deadline=None)
@for_all(st.lists(st.integers(0, 11), min_size=12, max_size=12))
def test_the_top_is_where_following_the_owners_ends(owner):
    assert tops(np.array(owner)).tolist() == [follow(owner, i) for i in range(12)]
