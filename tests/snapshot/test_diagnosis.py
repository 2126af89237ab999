"""The four questions, answered from data (R12)."""

import pytest

from tests.snapshot.published import told
from valuekit.snapshot.diagnosis import diagnose


def answers(*statements: str):
    """Answer the questions for the six parties, with statements of one's own."""
    return diagnose(told(*statements))


AGREED = "UPDATE definitions SET status = 'agreed'"


def test_how_many_is_certain_when_all_agree_and_each_difference_has_its_reason():
    how_many, *_ = answers(AGREED)
    assert how_many.certain
    assert how_many.answer == (
        "2 by the agreed definition. Teams count from 1 to 3; each of the 2 differences has its reason."
    )
    assert [n.value for n in how_many.numbers] == [2, 3, 1, 2, 0]


def test_how_many_names_the_definitions_that_are_open():
    how_many, *_ = answers()
    assert (how_many.certain, how_many.answer.endswith("Not agreed on yet: Sales.")) == (False, True)


def test_how_many_counts_differences_without_a_reason():
    how_many, *_ = answers(AGREED, "UPDATE reconciliation SET reason = 'other' WHERE reason = 'unexplained'",
                           "UPDATE reconciliation SET reason = 'unexplained' WHERE reason = 'idle'")  # fmt: skip
    assert not how_many.certain
    assert "1 of 2 differences have no reason yet" in how_many.answer


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM reconciliation", "UPDATE definitions SET not_countable = 'nothing paid' WHERE headline",
     "UPDATE definitions SET headline = FALSE"],
)  # fmt: skip
def test_without_an_agreed_number_or_a_comparison_how_many_is_not_guessed(statement):
    how_many, *_ = answers(AGREED, statement)
    assert (how_many.certain, how_many.answer[:7]) == (False, "Not yet")


def test_acquired_has_one_number_per_definition_for_the_last_complete_month():
    _, acquired, *_ = answers("UPDATE customer_movements SET acquired = 4 WHERE definition = 'finance'")
    assert acquired.certain
    assert acquired.answer.startswith("0 in June 2026, by the headline (Customers).")
    assert [(n.label, n.value) for n in acquired.numbers][1] == ("Finance (Finance), dated by first_paid_on", 4)


def test_a_month_that_still_runs_is_not_last_month():
    running = [f"UPDATE {t} SET complete = FALSE WHERE as_of = DATE '2026-06-30'" for t in ("stage_months",)]
    _, acquired, _, churn = answers(*running)
    assert "May 2026" in acquired.answer
    assert not churn.certain


def test_acquired_without_an_event_date_or_a_month_is_not_guessed():
    _, undated, *_ = answers("UPDATE customer_movements SET acquired = NULL WHERE definition = 'customers'")
    assert (undated.certain, "no day from which" in undated.answer) == (False, True)
    _, monthless, *_ = answers("DELETE FROM customer_movements")
    assert (monthless.certain, monthless.numbers) == (False, [])


def test_active_and_inactive_are_two_numbers():
    *_, active, _ = answers()
    assert active.certain
    assert active.answer.startswith("1 are active and 1 are customers who do not use it; together 2.")


def test_a_company_that_records_no_use_cannot_say_who_is_active():
    *_, active, _ = answers("UPDATE stages SET reason = 'use_not_recorded' WHERE stage = 'inactive'")
    assert (active.certain, active.answer) == (False, "Not yet: no use of the product is on record.")


def test_churn_is_two_rates_with_their_own_denominators_and_the_overlap():
    *_, churn = answers()
    assert "33.3% of those who paid stopped paying (1 of 3)" in churn.answer
    assert "50.0% of those who used the product stopped using it (1 of 2); 0 did both" in churn.answer
    assert {n.label: n.value for n in churn.numbers}["Stopped using only"] == 1


def test_a_missing_rate_makes_churn_uncertain():
    *_, churn = answers("UPDATE paying_and_using SET usage_churn_rate = NULL")
    assert not churn.certain
