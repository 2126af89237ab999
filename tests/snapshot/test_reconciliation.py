from datetime import date
from decimal import Decimal

import pytest

from tests.six_parties import FORMER_PERIOD
from tests.snapshot.published import told
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.snapshot import members, periods, reconcile

MAY, JUNE = date(2026, 5, 31), date(2026, 6, 30)


@pytest.fixture(scope="module")
def snapshot():
    """Six parties at the end of June; at the end of May, nobody had left and p2 was idle, and one more unexplained."""
    return told(FORMER_PERIOD)


def cells(told, *columns):
    return [tuple(c[name] for name in columns) for c in told.cells.to_pylist()]


def test_the_gap_is_the_sum_of_its_reasons_in_both_directions(snapshot):
    told = reconcile(snapshot, "finance", "sales")
    assert (told.first_size, told.second_size, told.gap, told.on_both) == (3, 1, 2, 1)
    assert cells(told, "side", "reason", "parties") == [
        ("both", "", 1),
        ("only_first", "idle", 1),
        ("only_first", "left", 1),
        ("only_first", "unexplained", 0),
        ("only_second", "unexplained", 0),
    ]


def test_the_other_way_round_the_sides_change_places(snapshot):
    told = reconcile(snapshot, "sales", "finance")
    assert (told.first_size, told.second_size, told.gap) == (1, 3, -2)
    assert [(c["reason"], c["parties"]) for c in told.side("only_second")] == [
        ("idle", 1),
        ("left", 1),
        ("unexplained", 0),
    ]
    assert [(c["reason"], c["parties"]) for c in told.side("only_first")] == [("unexplained", 0)]


def test_each_cell_is_compared_with_the_period_before(snapshot):
    told = reconcile(snapshot, "finance", "sales")
    assert told.former_as_of == MAY
    assert cells(told, "reason", "parties", "former", "change")[1:4] == [
        ("idle", 1, 1, 0),
        ("left", 1, 0, 1),
        ("unexplained", 0, 1, -1),
    ]


def test_the_first_period_has_none_before(snapshot):
    told = reconcile(snapshot, "finance", "sales", MAY)
    assert told.former_as_of is None
    assert {c[0] for c in cells(told, "former")} == {None}
    assert told.unexplained == 2


def test_reasons_speak_in_words(snapshot):
    told = reconcile(snapshot, "finance", "sales")
    assert cells(told, "label", "sentence") == [
        ("On both lists", None),
        ("Idle", "Has idle"),
        ("Left", "Has left"),
        ("Unexplained", None),
        ("Unexplained", None),
    ]


def test_sizes_over_time(snapshot):
    told = periods(snapshot, "sales", "finance").to_pylist()
    assert [(p["as_of"], p["first_size"], p["second_size"], p["unexplained"]) for p in told] == [
        (MAY, 2, 3, 2),
        (JUNE, 1, 3, 0),
    ]


def test_every_cell_opens_to_its_members_by_value(snapshot):
    found = members(snapshot, "finance", "sales", "only_first").to_pylist()
    assert [(m["customer"], m["reason"], m["ltv"]) for m in found] == [
        ("Cleo", "left", Decimal(30)),
        ("=Bob & Sons", "idle", Decimal(-90)),
    ]
    assert members(snapshot, "finance", "sales", "only_first", "idle").column("party_id").to_pylist() == ["p2"]
    assert members(snapshot, "sales", "finance", "only_second", "idle").column("party_id").to_pylist() == ["p2"]
    assert members(snapshot, "sales", "finance", "both").column("party_id").to_pylist() == ["p1"]
    assert members(snapshot, "finance", "sales", "only_first", "unexplained").num_rows == 0


def test_the_top_of_a_cell(snapshot):
    assert members(snapshot, "finance", "sales", "only_first", top=1).column("party_id").to_pylist() == ["p3"]


def test_a_cell_has_as_many_members_as_it_says(snapshot):
    for first, second in (("finance", "sales"), ("sales", "customers"), ("customers", "finance")):
        for cell in reconcile(snapshot, first, second).cells.to_pylist():
            assert members(snapshot, first, second, cell["side"], cell["reason"]).num_rows == cell["parties"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("finance", "sails"), "there is no definition 'sails'. Did you mean 'sales'"),
        (("sales", "finance", date(2026, 6, 29)), "there is no reconciliation at '2026-06-29'. Did you mean"),
    ],
)
def test_a_name_that_is_not_there(snapshot, arguments, message):
    with pytest.raises(UnknownNameError, match=message):
        reconcile(snapshot, *arguments)


def test_a_list_is_not_compared_with_itself(snapshot):
    with pytest.raises(ConfigError, match="'sales' is compared with itself"):
        periods(snapshot, "sales", "sales")


@pytest.mark.parametrize(("side", "reason", "message"), [("only_a", None, "no side"), ("both", "idel", "mean 'idle'")])
def test_sides_and_reasons_are_checked(snapshot, side, reason, message):
    with pytest.raises(UnknownNameError, match=message):
        members(snapshot, "finance", "sales", side, reason)
