"""T7: the words of payment providers and of people."""

import pytest

from tests.registers.drawn import drawn, drawn_again
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.registers import MEANINGS, WORDS, status_map
from valuekit.registers.status_words import normal

STRIPE = {
    "active": "paying", "past_due": "paying", "trialing": "trial", "unpaid": "not_paying", "canceled": "not_paying",
    "incomplete": "not_paying", "incomplete_expired": "not_paying", "paused": "not_paying",
}  # fmt: skip
"""https://docs.stripe.com/billing/subscriptions/overview: past_due goes on billing until its retries are exhausted."""


def words(*said: str, origin: str = "provider", **settings):
    rows = [
        {"record": f"r{n}", "status": word, "updated_on": "2026-01-01", "origin": origin} for n, word in enumerate(said)
    ]
    return drawn(statuses=rows, settings=settings)


def meaning(word: str, **settings) -> str:
    return words(word, **settings).scalar("SELECT meaning FROM status_words")


WRITTEN = {
    "non_renewing": "paying", "in_trial": "trial", "future": "not_paying", "SUSPENDED": "not_paying",
    " Past Due ": "paying", "PAST-DUE": "paying", "Yes": "paying", "no": "not_paying", "true": "paying",
    "Paying customer": "paying", "not paying": "not_paying", "churned": "not_paying",
}  # fmt: skip


def test_the_words_of_stripe_have_their_meaning():
    found = dict(words(*STRIPE).rows("SELECT status, meaning FROM status_words"))
    assert found == STRIPE


@pytest.fixture(scope="module")
def meant():
    return dict(words(*WRITTEN).rows("SELECT status, meaning FROM status_words"))


@pytest.mark.parametrize(("word", "expected"), WRITTEN.items())
def test_case_blanks_and_hyphens_make_no_difference(meant, word, expected):
    assert meant[word] == expected


def test_an_unknown_word_is_reported_and_never_dropped():
    engine = words("gold", "active", "gold")
    assert engine.rows("SELECT * FROM status_words ORDER BY status") == [
        ("provider", "active", "paying", 1, 1), ("provider", "gold", "unknown", 2, 2),
    ]  # fmt: skip
    assert engine.scalar("SELECT COUNT(*) FROM paying_status WHERE provider = 'unknown'") == 2


def test_settings_add_words_and_change_others():
    assert meaning("Gold", statuses={"gold": "paying"}) == "paying"
    assert meaning("past_due", statuses={"Past due": "not_paying"}) == "not_paying"


def test_each_word_is_counted_as_it_was_written():
    found = words("Active", "active").rows("SELECT status, rows FROM status_words ORDER BY status")
    assert found == [("Active", 1), ("active", 1)]


def test_rows_of_unknown_parties_are_counted_and_are_nobodys_latest():
    engine = drawn(statuses=[{"record": "ann", "status": "active", "updated_on": "2026-01-01"}])
    engine.execute("UPDATE statuses SET party_id = NULL")
    assert drawn_again(engine).rows("SELECT rows, parties FROM status_words") == [(1, 0)]


def test_a_meaning_that_does_not_exist_is_an_error():
    with pytest.raises(UnknownNameError, match=r"lifecycle.statuses.gold: there is no meaning 'payed'.*paying"):
        status_map({"gold": "payed"})


def test_a_word_with_two_meanings_is_an_error():
    with pytest.raises(ConfigError, match="'Past-due' has two meanings, paying and not_paying"):
        status_map({"past due": "paying", "Past-due": "not_paying"})


def test_no_word_is_in_the_map_twice_and_all_are_written_as_they_are_looked_up():
    listed = [word for meaning in MEANINGS for word in WORDS[meaning]]
    assert len(listed) == len(set(listed))
    assert listed == [normal(word) for word in listed]
