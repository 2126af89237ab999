"""T4: what is wrong with contract terms, with the days."""

import json
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.registers.drawn import AS_OF, drawn, drawn_again, drawn_from_terms
from valuekit.calendar import add_months
from valuekit.engine import Engine
from valuekit.tables import CANONICAL

FIRST = {
    "id": "T1", "record": "ann", "signed_on": "2025-06-20", "starts_on": "2025-07-01", "ends_on": "2026-06-30",
    "amount": 1200, "kind": "new",
}  # fmt: skip
SECOND = {**FIRST, "id": "T2", "signed_on": "2026-06-20", "starts_on": "2026-07-01", "ends_on": "2027-06-30"}
RENEWAL = {**SECOND, "kind": "renewal"}
UNDECLARED = {**SECOND, "kind": None}


def issues(*terms: dict[str, Any], **company: Any) -> dict[tuple[str, str], str]:
    return found(drawn_from_terms(contracts=terms, **company))


def found(engine: Engine) -> dict[tuple[str, str], str]:
    rows = engine.rows("SELECT contract, issue, detail FROM contract_issues ORDER BY contract, issue")
    return {(contract, issue): detail for contract, issue, detail in rows}


def aside(reasons: str, number: int = 7, **texts: Any) -> dict[str, Any]:
    return {"table_name": "contracts", "source": "contracts.csv", "row_number": number, "severity": "quarantine",
            "reasons": reasons, "row_text": json.dumps(texts)}  # fmt: skip


def test_contracts_in_order_have_no_issue():
    assert issues(FIRST, RENEWAL) == {}


# --- gaps between a term and its renewal


def test_a_renewal_that_starts_late_leaves_a_gap():
    late = {**RENEWAL, "starts_on": "2026-07-11"}
    assert issues(FIRST, late) == {("T2", "gap"): "T1 ended on 2026-06-30: 10 days without contract until this renewal"}


def test_one_day_is_one_day():
    assert "1 day without" in issues(FIRST, {**RENEWAL, "starts_on": "2026-07-02"})["T2", "gap"]


def test_a_declared_renewal_may_be_late_by_years_and_is_still_one():
    early = {**FIRST, "starts_on": "2022-07-01", "ends_on": "2023-06-30", "signed_on": "2022-06-20"}
    assert "1096 days" in issues(early, RENEWAL)["T2", "gap"]


@pytest.mark.parametrize(("starts_on", "gap"), [("2026-09-28", True), ("2026-09-29", True), ("2026-09-30", False)])
def test_a_term_that_does_not_say_what_it_is_renews_within_renewal_days_and_comes_back_later(starts_on, gap):
    assert (("T2", "gap") in issues(FIRST, {**UNDECLARED, "starts_on": starts_on})) is gap


def test_a_new_contract_after_a_lapse_is_no_late_renewal():
    assert issues(FIRST, {**SECOND, "starts_on": "2026-08-01"}) == {}


def test_a_late_renewal_beside_another_contract_is_a_gap_and_no_overlap():
    other = {**FIRST, "id": "T0", "ends_on": None, "auto_renew": True}
    assert set(issues(FIRST, other, {**RENEWAL, "starts_on": "2026-07-11"})) == {("T2", "gap")}


# --- overlaps


def test_two_terms_at_once_of_which_the_later_declares_nothing_overlap():
    early = {**UNDECLARED, "starts_on": "2026-06-01", "signed_on": "2026-05-20"}
    assert issues(FIRST, early) == {
        ("T2", "overlap"): "runs beside T1 from 2026-06-01 on: 30 days until 2026-06-30"
    }  # fmt: skip


def test_an_overlap_of_two_open_ends_has_no_days():
    ongoing = {**FIRST, "ends_on": None, "auto_renew": True}
    beside = {**ongoing, "id": "T2", "kind": None, "starts_on": "2026-01-01"}
    assert issues(ongoing, beside) == {("T2", "overlap"): "runs beside T1 from 2026-01-01 on"}


def test_a_second_subscription_that_says_so_is_none():
    assert issues(FIRST, {**SECOND, "starts_on": "2026-06-01", "signed_on": "2026-05-20"}) == {}


