"""T5: monthly recurring revenue at any date, from contract terms as they really run."""

from datetime import date, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.lifecycle.described import fact, staged
from valuekit.calendar import add_months

YEAR_2025 = {
    "record": "ann",
    "signed_on": "2024-12-20",
    "starts_on": "2025-01-01",
    "ends_on": "2025-12-31",
    "amount": 1200,
}
YEAR_2026 = {**YEAR_2025, "starts_on": "2026-01-01", "ends_on": "2026-12-31"}
MONTHLY = {**YEAR_2025, "ends_on": "2025-01-31", "amount": 30, "term_months": 1, "auto_renew": True}


def mrr(day: str, *terms: dict) -> float:
    return fact("mrr", contracts=terms, as_of=date.fromisoformat(day))


def ends_on(day: str, *terms: dict) -> date | None:
    return fact("contract_ends_on", contracts=terms, as_of=date.fromisoformat(day))


def test_an_annual_contract_over_1200_is_100_a_month():
    assert mrr("2025-06-30", YEAR_2025) == 100


@pytest.mark.parametrize(
    ("day", "expected"), [("2024-12-31", 0), ("2025-01-01", 100), ("2025-12-31", 100), ("2026-01-01", 0)]
)
def test_it_is_nothing_before_the_start_and_after_the_end(day, expected):
    assert mrr(day, YEAR_2025) == expected


def test_a_third_of_a_cent_is_kept_to_four_decimals():
    assert mrr("2025-06-30", {**YEAR_2025, "amount": 1000}) == 83.3333


def test_it_goes_on_when_the_contract_renews_itself():
    renewing = {**YEAR_2025, "auto_renew": True}
    assert mrr("2026-06-30", renewing) == 100
    assert ends_on("2026-06-30", renewing) == date(2026, 12, 31)


def test_an_open_ended_contract_has_no_end():
    open_ended = {**YEAR_2025, "ends_on": None}
    assert mrr("2030-01-01", open_ended) == 100
    assert ends_on("2030-01-01", open_ended) is None


@pytest.mark.parametrize(("notice", "end"), [("2025-03-10", date(2025, 3, 31)), ("2025-03-31", date(2025, 3, 31))])
def test_notice_ends_a_contract_with_the_term_in_which_it_is_given(notice, end):
    assert ends_on("2026-06-30", {**MONTHLY, "cancelled_on": notice}) == end
    assert ends_on("2026-06-30", {**MONTHLY, "ends_on": None, "cancelled_on": notice}) == end


def test_notice_does_not_lengthen_a_contract_that_does_not_renew():
    assert ends_on("2026-06-30", {**YEAR_2025, "cancelled_on": "2026-02-01"}) == date(2025, 12, 31)


def test_a_renewal_takes_over_from_a_contract_that_would_have_renewed_itself():
    first = {**YEAR_2025, "auto_renew": True}
    assert mrr("2026-06-30", first, {**YEAR_2026, "kind": "renewal", "amount": 1320}) == 110


def test_a_renewal_signed_early_moves_the_end_of_a_current_contract():
    assert ends_on("2025-12-31", YEAR_2025, {**YEAR_2026, "kind": "renewal"}) == date(2026, 12, 31)


def test_a_renewal_signed_early_counts_from_its_start():
    assert mrr("2025-12-31", YEAR_2025, {**YEAR_2026, "kind": "renewal", "amount": 1320}) == 100


@pytest.mark.parametrize(("day", "expected"), [("2025-06-30", 100), ("2025-07-01", 150)])
def test_a_changed_price_replaces_the_former_from_its_start(day, expected):
    change = {**YEAR_2025, "starts_on": "2025-07-01", "kind": "change", "amount": 1800}
    assert mrr(day, YEAR_2025, change) == expected


def test_a_price_that_changes_twice_counts_once():
    first = {**YEAR_2025, "starts_on": "2025-03-01", "kind": "change", "amount": 1800}
    second = {**YEAR_2025, "starts_on": "2025-06-01", "kind": "change", "amount": 2400}
    assert mrr("2025-07-01", YEAR_2025, first, second) == 200


