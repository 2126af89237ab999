from datetime import date

import pytest

from tests.snapshot.published import published
from valuekit.snapshot import paying_matrix, stale_statuses

MAY, JUNE = date(2026, 5, 31), date(2026, 6, 10)
STATUSES = [
    {"party_id": "p1", "manual": "not_paying", "manual_on": date(2026, 1, 1), "derived": "paying", "stale": True,
     "wrong_since": JUNE},
    {"party_id": "p2", "manual": "paying", "manual_on": date(2026, 1, 1), "provider": "not_paying",
     "derived": "not_paying", "stale": True, "wrong_since": MAY},
    {"party_id": "p3", "manual": "paying", "provider": "not_paying", "derived": "not_paying"},
    {"party_id": "p4", "derived": "paying"},
]  # fmt: skip


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    return published(tmp_path_factory.mktemp("runs"), paying_status=STATUSES)


def test_the_matrix_counts_three_answers_against_each_other(snapshot):
    assert [tuple(row.values()) for row in paying_matrix(snapshot).to_pylist()] == [
        ("none", "none", "paying", 1, 0),
        ("not_paying", "none", "paying", 1, 1),
        ("paying", "not_paying", "not_paying", 2, 1),
    ]


def test_stale_statuses_come_with_their_days_the_longest_wrong_first(snapshot):
    found = stale_statuses(snapshot).to_pylist()
    assert [(r["party_id"], r["wrong_since"], r["days"]) for r in found] == [("p2", MAY, 30), ("p1", JUNE, 20)]
    assert (found[1]["label"], found[1]["manual"], found[1]["derived"]) == ("Ada Ltd", "not_paying", "paying")
