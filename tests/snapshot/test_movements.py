"""Every cell of the bridge opens to its members: as many as it says."""

from datetime import date

import pytest

from tests.lifecycle.five_lists import FIVE_LISTS, PAID_IN_JUNE, YEAR, by_group, signed
from tests.snapshot.grouped import published
from valuekit.errors import InputError, UnknownNameError
from valuekit.lifecycle import Policies
from valuekit.snapshot import Snapshot, movement_members
from valuekit.snapshot.movements import MOVEMENTS

JUNE = date(2026, 6, 30)
BRIEF = (5, "for days", (signed("2026-06-02", "2026-06-20"), PAID_IN_JUNE))
LAPSED = (signed("2025-03-01", "2025-06-30", "2025-02-20"), ("payments", {"paid_on": "2025-03-02", "amount": 100}))
AGAIN = (3, "again", (*LAPSED, signed("2026-06-02", "2027-06-01"), PAID_IN_JUNE))
ALL_POLICIES = [Policies(), Policies(same_month="gross"), Policies(same_month="gross", reactivation_days=100)]


@pytest.fixture(scope="module", params=ALL_POLICIES, ids=["default", "gross", "gross and late"])
def snapshot(request, tmp_path_factory):
    groups = (*FIVE_LISTS[:8], *FIVE_LISTS[10:14], BRIEF, AGAIN)
    return published(tmp_path_factory.mktemp("runs"), *groups, policies=request.param)


def test_members_are_as_many_as_the_table_says(snapshot):
    """For every definition and movement of June."""
    counts = snapshot.query("SELECT * FROM customer_movements WHERE as_of = DATE '2026-06-30'").to_pylist()
    for row in counts:
        for movement in MOVEMENTS:
            assert len(movement_members(snapshot, row["definition"], row["as_of"], movement)) == row[movement]


def groups(snapshot: Snapshot, movement: str, definition: str = "paid_current") -> dict[str, int]:
    found = movement_members(snapshot, definition, JUNE, movement)["party_id"].to_pylist()
    records = snapshot.query("SELECT party_id, record FROM party_records").to_pylist()
    names = {row["party_id"]: row["record"] for row in records}
    return by_group(sorted(names[party] for party in found))


def policy(snapshot: Snapshot, name: str):
    return snapshot.manifest.config["lifecycle"]["movements"][name]


def test_who_was_there_for_days_is_a_member_only_when_counted_gross(snapshot):
    expected = {"for days": 5} if policy(snapshot, "same_month") == "gross" else {}
    for movement in ("new", "churned"):
        assert {g: n for g, n in groups(snapshot, movement).items() if g == "for days"} == expected


def test_who_comes_back_is_reactivated_unless_too_late(snapshot):
    cell = "new" if policy(snapshot, "reactivation_days") else "reactivated"
    assert groups(snapshot, cell)["again"] == 3


def test_a_member_has_label_stage_and_use(snapshot):
    rows = movement_members(snapshot, "paid_current", JUNE, "new").to_pylist()
    in_use = [row for row in rows if row["is_using"]]
    assert {row["stage"] for row in in_use} == {"active"}
    assert len(in_use) == 30


@pytest.mark.parametrize(
    ("definition", "as_of", "movement", "words"),
    [
        ("paid_curent", JUNE, "new", "there is no definition 'paid_curent'. Did you mean 'paid_current'?"),
        ("paid_current", date(2026, 6, 29), "new", "there is no month end '2026-06-29'. Did you mean '2026-06-30'?"),
        ("paid_current", JUNE, "old", "there is no movement 'old'"),
    ],
)
def test_what_is_not_there_is_told(snapshot, definition, as_of, movement, words):
    with pytest.raises(UnknownNameError) as error:
        movement_members(snapshot, definition, as_of, movement)
    assert words in str(error.value)


def test_the_opening_balance_has_no_movements(snapshot):
    first = snapshot.query("SELECT MIN(as_of) AS as_of FROM stage_months").to_pylist()[0]["as_of"]
    with pytest.raises(UnknownNameError, match="month end"):
        movement_members(snapshot, "paid_current", first, "new")


def test_a_snapshot_without_a_history_is_told(tmp_path):
    snapshot = published(tmp_path, (2, "ann", YEAR))
    snapshot.manifest.tables.pop("joined_and_left")
    with pytest.raises(InputError, match="has no table joined_and_left"):
        movement_members(snapshot, "paid_current", JUNE, "new")
