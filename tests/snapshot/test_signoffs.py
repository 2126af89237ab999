import json
import os
from datetime import UTC, datetime

import pytest

from tests.six_parties import FORMER_PERIOD
from tests.snapshot.published import copied, told
from valuekit.errors import ConfigError, InputError, UnknownNameError
from valuekit.snapshot import Snapshot
from valuekit.snapshot.checklist import ITEMS, checklist, item_key
from valuekit.snapshot.signoffs import sign_off, sign_off_file, sign_offs

BOTH_ENDS_ONE_HIGHER = '"begin" = "begin" + 1, "end" = "end" + 1 WHERE as_of = DATE \'2026-06-30\''
"""June closes by itself, and does not begin where May ended."""
MONDAY, TUESDAY = datetime(2026, 7, 6, 9, tzinfo=UTC), datetime(2026, 7, 7, 9, tzinfo=UTC)


@pytest.fixture
def snapshot(tmp_path):
    """A run of one's own, to sign."""
    return copied(told(), tmp_path)


def states(snapshot: Snapshot) -> dict[str, tuple[str, int]]:
    return {line.item: (line.state, line.open) for line in checklist(snapshot)}


class TestSigning:
    def test_a_signature_says_who_when_and_what(self, snapshot):
        sign_off(snapshot, "rows_accepted", by="Ada", note="one test row", at=MONDAY)
        (line,) = (line for line in checklist(snapshot) if line.item == "rows_accepted")
        assert (line.signed.by, line.signed.at, line.signed.note) == (
            "Ada", "2026-07-06T09:00:00+00:00", "one test row",
        )  # fmt: skip

    def test_the_published_snapshot_does_not_change(self, snapshot):
        before = {f: f.read_bytes() for f in snapshot.path.rglob("*") if f.is_file()}
        sign_off(snapshot, "rows_accepted", by="Ada")
        assert {f: f.read_bytes() for f in snapshot.path.rglob("*") if f.is_file()} == before
        assert Snapshot.list(snapshot.path.parent)[0].path == snapshot.path

    def test_a_signature_is_forced_to_the_disk(self, snapshot, monkeypatch):
        forced = []
        monkeypatch.setattr(os, "fsync", lambda handle: forced.append(os.fstat(handle).st_ino))
        sign_off(snapshot, "rows_accepted", by="Ada")
        assert forced == [sign_off_file(snapshot).stat().st_ino]

    def test_who_signs_twice_changes_nothing(self, snapshot):
        first = sign_off(snapshot, "rows_accepted", by="Ada", at=MONDAY)
        again = sign_off(snapshot, "rows_accepted", by=" Ada ", at=TUESDAY)
        assert again == first
        assert len(sign_off_file(snapshot).read_text().splitlines()) == 1

    def test_another_person_or_note_is_added_and_the_last_counts(self, snapshot):
        for by, note in (("Ada", ""), ("Bob", ""), ("Bob", "again"), ("Ada", "")):
            sign_off(snapshot, "rows_accepted", by=by, note=note)
        kept = [json.loads(line) for line in sign_off_file(snapshot).read_text("utf-8").splitlines()]
        assert [(s["by"], s["note"]) for s in kept] == [("Ada", ""), ("Bob", ""), ("Bob", "again"), ("Ada", "")]
        assert sign_offs(snapshot)["rows_accepted"].by == "Ada"

    def test_a_later_run_starts_unsigned_and_the_former_keeps_its_own(self, snapshot, tmp_path):
        sign_off(snapshot, "rows_accepted", by="Ada")
        later = copied(told(created_at=TUESDAY), tmp_path)
        assert (sign_offs(later), list(sign_offs(snapshot))) == ({}, ["rows_accepted"])
        assert snapshot.path.parent == later.path.parent

    def test_nobody_cannot_sign(self, snapshot):
        with pytest.raises(ConfigError, match="nobody signs"):
            sign_off(snapshot, "rows_accepted", by="  ")

    def test_a_note_stays_on_one_line(self, snapshot):
        sign_off(snapshot, "rows_accepted", by="Ä\u2028da", note='two\nlines "and quotes"')
        assert sign_offs(snapshot)["rows_accepted"].note == 'two lines "and quotes"'

    @pytest.mark.parametrize("line", ["{", "[]", '{"item": "x"}', '{"item": "x", "by": "y", "at": "z", "more": 1}'])
    def test_a_damaged_file_is_told_with_its_line(self, snapshot, line):
        sign_off(snapshot, "rows_accepted", by="Ada")
        with sign_off_file(snapshot).open("a") as file:
            file.write(line + "\n")
        with pytest.raises(InputError, match=r"jsonl:2: is no sign-off"):
            sign_offs(snapshot)

    def test_an_unknown_item_gets_a_suggestion(self):
        with pytest.raises(UnknownNameError, match="Did you mean 'contracts_clean'"):
            item_key("contract_clean")