def test_two_renewals_of_one_term_overlap():
    assert set(issues(FIRST, RENEWAL, {**RENEWAL, "id": "T3"})) == {("T3", "overlap")}


def test_two_subscriptions_that_are_both_renewed_on_one_day_do_not_overlap():
    terms = [FIRST, {**FIRST, "id": "T3"}, RENEWAL, {**RENEWAL, "id": "T4"}]
    assert issues(*terms) == {}


def test_a_change_of_price_replaces_and_does_not_overlap():
    change = {**FIRST, "id": "T2", "kind": "change", "signed_on": "2025-12-20", "starts_on": "2026-01-01"}
    assert issues(FIRST, change) == {}


@pytest.mark.parametrize("other", [{"system": "billing"}, {"record": "bob"}])
def test_terms_of_another_system_or_party_do_not_overlap(other):
    elsewhere = {**UNDECLARED, "starts_on": "2026-06-01", "signed_on": "2026-05-20", **other}
    records = [{"record": "ann"}, {"record": "bob"}, {"system": "billing", "record": "ann"}]
    assert issues(FIRST, elsewhere, records=records) == {}


# --- one term by itself


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        ({}, True),
        ({"auto_renew": False}, True),
        ({"auto_renew": True}, False),
        ({"term_months": 1}, False),
        ({"term_months": 1, "auto_renew": False}, True),
        ({"cancelled_on": "2026-03-01"}, False),
    ],
)
def test_a_missing_end_is_one_where_nothing_says_that_the_contract_goes_on(change, reported):
    assert (("T1", "missing_end") in issues({**FIRST, "ends_on": None, **change})) is reported


def test_a_missing_end_says_for_how_long_it_has_run():
    assert issues({**FIRST, "starts_on": "2026-06-30", "ends_on": None})["T1", "missing_end"].endswith("1 day so far")
    assert issues({**FIRST, "starts_on": "2026-07-01", "ends_on": None})["T1", "missing_end"].endswith("open-ended")


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        ({}, True),
        ({"starts_on": "2026-07-01", "ends_on": "2027-06-30"}, False),
        ({"ends_on": "2026-06-29"}, False),
        ({"ends_on": "2026-06-29", "auto_renew": True}, True),
        ({"ends_on": "2026-06-29", "auto_renew": True, "cancelled_on": "2026-06-01"}, False),
    ],
)
def test_not_signed_is_an_issue_of_terms_that_run(change, reported):
    assert (("T1", "not_signed") in issues({**FIRST, "signed_on": None, **change})) is reported


def test_backdated_is_signed_after_the_start_or_recorded_long_after_the_signature():
    signed_late = {**FIRST, "signed_on": "2025-07-13"}
    assert issues(signed_late)["T1", "backdated"] == "signed on 2025-07-13: 12 days after it started on 2025-07-01"
    recorded_late = {**FIRST, "recorded_on": "2025-07-22"}
    assert "32 days after its stated signature" in issues(recorded_late)["T1", "backdated"]
    assert issues({**FIRST, "recorded_on": "2025-07-21"}) == {}
    both = issues({**signed_late, "recorded_on": "2026-01-01"})["T1", "backdated"]
    assert both.startswith("recorded on 2026-01-01")
    assert "; signed on 2025-07-13" in both


def test_no_price_and_no_party():
    assert issues({**FIRST, "amount": 0}) == {("T1", "no_price"): "the price of the term is 0"}
    known = [{"record": "ann"}]
    assert issues({**FIRST, "record": None}, records=known) == {("T1", "no_party"): "names no record"}


def test_a_record_that_nobody_knows_is_no_party():
    engine = drawn(contracts=[FIRST])
    engine.execute("UPDATE contracts SET party_id = NULL, record = 'eve'")
    assert found(drawn_again(engine))["T1", "no_party"] == "no row of records has the record eve in crm"


def test_notice_after_the_end_is_an_issue_of_contracts_that_do_not_renew_themselves():
    cancelled = {**FIRST, "ends_on": "2026-05-31", "cancelled_on": "2026-06-10"}
    assert issues(cancelled) == {
        ("T1", "cancelled_after_end"): "notice on 2026-06-10: 10 days after it had ended on 2026-05-31"
    }
    assert issues({**cancelled, "auto_renew": True}) == {}
    assert issues({**cancelled, "cancelled_on": "2026-05-31"}) == {}


