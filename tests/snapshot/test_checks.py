import pytest

from tests.six_parties import check, fill
from valuekit.engine import Engine
from valuekit.errors import CheckError
from valuekit.snapshot import failed
from valuekit.tables import CANONICAL, PUBLISHED, accepted


@pytest.fixture
def engine():
    with Engine() as engine:
        yield fill(engine)


def test_a_sound_run_passes_every_check(engine):
    checks = check(engine)
    assert [c.check_name for c in checks.values() if not c.passed] == []
    assert len(checks) == 12
    assert failed(checks.values()) is None
    assert engine.count("checks") == 12


BREAKS = {
    "stages_sum_to_parties": "DELETE FROM stages WHERE party_id = 'p4'",
    "customers_are_active_plus_inactive": "DELETE FROM consensus WHERE party_id = 'p2'",
    "definitions_equal_members": "DELETE FROM memberships WHERE party_id = 'p3'",
    "reasons_sum_to_lists": "UPDATE reconciliation SET parties = parties + 1 WHERE definition_b = 'sales'",
    "cash_equals_ledger": "UPDATE books SET ledger = ledger + 0.01 WHERE line = 'revenue'",
    "books_equal_input": "INSERT INTO payments (system, id, reporting_amount) VALUES ('billing', '3', 0.01)",
    "cash_by_party_equals_cash_by_month": "UPDATE cash SET net_cash = net_cash - 0.01 WHERE party_id = 'p1'",
    "rows_in_are_accepted_or_quarantined": "UPDATE intake SET rows_accepted = rows_accepted - 1",
    "cube_equals_ltv": "UPDATE ltv SET ltv = ltv + 0.0001 WHERE party_id = 'p1'",
    "segments_cover_all_customers": "DELETE FROM segments WHERE party_id = 'p2'",
    "tables_keep_their_declaration": "UPDATE stages SET stage = 'happy' WHERE party_id = 'p4'",
}


@pytest.mark.parametrize(("name", "damage"), BREAKS.items())
def test_each_fault_is_found_by_its_check(engine, name, damage):
    engine.execute(damage)
    assert not check(engine)[name].passed


def test_a_pair_of_lists_that_nobody_compared_is_found(engine):
    engine.execute("DELETE FROM reconciliation WHERE definition_b = 'sales' AND definition_a = 'finance'")
    assert "2 lists differ from their cells" in check(engine)["reasons_sum_to_lists"].actual


def test_a_former_period_in_which_two_pairs_give_a_list_two_sizes_is_found(engine):
    engine.execute("""
        INSERT INTO reconciliation
        SELECT DATE '2026-05-31', definition_a, definition_b, side, reason, parties + (definition_b = 'sales')::BIGINT
        FROM reconciliation
    """)
    found = check(engine)["reasons_sum_to_lists"]
    assert not found.passed
    assert "0 lists differ from their cells" in found.actual


def test_equal_sums_do_not_hide_two_opposite_faults(engine):
    engine.execute("UPDATE ltv SET ltv = ltv + 1 WHERE party_id = 'p1'")
    engine.execute("UPDATE ltv SET ltv = ltv - 1 WHERE party_id = 'p3'")
    found = check(engine)["cube_equals_ltv"]
    assert not found.passed
    assert "widest difference of a party 1.0000" in found.actual


def test_lines_of_the_books_that_cancel_out_are_still_open(engine):
    engine.execute("UPDATE books SET difference = 5 WHERE line = 'revenue'")
    engine.execute("UPDATE books SET difference = -5 WHERE line = 'support'")
    assert "2 lines open" in check(engine)["cash_equals_ledger"].actual


def test_too_many_quarantined_rows_fail_and_the_table_is_named(engine):
    found = check(engine, share=0.1)["few_rows_are_quarantined"]
    assert not found.passed
    assert found.actual == "payments: 1 of 4"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("INSERT INTO parties SELECT * FROM parties WHERE party_id = 'p1'", "parties: 1 keys appear more than once"),
        ("UPDATE facts SET role = NULL WHERE party_id = 'p1'", "facts: 1 rows without role"),
        ("UPDATE stages SET stage = 'happy' WHERE party_id = 'p4'", "stages: 1 rows with an unknown stage"),
        ("ALTER TABLE tiers DROP COLUMN rule", "tiers has no column rule"),
    ],
)
def test_a_broken_declaration_is_told_with_table_column_and_count(engine, damage, words):
    engine.execute(damage)
    assert words in check(engine)["tables_keep_their_declaration"].actual


def test_the_error_names_check_expected_and_actual(engine):
    engine.execute(BREAKS["rows_in_are_accepted_or_quarantined"])
    error = failed(check(engine).values())
    assert isinstance(error, CheckError)
    assert error.exit_code == 6
    assert "rows_in_are_accepted_or_quarantined: expected 4 rows read, got 3 rows" in str(error)
    assert "Nothing was published" in str(error)


def test_a_company_without_anything_passes():
    with Engine() as engine:
        for table in (*PUBLISHED.values(), *map(accepted, CANONICAL.values())):
            engine.make_empty(table)
        assert failed(check(engine).values()) is None
