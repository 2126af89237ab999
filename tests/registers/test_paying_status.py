"""T6: who pays by hand, by the provider, and by the money."""

from datetime import date, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tests.lifecycle.described import AS_OF, days_ago
from tests.registers.drawn import by_record, drawn


def said(word, day="2026-01-01", origin="manual", record="ann", **more):
    return {"record": record, "status": word, "updated_on": day, "origin": origin, **more}


def status(*statuses, paid_until=None, columns="manual, provider, derived, stale, wrong_since", **company):
    """The row of ann, who paid once on 1 January where it is said until when that lasts."""
    if paid_until:
        company.setdefault("payments", [{"record": "ann", "paid_on": "2026-01-01", "amount": 100}])
        company["facts"] = {"ann": {"paid_until": paid_until}}
    return by_record(drawn(statuses=statuses, **company), "paying_status", columns).get("ann")


def derived(**company):
    return status(said("gold"), columns="derived", **company)


@pytest.mark.parametrize(("days", "expected"), [(0, "paying"), (15, "paying"), (16, "not_paying")])
def test_a_payment_counts_until_the_grace_after_the_term_that_it_covers(days, expected):
    assert derived(paid_until=days_ago(days)) == expected


@pytest.mark.parametrize(("days", "expected"), [(90, "paying"), (91, "not_paying")])
def test_an_order_counts_as_paying_for_order_active_days(days, expected):
    assert derived(orders=[{"record": "ann", "ordered_on": days_ago(days), "amount": 50}]) == expected


def test_the_windows_are_settings():
    assert derived(paid_until=days_ago(20), settings={"payment_grace_days": 20}) == "paying"
    order = {"record": "ann", "ordered_on": days_ago(20), "amount": 50}
    assert derived(orders=[order], settings={"order_active_days": 19}) == "not_paying"


def test_who_was_refunded_in_full_does_not_pay():
    money = [{"record": "ann", "paid_on": "2026-06-01", "amount": 100},
             {"record": "ann", "paid_on": "2026-06-10", "amount": -100, "kind": "refund"}]  # fmt: skip
    assert derived(payments=money, paid_until=AS_OF) == "not_paying"


def test_the_three_answers_stand_side_by_side():
    assert status(said("yes"), said("canceled", origin="provider")) == (
        "paying",
        "not_paying",
        "not_paying",
        False,
        None,
    )


def test_the_latest_note_by_hand_counts():
    assert status(said("yes", "2026-01-01"), said("no", "2026-02-01"), columns="manual") == "not_paying"


def test_of_several_accounts_at_the_provider_the_one_that_pays_counts():
    link = {"from_record": "ann", "to_record": "ann2", "kind": "same"}
    accounts = [said("active", "2025-01-01", "provider"), said("canceled", "2026-05-01", "provider", "ann2")]
    assert status(*accounts, links=[link], columns="provider, provider_on") == ("paying", date(2025, 1, 1))


def test_of_one_account_the_latest_word_counts():
    changes = [said("active", "2025-01-01", "provider"), said("canceled", "2026-05-01", "provider")]
    assert status(*changes, columns="provider") == "not_paying"


def test_who_pays_and_was_given_no_status_is_listed_and_others_are_not():
    assert status(paid_until=AS_OF, columns="manual, provider, derived") == (None, None, "paying")
    assert status(paid_until=days_ago(100)) is None


# --- stale


def test_paying_by_hand_is_stale_from_the_day_on_which_the_money_ran_out():
    assert status(said("paying"), paid_until=days_ago(100))[2:] == ("not_paying", True, days_ago(100 - 16))


def test_a_note_that_was_wrong_from_the_start_is_not_stale():
    assert status(said("paying", days_ago(84)), paid_until=days_ago(100))[2:] == ("not_paying", False, None)
    assert status(said("paying", days_ago(85)), paid_until=days_ago(100))[2:] == ("not_paying", True, days_ago(84))


def test_who_never_paid_anything_has_no_event_that_made_the_note_wrong():
    assert status(said("paying"))[2:] == ("not_paying", False, None)


def test_not_paying_by_hand_is_stale_from_the_first_money_after_it():
    money = [{"record": "ann", "paid_on": day, "amount": 100} for day in ("2025-12-01", "2026-03-01", "2026-04-01")]
    found = status(said("no"), payments=money, paid_until=AS_OF)
    assert found[2:] == ("paying", True, date(2026, 3, 1))


def test_a_trial_by_hand_is_stale_once_they_pay():
    order = {"record": "ann", "ordered_on": days_ago(5), "amount": 50}
    assert status(said("trial"), orders=[order])[2:] == ("paying", True, days_ago(5))


def test_a_refund_in_full_makes_a_note_stale():
    money = [{"record": "ann", "paid_on": "2026-01-05", "amount": 100},
             {"record": "ann", "paid_on": "2026-02-10", "amount": -100, "kind": "refund"}]  # fmt: skip
    assert status(said("paying", "2026-01-06"), payments=money)[2:] == ("not_paying", True, date(2026, 2, 10))


@pytest.mark.parametrize("word", ["gold", "trial", "no"])
def test_a_note_that_does_not_contradict_the_money_is_not_stale(word):
    assert status(said(word), paid_until=days_ago(100))[2:] == ("not_paying", False, None)


days = st.integers(0, 400)


@settings(max_examples=6, deadline=None)
@for_all(st.lists(st.tuples(st.sampled_from(["yes", "no", "trial", "gold"]), days, days), min_size=1, max_size=12))
def test_stale_means_wrong_now_and_right_when_it_was_set(people):
    """A note is stale exactly when it contradicts the money now and did not on the day it was set."""
    named = [(f"r{n}", *person) for n, person in enumerate(people)]
    engine = drawn(
        payments=[{"record": r, "paid_on": days_ago(paid), "amount": 9} for r, _, _, paid in named],
        statuses=[said(word, days_ago(set_on), record=r) for r, word, set_on, _ in named],
        facts={r: {"paid_until": days_ago(paid)} for r, _, _, paid in named},
    )

    def contradicts(word: str, day: date, paid_on: date) -> bool:
        pays = paid_on <= day <= paid_on + timedelta(days=15)
        return {"yes": not pays, "no": pays, "trial": pays, "gold": False}[word]

    expected = {
        r: contradicts(word, AS_OF, days_ago(paid)) and not contradicts(word, days_ago(set_on), days_ago(paid))
        for r, word, set_on, paid in named
        if not (word == "yes" and set_on > paid)  # set before the first payment: wrong, right for a while, wrong again
    }
    found = by_record(engine, "paying_status", "stale")
    assert {r: found[r] for r in expected} == expected
