import pytest

from tests.engines import fresh_engine
from tests.six_parties import borrowed, check
from valuekit.errors import CheckError
from valuekit.snapshot import failed
from valuekit.tables import CANONICAL, PUBLISHED, accepted


@pytest.fixture
def engine():
    with borrowed() as engine:
        yield engine


def test_a_sound_run_passes_every_check(engine):
    checks = check(engine)
    assert [c.check_name for c in checks.values() if not c.passed] == []
    assert len(checks) == 18
    assert failed(checks.values()) is None
    assert engine.count("checks") == 18


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
    "value_sums_add_up": "UPDATE value_sums SET ltv = ltv + 0.0001 WHERE scope = 'tier' AND name = 'Low'",
    "advocacy_moves_and_makes_nothing": "UPDATE cube SET stream = 'advocacy' WHERE party_id = 'p1'",
    "history_ends_with_stages": "UPDATE history SET stage = 'churned' WHERE party_id = 'p1'",
    "tables_keep_their_declaration": "UPDATE stages SET stage = 'happy' WHERE party_id = 'p4'",
}

MONTH = 'as_of, complete, "begin", new, churned, "end"'
MRR_MONTH = (
    'as_of, complete, "begin", new_business, expansion, reactivation, contraction, churn, fx, "end", customers_begin, '
    "customers_new, customers_reactivated, customers_churned, customers_end"
)


def bridge(begin, new, churned, end, month=6):
    return f"""INSERT INTO customer_movements (definition, reactivated, {MONTH})
        VALUES ('sales', 0, DATE '2026-{month:02}-30', TRUE, {begin}, {new}, {churned}, {end})"""


def mrr_bridge(begin, new, end, customers=1):
    return f"""INSERT INTO mrr_months ({MRR_MONTH})
        VALUES (DATE '2026-06-30', TRUE, {begin}, {new}, 0, 0, 0, 0, 0, {end}, 0, 1, 0, 0, {customers})"""


MOVED = "INSERT INTO mrr_movements VALUES ('p1', DATE '2026-06-30', 'new_business', 100)"


def outcome(engine, name, *rows):
    """Whether a check passes when these rows are all that moved."""
    engine.execute("DELETE FROM customer_movements; DELETE FROM mrr_movements; DELETE FROM mrr_months")
    for row in rows:
        engine.execute(row)
    return check(engine)[name].passed


@pytest.mark.parametrize(
    ("rows", "passed"),
    [
        ([bridge(3, 2, 1, 4)], True),
        ([bridge(3, 2, 1, 5)], False),
        ([bridge(3, 2, 1, 4), bridge(4, 0, 0, 4, month=7)], True),
        ([bridge(3, 2, 1, 4), bridge(5, 0, 0, 5, month=7)], False),
    ],
    ids=["closed", "open", "months follow each other", "a month begins elsewhere"],
)
def test_customer_movements_must_close(engine, rows, passed):
    assert outcome(engine, "customer_movements_close", *rows) is passed


@pytest.mark.parametrize(
    ("rows", "passed"),
    [
        ([mrr_bridge(0, 100, 100), MOVED], True),
        ([mrr_bridge(0, 100, 100.0001), MOVED], False),
        ([mrr_bridge(0, 100, 100)], False),
        ([MOVED], False),
        ([mrr_bridge(0, 100, 100, customers=2), MOVED], False),
    ],
    ids=["closed", "open", "no party moved", "a month is missing", "customers are open"],
)
def test_mrr_movements_must_close(engine, rows, passed):
    assert outcome(engine, "mrr_movements_close", *rows) is passed


def test_a_party_in_other_definitions_than_its_history_says_is_found(engine):
    engine.execute("UPDATE definitions SET bit = 8 WHERE definition = 'sales'")  # its one member is p1
    assert check(engine)["history_ends_with_stages"].actual == "0 with another stage, 1 in other definitions"


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


def test_a_date_at_which_nobody_is_known_passes(engine):
    for table in ("reconciliation", "memberships"):
        engine.execute(f"DELETE FROM {table}")
    assert not check(engine)["reasons_sum_to_lists"].passed
    engine.execute("UPDATE definitions SET members = 0")
    assert check(engine)["reasons_sum_to_lists"].passed


def test_a_company_without_anything_passes():
    with fresh_engine() as engine:
        for table in (*PUBLISHED.values(), *map(accepted, CANONICAL.values())):
            engine.make_empty(table)
        assert failed(check(engine).values()) is None
