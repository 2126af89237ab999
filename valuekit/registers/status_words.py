"""What the words of payment providers and of people mean for the question of who pays."""

import re
from collections.abc import Mapping

import pyarrow as pa

from valuekit.errors import ConfigError, UnknownNameError

MEANINGS = ("paying", "trial", "not_paying")
"""From the strongest: of several accounts at a provider, the first of these counts."""

UNKNOWN_WEIGHT = len(MEANINGS)

WORDS: dict[str, tuple[str, ...]] = {
    "paying": (
        "active",  # every provider
        "past_due",  # Stripe, Recurly, Paddle, Chargify: a charge failed, the subscription lives and is tried again
        "non_renewing",  # Chargebee: paid, and ends with its term
        "soft_failure", "assessing",  # Chargify
        "live",  # Recurly
        "yes", "y", "true", "1", "paying", "pays", "paid", "customer", "paying_customer", "subscriber", "subscribed",
    ),
    "trial": (
        "trialing", "trialling",  # Stripe, Paddle, Chargify
        "in_trial",  # Chargebee, Recurly
        "trial", "on_trial", "free_trial", "evaluation", "evaluating", "pilot", "testing",
    ),
    "not_paying": (
        "unpaid", "canceled", "incomplete", "incomplete_expired", "paused",  # Stripe
        "cancelled", "future", "transferred",  # Chargebee
        "expired", "failed", "closed", "inactive",  # Recurly
        "deleted",  # Paddle
        "approval_pending", "approved", "suspended", "created",  # PayPal
        "trial_ended", "on_hold", "awaiting_signup", "failed_to_create",  # Chargify
        "pending", "frozen", "declined", "stale",  # Shopify
        "no", "n", "false", "0", "not_paying", "not_paid", "never_paid", "free", "freemium", "lead", "prospect",
        "churned", "lapsed", "lost", "former", "former_customer", "ex_customer", "not_a_customer", "not_customer",
        "ended", "stopped", "overdue", "uncollectible", "refunded", "unsubscribed",
    ),
}  # fmt: skip
"""Words by meaning, in lower case with one underscore between their parts."""


def normal(word: str) -> str:
    """Return a word as the map has it: case, and what stands between its parts, make no difference.

    >>> normal(" Past-Due "), normal("not  paying")
    ('past_due', 'not_paying')
    """
    return re.sub(r"[\s_-]+", "_", word.lower()).strip("_")


def status_map(changes: Mapping[str, str] | None = None) -> pa.Table:
    """Return the map as a table: `word`, `meaning`, `weight`; `changes` are further words, or other meanings of these.

    Raises `UnknownNameError` for a meaning that does not exist, `ConfigError` for a word with two meanings.

    >>> rows = status_map({"Past due": "not_paying", "gold": "paying"}).to_pylist()
    >>> [row for row in rows if row["word"] in ("past_due", "gold")]  # doctest: +NORMALIZE_WHITESPACE
    [{'word': 'gold', 'meaning': 'paying', 'weight': 0},
     {'word': 'past_due', 'meaning': 'not_paying', 'weight': 2}]
    """
    meanings = {word: meaning for meaning, words in WORDS.items() for word in words} | _checked(changes or {})
    words = sorted(meanings)
    weights = [MEANINGS.index(meanings[word]) for word in words]
    return pa.table({"word": words, "meaning": [meanings[w] for w in words], "weight": pa.array(weights, pa.int32())})


def _checked(changes: Mapping[str, str]) -> dict[str, str]:
    checked: dict[str, str] = {}
    for word, meaning in changes.items():
        if meaning not in MEANINGS:
            raise UnknownNameError("meaning", meaning, MEANINGS, where=f"lifecycle.statuses.{word}")
        if checked.setdefault(normal(word), meaning) != meaning:
            raise ConfigError(
                f"'{word}' has two meanings, {checked[normal(word)]} and {meaning}.",
                where="lifecycle.statuses",
                next_step="Case, blanks, hyphens and underscores make no difference: keep one of them.",
            )
    return checked
