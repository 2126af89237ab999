"""A month told twice. Each test changes one thing between two runs, and finds it named as the cause."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.six_parties import AS_OF, MONTH_ENDS, RUNS
from tests.snapshot.published import told
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.snapshot import SourceFile
from valuekit.snapshot.restatements import restated_members, restatements

MAY = MONTH_ENDS[1]


def causes(found, definition: str) -> list[tuple[str, int, int]]:
    (one,) = (r for r in found.definitions if r.definition == definition)
    return [(c.cause, c.joined, c.went) for c in one.changes]


P3_LEFT_IN_MAY = (
    "UPDATE history SET until_end = DATE '2026-04-30' WHERE party_id = 'p3' AND from_end < DATE '2026-06-30'",
    "UPDATE history SET from_end = DATE '2026-05-31' WHERE party_id = 'p3' AND from_end = DATE '2026-06-30'",
)
"""The newer run says that p3 had left in May already."""


def test_two_runs_that_say_the_same_restate_nothing():
    found = restatements(told(), told(created_at=datetime(2026, 7, 9, tzinfo=UTC)))
    assert (found.as_of, found.changed, found.sources, found.settings) == (AS_OF, False, [], [])
    assert {r.definition: (r.then, r.now) for r in found.definitions} == {
        "customers": (2, 2), "finance": (3, 3), "sales": (1, 1),
    }  # fmt: skip


def test_late_records_are_the_cause_where_the_party_has_some():
    late = [{"party_id": "p3", "table_name": "contracts", "month": date(2026, 5, 1),
             "recorded_month": date(2026, 6, 1), "rows": 1}]  # fmt: skip
    found = restatements(told(), told(*P3_LEFT_IN_MAY, rows={"late_records": late}), MAY)
    assert causes(found, "customers") == [("late_records", 0, 1)]
    assert found.stages == [{"stage_then": "active", "stage_now": "churned", "cause": "late_records", "parties": 1}]


def test_late_records_that_the_older_run_knew_are_no_cause():
    late = [{"party_id": "p3", "table_name": "contracts", "month": date(2026, 5, 1),
             "recorded_month": date(2026, 6, 1), "rows": 1}]  # fmt: skip
    found = restatements(told(rows={"late_records": late}), told(*P3_LEFT_IN_MAY, rows={"late_records": late}), MAY)
    assert causes(found, "customers") == [("unexplained", 0, 1)]


def test_late_records_of_a_later_month_are_no_cause():
    late = [{"party_id": "p3", "table_name": "contracts", "month": date(2026, 6, 1),
             "recorded_month": date(2026, 7, 1), "rows": 1}]  # fmt: skip
    assert causes(restatements(told(), told(*P3_LEFT_IN_MAY, rows={"late_records": late}), MAY), "customers") == [
        ("unexplained", 0, 1)
    ]


def test_otherwise_the_changed_files_are_named():
    def source(sha256: str, file: str = "payments.csv") -> SourceFile:
        return SourceFile(file=file, table="payments", system="billing", size=1, sha256=sha256)

    older = told(sources=[source("a"), source("x", "old.csv")])
    found = restatements(older, told(*P3_LEFT_IN_MAY, sources=[source("b"), source("y", "new.csv")]), MAY)
    assert causes(found, "customers") == [("source_changed", 0, 1)]
    assert [(s["file"], s["change"]) for s in found.sources] == [
        ("new.csv", "added"), ("old.csv", "removed"), ("payments.csv", "changed"),
    ]  # fmt: skip


def test_changed_settings_are_named_but_not_the_day_described():
    newer = told(*P3_LEFT_IN_MAY, config={"ltv": {"horizon_years": 3}, "as_of": "2026-07-31", "known_on": "2026-07-01"})
    found = restatements(told(config={"ltv": {"horizon_years": 3}, "as_of": "2026-06-30"}), newer, MAY)
    assert found.settings == ["known_on"]
    assert causes(found, "customers") == [("settings_changed", 0, 1)]


def test_another_version_is_named_when_nothing_else_changed():
    newer = told(*P3_LEFT_IN_MAY, versions={"valuekit": "9"})
    assert causes(restatements(told(), newer, MAY), "customers") == [("version_changed", 0, 1)]


def test_a_changed_predicate_is_the_cause_in_its_own_definition_alone():
    newer = told(
        "UPDATE definitions SET predicate = 'paid > 99', fingerprint = 'new' WHERE definition = 'finance'",
        "UPDATE history SET definitions = 0 WHERE party_id = 'p3'",
    )
    found = restatements(told(), newer, MAY)
    assert causes(found, "finance") == [("rule_changed", 0, 1)]
    assert causes(found, "customers") == [("unexplained", 0, 1)]


def test_changed_rules_of_stages_reach_the_definitions_that_speak_of_stages():
    speaks = "UPDATE definitions SET predicate = 'stage = ''active''' WHERE definition = 'customers'"
    newer = told(speaks, *P3_LEFT_IN_MAY, stage_rules=[])
    found = restatements(told(speaks), newer, MAY)
    assert causes(found, "customers") == [("rule_changed", 0, 1)]
    assert found.stages[0]["cause"] == "rule_changed"


def test_a_rule_that_can_be_met_since_a_table_has_rows_is_the_same_rule():
    speaks = "UPDATE definitions SET predicate = 'stage = ''active''' WHERE definition = 'customers'"
    newer = told(speaks, *P3_LEFT_IN_MAY)
    rules = [r.model_copy(update={"not_countable": "nothing is recorded in usage"}) for r in newer.manifest.stage_rules]
    older = told(speaks, stage_rules=rules)
    assert causes(restatements(older, newer, MAY), "customers") == [("unexplained", 0, 1)]


MERGED = (
    "UPDATE party_records SET party_id = 'p2' WHERE party_id = 'p3'",
    "DELETE FROM history WHERE party_id = 'p3'",
)
"""The newer run knows that p2 and p3 are one."""


def test_a_merge_takes_a_member_and_a_split_gives_it_back():
    apart, together = told(), told(*MERGED)
    merged, split = restatements(apart, together), restatements(together, apart)
    assert {r.definition: (r.then, r.now) for r in merged.definitions}["finance"] == (3, 2)
    assert causes(merged, "finance") == [("merged_or_split", 1, 2)]
    assert causes(split, "finance") == [("merged_or_split", 2, 1)]


def test_a_party_with_another_id_and_the_same_records_is_the_same():
    renamed = [f"UPDATE {t} SET party_id = 'q1' WHERE party_id = 'p1'" for t in ("party_records", "history", "parties")]
    assert not restatements(told(), told(*renamed)).changed


def test_a_record_that_only_one_run_knows_merges_nobody():
    assert not restatements(told(), told("INSERT INTO party_records VALUES ('crm', 'c99', 'p1')")).changed


def test_a_definition_that_one_run_lacks_has_no_count_there_and_no_causes():
    found = restatements(told("DELETE FROM definitions WHERE definition = 'sales'"), told())
    (sales,) = (r for r in found.definitions if r.definition == "sales")
    assert (sales.then, sales.now, sales.changes) == (None, 1, [])


def test_members_are_listed_with_their_cause():
    older, newer = told(), told(*P3_LEFT_IN_MAY)
    assert restated_members(older, newer, "customers", MAY) == [
        {"then_id": "p3", "now_id": "p3", "label": "Cleo", "joined": False, "stage_then": "active",
         "stage_now": "churned", "cause": "unexplained"}
    ]  # fmt: skip
    with pytest.raises(UnknownNameError, match="Did you mean 'customers'"):
        restated_members(older, newer, "custmers")


def test_runs_without_a_common_day_or_company_are_refused():
    older = told()
    with pytest.raises(ConfigError, match=r"no month end in common.*history_months"):
        restatements(older, told("UPDATE stage_months SET as_of = as_of + 400"))
    with pytest.raises(ConfigError, match=r"2026-06-15.*from 2026-04-30 to 2026-06-30"):
        restatements(older, told(versions={"valuekit": "2"}), date(2026, 6, 15))
    with pytest.raises(ConfigError, match="Six Parties, the other Others"):
        restatements(older, told(company="Others"))


changes_of_history = st.lists(
    st.tuples(st.sampled_from(sorted({r[0] for r in RUNS})), st.integers(0, 7), st.booleans()), max_size=6
)


@settings(max_examples=8, deadline=None)
@given(changes_of_history, st.sampled_from(MONTH_ENDS), st.booleans())
def test_then_plus_joined_minus_went_is_now(changes, day, merged):
    late = {p: {"party_id": p, "table_name": "payments", "month": date(2026, 4, 1), "recorded_month": AS_OF, "rows": 1}
            for p, _, is_late in changes if is_late}  # fmt: skip
    statements = [f"UPDATE history SET definitions = {bits} WHERE party_id = '{p}'" for p, bits, _ in changes]
    found = restatements(
        told(), told(*statements, *(MERGED if merged else ()), rows={"late_records": list(late.values())}), day
    )
    for one in found.definitions:
        assert one.now == one.then + sum(c.joined - c.went for c in one.changes)
