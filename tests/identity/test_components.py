import numpy as np
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from valuekit.identity.components import Level, payers, spanning_forest, unite

NONE = 6
"""Number of records in the examples: no payer."""


def level(*holders: tuple[int, ...]) -> Level:
    """One key per tuple of records that have it."""
    pairs = [(record, key) for key, records in enumerate(holders) for record in records]
    record, key = zip(*pairs, strict=True) if pairs else ((), ())
    return Level(np.array(record, dtype=np.int64), np.array(key, dtype=np.int64))


def united(payer: list[int], *levels: Level) -> list[int]:
    return unite(np.array(payer), levels).tolist()


def test_records_that_share_a_key_are_one():
    assert united([NONE] * 6, level((0, 3), (1, 2), (3, 5))) == [0, 1, 1, 0, 4, 0]


def test_the_stronger_rule_decides():
    assert united([0, 1, NONE, NONE, NONE, NONE], level((1, 2)), level((0, 2))) == [0, 1, 1, 3, 4, 5]


def test_the_smaller_payer_decides_between_equals():
    assert united([1, 0, NONE, NONE, NONE, NONE], level((0, 2), (1, 2))) == [0, 1, 1, 3, 4, 5]


def test_a_record_tied_itself_does_not_follow_its_neighbour():
    assert united([0, 1, NONE, NONE, NONE, NONE], level((0, 2), (1, 3), (2, 3))) == [0, 1, 0, 1, 4, 5]


def test_those_between_follow_the_smallest_payer_that_they_reach():
    assert united([0, 1, NONE, NONE, NONE, NONE], level((0, 2), (2, 3), (3, 4), (1, 5))) == [0, 1, 0, 0, 0, 1]


def test_nothing_at_all():
    assert united([]) == []
    assert united([NONE] * 6, level()) == [0, 1, 2, 3, 4, 5]


def test_linked_billing_ids_are_one_payer():
    assert payers(np.array([2, 1, NONE, 2, 0, NONE]), level((0, 1), (1, 2))).tolist() == [1, 1, 1, 1, 0, NONE]


def test_the_way_to_the_oldest_record_is_over_the_strongest_pairs():
    first = np.array([0, 0, 0, 0])
    weak_last = np.array([1, 2, 0, 0]), np.array([2, 3, 3, 1])
    assert spanning_forest(first, *weak_last).tolist() == [4, 2, 3, 0]


def united_by_hand(size: int, levels: list[list[tuple[int, ...]]]) -> list[int]:
    """Merge step by step, as a person would, when nobody pays."""
    group = list(range(size))
    for holders in [records for one in levels for records in one]:
        low = {group[r] for r in holders}
        group = [min(low) if g in low else g for g in group]
    return group


keys = st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=4, unique=True).map(tuple), max_size=6)


@settings(deadline=None)
@for_all(st.lists(keys, max_size=3))
def test_without_payers_it_is_what_merging_step_by_step_gives(levels):
    assert united([10] * 10, *(level(*one) for one in levels)) == united_by_hand(10, levels)


@settings(deadline=None)
@for_all(st.lists(keys, max_size=3), st.lists(st.integers(0, 3) | st.just(10), min_size=10, max_size=10))
def test_no_party_has_two_payers_and_nobody_is_left_between(levels, payer):
    group = united(payer, *(level(*one) for one in levels))
    for first in set(group):
        assert len({p for p, g in zip(payer, group, strict=True) if g == first and p != 10}) <= 1
    without = united([10] * 10, *(level(*one) for one in levels))
    tied = {without[i] for i, p in enumerate(payer) if p != 10}
    paid = {group[i] for i, p in enumerate(payer) if p != 10}
    assert all(group[i] in paid for i in range(10) if without[i] in tied)
