from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

from valuekit.calendar import add_months
from valuekit.simulate.faults import ISSUES

END = date(2026, 6, 30)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def faulty(company):
    """Rows of the register with an issue, by issue."""
    rows = {row["id"]: row for row in company.rows("contracts")}
    result = defaultdict(list)
    for row in company.truth("contract_issues"):
        result[row["issue"]].append(rows[row["contract"]])
    return result


@pytest.fixture(scope="module")
def others(company):
    """Rows of the register by record."""
    result = defaultdict(list)
    for row in company.good("contracts"):
        result[row["record"]].append(row)
    return result


def test_every_kind_of_fault_occurs_and_all_are_few(company, faulty):
    assert set(faulty) == set(ISSUES)
    assert sum(map(len, faulty.values())) < 0.04 * company.summary.rows["contracts"]


def test_an_overlap_is_a_renewal_written_down_twice(faulty, others):
    for row in faulty["overlap"]:
        twins = [r for r in others[row["record"]] if r["starts_on"] == row["starts_on"] and r["id"] != row["id"]]
        assert [t["ends_on"] for t in twins] == [row["ends_on"]]
        assert twins[0]["id"] < row["id"]


def test_a_gap_opens_and_closes_within_a_month(faulty, others):
    for row in faulty["gap"]:
        former = max((r for r in others[row["record"]] if r["starts_on"] < row["starts_on"]
                      and r["term_months"] == 12), key=lambda r: r["starts_on"])  # fmt: skip
        assert timedelta(6) < row["starts_on"] - former["ends_on"] < timedelta(14)
        assert (former["ends_on"] + DAY).replace(day=1) == row["starts_on"].replace(day=1)


def test_a_missing_end_leaves_nothing_in_doubt(faulty, others):
    for row in faulty["missing_end"]:
        next_start = add_months(row["starts_on"], 12)
        assert row["ends_on"] is None
        assert row["term_months"] == 12
        assert next_start > END or [r for r in others[row["record"]] if r["starts_on"] == next_start]


def test_drafts_follow_a_term_that_lapsed_and_would_run_today(faulty, others):
    for row in faulty["not_signed"]:
        assert row["signed_on"] is None
        assert row["starts_on"] <= END <= row["ends_on"]
        assert [r for r in others[row["record"]] if r["ends_on"] == row["starts_on"] - DAY]


def test_backdated_contracts_were_signed_after_their_start_or_recorded_long_after_their_signature(company, faulty):
    late = [r for r in company.good("contracts") if r["signed_on"] and r["signed_on"] > r["starts_on"]]
    assert late
    assert all(r in faulty["backdated"] for r in late)
    for row in faulty["backdated"]:
        recorded = row["recorded_on"] or row["signed_on"]
        assert row["signed_on"] > row["starts_on"] or recorded > row["signed_on"] + timedelta(days=31)


def test_rows_without_a_customer_and_rows_that_no_run_accepts(company, faulty):
    assert all(row["record"] is None for row in faulty["no_party"])
    nameless = [r for r in company.good("contracts") if r["record"] is None]
    assert nameless == faulty["no_party"]
    broken = company.broken("contracts")
    assert all(row in broken and row["ends_on"] < row["starts_on"] for row in faulty["end_before_start"])
    assert all(row in broken and row["amount"] < 0 for row in faulty["no_price"])


def test_truth_knows_parties_whose_records_show_another_stage(company):
    true = {(r["true_party"], r["as_of"]): (r["stage"], r["reason"]) for r in company.truth("stages")}
    faults = company.truth("faults")
    assert {r["cause"] for r in faults} == {"unmatched_id", "duplicate", "missing_record"}
    assert len(faults) < 0.02 * len(true)
    for row in faults:
        assert true[row["true_party"], row["as_of"]] != (row["shown_stage"], row["shown_reason"])


def test_use_on_a_record_that_nothing_joins_makes_active_customers_look_idle(company):
    true = {(r["true_party"], r["as_of"]): r["stage"] for r in company.truth("stages")}
    looks = Counter(
        (true[r["true_party"], r["as_of"]], r["shown_stage"], r["shown_reason"])
        for r in company.truth("faults")
        if r["cause"] == "unmatched_id"
    )
    assert looks.most_common(1)[0][0] == ("active", "inactive", "onboarding")


def test_a_second_account_hides_a_part_of_the_contracts(company):
    second = {r["true_party"] for r in company.truth("parties") if r["planted"] == "second_billing_id"}
    split = {r["true_party"] for r in company.truth("faults") if r["cause"] == "duplicate"}
    assert split
    assert split <= second