def test_new_contracts_run_side_by_side():
    other = {**YEAR_2025, "starts_on": "2025-03-01", "kind": "new", "amount": 600}
    assert mrr("2025-07-01", {**YEAR_2025, "kind": "new"}, other) == 150


def test_a_change_replaces_the_contract_with_the_same_end():
    other = {**YEAR_2025, "starts_on": "2025-03-01", "ends_on": "2026-02-28", "amount": 600, "kind": "new"}
    change = {**YEAR_2025, "starts_on": "2025-07-01", "kind": "change", "amount": 1800}
    assert mrr("2025-08-01", YEAR_2025, other, change) == 200


def test_a_renewal_replaces_the_contract_that_ends_the_day_before():
    other = {**YEAR_2025, "starts_on": "2025-03-01", "ends_on": "2026-02-28", "amount": 600, "kind": "new"}
    renewal = {**YEAR_2026, "kind": "renewal", "amount": 1320}
    assert mrr("2026-01-15", YEAR_2025, other, renewal) == 160


def test_a_term_of_unknown_kind_renews_the_one_that_ends_the_day_before():
    assert mrr("2026-06-30", {**YEAR_2025, "auto_renew": True}, YEAR_2026) == 100


def test_a_term_of_unknown_kind_that_overlaps_is_another_contract():
    assert mrr("2025-07-01", YEAR_2025, {**YEAR_2025, "starts_on": "2025-07-01"}) == 200


def test_terms_of_another_party_are_not_touched():
    bobs = {**YEAR_2025, "record": "bob", "starts_on": "2025-07-01", "kind": "change"}
    assert mrr("2025-08-01", YEAR_2025, bobs) == 100


def test_an_unsigned_renewal_renews_nothing():
    assert mrr("2026-06-30", YEAR_2025, {**YEAR_2026, "kind": "renewal", "signed_on": None}) == 0


def test_the_length_of_the_current_term_is_a_fact():
    assert fact("term_months", contracts=[YEAR_2025, {**YEAR_2026, "term_months": 24, "kind": "renewal"}]) == 24
    assert fact("term_months", contracts=[YEAR_2025]) == 12


def test_the_day_of_notice_is_that_of_the_latest_contract():
    assert fact("cancelled_on", contracts=[{**YEAR_2025, "cancelled_on": "2025-09-01"}]) == date(2025, 9, 1)
    again = {**YEAR_2026, "kind": "new"}
    assert fact("cancelled_on", contracts=[{**YEAR_2025, "cancelled_on": "2025-09-01"}, again]) is None


def last_day_by_hand(next_start: date, term: int, reach: date) -> date:
    renewals = 0
    while add_months(next_start, renewals * term) <= reach:
        renewals += 1
    return add_months(next_start, renewals * term) - timedelta(days=1)


days = st.dates(date(2023, 1, 1), date(2026, 6, 30))


@settings(max_examples=10, deadline=None)
@for_all(st.lists(st.tuples(days, st.sampled_from([1, 3, 12])), min_size=20, max_size=40))
def test_renewed_terms_are_those_counted_by_hand(terms):
    """Month ends included: each contract renews itself until it reaches the date described."""
    contracts = [
        {
            "record": f"r{i}",
            "signed_on": end,
            "starts_on": end,
            "ends_on": end,
            "term_months": months,
            "auto_renew": True,
        }
        for i, (end, months) in enumerate(terms)
    ]
    engine = staged(contracts=contracts)
    found = dict(engine.rows("SELECT record, contract_ends_on FROM facts JOIN party_records USING (party_id)"))
    reach = date(2026, 6, 30)
    assert found == {
        f"r{i}": last_day_by_hand(end + timedelta(days=1), months, reach) for i, (end, months) in enumerate(terms)
    }


def test_terms_without_party_are_left_out():
    engine = staged(contracts=[{**YEAR_2025, "record": None}], records=[{"record": "ann"}])
    assert (engine.count("contracts"), engine.count("contract_terms")) == (1, 0)