# --- rows that were set aside


BROKEN_END = next(c.message for c in CANONICAL["contracts"].checks if c.name == "ends_on_not_before_starts_on")


def test_an_end_before_the_start_is_read_back_from_the_quarantine_with_its_days():
    row = aside(f"broken rule: {BROKEN_END}", id="X1", system="billing", starts_on="2026-03-10", ends_on="2026-03-01")
    (((contract, issue), detail),) = issues(quarantine=[row]).items()
    assert (contract, issue) == ("X1", "end_before_start")
    assert detail.startswith("set aside, row 7 of contracts.csv")
    assert detail.endswith("9 days from the start on 2026-03-10 back to the end on 2026-03-01")


def test_a_row_is_read_back_by_the_columns_of_its_source():
    row = aside(f"broken rule: {BROKEN_END}", **{"Contract No": "X1", "From": "2026-03-10", "To": "2026-03-01"})
    columns = [{"system": "erp"}, {"system": "crm", "id": "Contract No", "starts_on": "From", "ends_on": "To"}]
    engine = drawn(quarantine=[row], settings={"contract_columns": columns})
    ((system, contract, detail),) = engine.rows("SELECT system, contract, detail FROM contract_issues")
    assert (system, contract) == ("crm", "X1")
    assert "9 days" in detail


@pytest.mark.parametrize(
    ("reasons", "issue"),
    [
        ("amount is missing", "no_price"),
        ("broken rule: a contract's price is not negative", "no_price"),
        ("starts_on is missing", "set_aside"),
    ],
)
def test_other_rows_that_were_set_aside_are_reported_too(reasons, issue):
    assert list(issues(quarantine=[aside(reasons, id="X1", system="crm")])) == [("X1", issue)]


def test_a_row_without_readable_id_goes_by_its_number():
    unreadable = {**aside("cannot be read"), "row_text": '{"line": "a;b"}'}
    engine = drawn(quarantine=[unreadable])
    assert engine.rows("SELECT system, contract FROM contract_issues") == [
        ("contracts.csv", "row 7 of contracts.csv")
    ]  # fmt: skip


def test_two_rows_with_one_id_are_one_issue_with_both_details():
    rows = [aside("starts_on is missing", n, id="X1", system="crm") for n in (7, 9)]
    detail = issues(quarantine=rows)["X1", "set_aside"]
    assert [part[:16] for part in detail.split("; ")] == ["set aside, row 7", "set aside, row 9"]


def test_warnings_and_rows_of_other_tables_are_no_issues():
    warned = {**aside("unknown record", id="X1"), "severity": "warn"}
    elsewhere = {**aside("amount is missing", 8, id="X2"), "table_name": "payments"}
    assert issues(quarantine=[warned, elsewhere]) == {}


# --- in general


@settings(max_examples=8, deadline=None)
@for_all(st.lists(st.sampled_from([1, 3, 12]), min_size=1, max_size=8), st.lists(st.integers(0, 7), max_size=2))
def test_a_chain_of_renewals_has_no_issue_until_a_link_is_taken_out(lengths, missing):
    """Taking a term out of the middle of a chain gives exactly one gap for each hole."""
    day, chain = date.fromisoformat(FIRST["starts_on"]), []
    for number, months in enumerate(lengths):
        end = add_months(day, months) - timedelta(days=1)
        chain.append({"id": f"T{number}", "record": "ann", "signed_on": day, "starts_on": day, "ends_on": end,
                      "term_months": months, "amount": 10, "kind": "new" if number == 0 else "renewal"})  # fmt: skip
        day = end + timedelta(days=1)
    kept = [term for number, term in enumerate(chain) if number == 0 or number not in missing]
    known = [term for term in kept if term["signed_on"] <= AS_OF]
    heads = [b for a, b in pairwise(known) if a["ends_on"] + timedelta(days=1) < b["starts_on"]]
    assert list(issues(*kept)) == [(term["id"], "gap") for term in heads]