class TestChecklist:
    def test_each_item_is_computed_from_the_snapshot(self):
        assert states(told()) == {
            "definitions_agreed": ("open", 1), "differences_explained": ("clear", 0),
            "duplicates_reviewed": ("open", 1), "rows_accepted": ("open", 1), "money_has_a_party": ("open", 1),
            "books_tie_out": ("clear", 0), "receivables_close": ("clear", 0),
            "contracts_clean": ("open", 1), "status_words_known": ("clear", 0),
            "manual_statuses_fresh": ("nothing to check", 0),
            "exceptions_followed_up": ("clear", 0), "customer_bridges_close": ("clear", 0),
            "mrr_bridge_closes": ("clear", 0), "commissions_agreed": ("nothing to check", 0),
            "checks_passed": ("clear", 0),
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("item", "statement"),
        [
            ("differences_explained", "UPDATE reconciliation SET parties = 3 WHERE reason = 'unexplained'"),
            ("manual_statuses_fresh", "INSERT INTO paying_status BY NAME SELECT 'p3' AS party_id, TRUE AS stale"),
            ("books_tie_out", "UPDATE books SET eliminated = 1 WHERE line = 'revenue'"),
            ("receivables_close", "UPDATE receivable_months SET fx = 1 WHERE party_id = 'p2'"),
            ("status_words_known", "UPDATE status_words SET meaning = 'unknown'"),
            ("exceptions_followed_up", "UPDATE stages SET stage = 'lapsed_paying' WHERE party_id = 'p3'"),
            ("customer_bridges_close", "UPDATE customer_movements SET churned = 9 WHERE definition = 'sales'"),
            ("customer_bridges_close", f"UPDATE customer_movements SET {BOTH_ENDS_ONE_HIGHER}"),
            ("mrr_bridge_closes", "UPDATE mrr_months SET expansion = 1"),
            ("mrr_bridge_closes", f"UPDATE mrr_months SET {BOTH_ENDS_ONE_HIGHER}"),
            ("commissions_agreed", "INSERT INTO commissions BY NAME SELECT 'crm' AS system, TRUE AS rules_disagree"),
            ("checks_passed", "UPDATE checks SET passed = FALSE WHERE check_name = 'cube_equals_ltv'"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_opens_its_item_and_no_other(self, item, statement):
        before, after = states(told()), states(told(statement))
        assert after[item][0] == "open"
        assert {k: v for k, v in after.items() if k != item} == {k: v for k, v in before.items() if k != item}

    def test_unexplained_at_a_former_month_end_is_not_open_now(self):
        assert states(told(FORMER_PERIOD))["differences_explained"] == ("clear", 0)

    def test_every_item_has_an_owner(self):
        owners = {line.item: line.owner for line in checklist(told())}
        assert set(owners) == {item.key for item in ITEMS}
        assert (owners["rows_accepted"], owners["duplicates_reviewed"]) == ("Customers", "Sales")
