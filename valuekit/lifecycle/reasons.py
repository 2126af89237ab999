"""Why one list counts a party and another does not: reasons in order of priority; the first that holds is given.

Each reason says which facts it `asks` about. It explains an absence only from a list that rests on one of them: that a
party was never in a campaign tells why marketing does not count it, and nothing about finance.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from valuekit.engine import Engine, Expression
from valuekit.engine.expressions import Constant
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.lifecycle.predicates import COLUMNS, CUSTOMER, MOST_BITS, PAYING, as_bits, parse_conditions
from valuekit.lifecycle.wording import fill
from valuekit.tables import PUBLISHED

UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class Reason:
    """One reason: a predicate over the columns of `facts`, `stage`, `reason` and `system_bits`; windows may be named.

    `asks` are the facts that a list must rest on for the reason to explain an absence from it; none means any list.
    """

    key: str
    label: str
    sentence: str
    predicate: str
    asks: tuple[str, ...] = ()


NOT_COUNTABLE = "not_countable"
"""What a list rests on when the company records nothing of what it counts."""

NO_FACT = "no_fact"
"""What a system's list rests on when no fact of a party comes from that system."""

_DEALS = ("won_on", "last_won_on", "deals_won", "won_amount")
_CONTRACT = ("has_contract", "signed_on", "contract_starts_on")
_RUNNING = ("stage", "reason", "contract_current", "contract_ends_on", "mrr", "paid_until")
_PAID = ("has_paid", "first_paid_on", "last_paid_on", "paid", "paid_until")
_ORDERED = ("has_ordered", "first_ordered_on", "last_ordered_on", "orders", "ordered", "days_since_order")
_USE = ("first_used_on", "last_used_on", "last_used_in_contract_on", "days_since_use", "used_this_month")
_HAS_BOUGHT = "(has_contract OR has_paid OR has_ordered)"
_BOUGHT = (*_DEALS, *_CONTRACT, *_RUNNING, *_PAID, *_ORDERED)

REASONS: tuple[Reason, ...] = (
    Reason(
        "not_recorded", "Not recorded", "The company records nothing of what this list counts", "TRUE", (NOT_COUNTABLE,)
    ),
    Reason(
        "not_expected", "Not expected there", "The system holds nothing that every customer must have, such as "
        "tickets or ideas",
        "TRUE", (NO_FACT,),
    ),
    Reason(
        "internal", "Internal or test account", "An account of the company itself, or a test", "is_internal",
        ("is_internal", "system_bits"),
    ),
    Reason(
        "duplicate", "Possible duplicate", "One of its records looks like a record of another party: it may be there "
        "under another id",
        "in_review", ("system_bits",),
    ),
    Reason(
        "unmatched_deal", "Unmatched id: deal", "Bought, and its deal may lie at a similar record that nobody has "
        "joined yet",
        f"in_review AND won_on IS NULL AND {_HAS_BOUGHT}", _DEALS,
    ),
    Reason(
        "unmatched_billing", "Unmatched id: contract or payment", "Won, signed, paid or in use, and the rest may lie "
        "at a similar record that nobody has joined yet",
        "in_review AND NOT (has_contract AND has_paid) AND NOT has_ordered AND trial_started_on IS NULL "
        "AND COALESCE(won_on, signed_on, first_paid_on, first_used_on) IS NOT NULL",
        (*_CONTRACT, *_RUNNING, *_PAID),
    ),
    Reason(
        "unmatched_use", "Unmatched id: use", "Bought, and its use may lie at a similar record that nobody has joined "
        "yet",
        f"in_review AND first_used_on IS NULL AND {_HAS_BOUGHT}", _USE,
    ),
    Reason(
        "supplier", "Supplier or partner", "Sells to the company and has never bought", "stage = 'supplier'",
        (*_BOUGHT, *_USE, "engaged_on", "trial_started_on", "opened_on"),
    ),
    Reason(
        "served", "Served, does not pay", "Is served without buying or paying", "stage = 'served'",
        _BOUGHT,
    ),
    Reason(
        "window", "Another window", "Used it in the last {active_days} days, but not in the calendar month",
        "stage <> 'inactive' AND last_used_on >= as_of - active_days AND NOT used_this_month", ("used_this_month",),
    ),
    Reason(
        "never_engaged", "No marketing contact", "No campaign, download or trial is on record", "engaged_on IS NULL",
        ("engaged_on", "trial_started_on"),
    ),
    Reason(
        "self_service", "Bought without a deal", "Signed or paid, and no deal was won for it: self-service",
        f"won_on IS NULL AND {_HAS_BOUGHT}", _DEALS,
    ),
    Reason(
        "cash_negative", "Costs more than it brings in", "Its cost exceeds its payments, in all months together",
        "net_cash <= 0", ("net_cash", "net_cash_12m"),
    ),
    Reason(
        "refunded", "Refunded in full", "Paid or ordered, and got everything back",
        "NOT (has_paid OR has_ordered) AND (COALESCE(first_paid_on, first_ordered_on) IS NOT NULL OR ordered < 0)",
        (*_RUNNING, *_PAID, *_ORDERED, *_USE),
    ),
    Reason(
        "starts_later", "Contract starts later", "Signed a contract that has not started, and has paid nothing",
        "stage = 'signed_unpaid' AND reason = 'starts_later'", (*_RUNNING, *_PAID, *_ORDERED, *_USE),
    ),
    Reason(
        "signed_unpaid", "Signed, not paid", "Under contract, and has paid nothing", "stage = 'signed_unpaid'",
        (*_RUNNING, *_PAID, *_ORDERED, *_USE),
    ),
    Reason(
        "paid_without_contract", "Paid without a contract", "Paid, and no contract or order is on record",
        "stage = 'paid_without_contract'", (*_CONTRACT, *_RUNNING, *_ORDERED, *_USE),
    ),
    Reason(
        "orders_only", "Buys by order", "Orders without a contract", "has_ordered AND NOT has_contract", _CONTRACT,
    ),
    Reason(
        "paid_recently", "First payment is recent", "Its first payment or order came in the last 30 days",
        "LEAST(first_paid_on, first_ordered_on) >= as_of - 30", ("first_paid_on",),
    ),
    Reason(
        "payment_late", "Payment is late", "A customer whose payments no longer cover the date, even with "
        "{payment_grace_days} days of grace",
        f"{CUSTOMER} AND NOT {PAYING} AND paid_until IS NOT NULL", ("paid_until",),
    ),
    Reason(
        "no_recent_order", "No recent order", "Ordered, but not in the last {order_active_days} days",
        f"{CUSTOMER} AND NOT has_contract AND days_since_order > order_active_days", (*_RUNNING, "days_since_order"),
    ),
    Reason(
        "use_not_recorded", "Use is not recorded", "Under contract and paid; the company records no use of its product",
        "stage = 'inactive' AND reason = 'use_not_recorded'", (*_RUNNING, *_USE),
    ),
    Reason(
        "onboarding", "Onboarding", "Customer that has not used the product since the contract started",
        "stage = 'inactive' AND reason = 'onboarding'", (*_RUNNING, *_USE),
    ),
    Reason(
        "about_to_churn", "About to leave", "Customer under notice, whose contract ends in the next "
        "{ending_soon_days} days",
        f"{CUSTOMER} AND cancelled_on IS NOT NULL AND contract_ends_on <= as_of + ending_soon_days",
        (*_RUNNING, *_USE),
    ),
    Reason(
        "inactive_not_cancelled", "Inactive, not cancelled", "Customer without use in the last {active_days} days, "
        "whose contract runs on",
        "stage = 'inactive'", (*_RUNNING, *_USE),
    ),
    Reason(
        "lapsed_paying", "Lapsed, still paying", "The contract has ended, and a payment came after it",
        "stage = 'lapsed_paying'", (*_RUNNING, *_ORDERED, *_USE),
    ),
    Reason(
        "cancelled", "Left: cancelled", "Was a customer and gave notice", "stage = 'churned' AND reason = 'cancelled'",
        (*_RUNNING, *_ORDERED, *_USE),
    ),
    Reason(
        "lapsed", "Left: lapsed", "Was a customer, and did not renew or order again", "stage = 'churned'",
        (*_RUNNING, *_ORDERED, *_USE),
    ),
    Reason(
        "timing", "Timing", "Won, signed, paid or ordered for the first time in the last {timing_days} days: one "
        "system knows it before another",
        "LEAST(won_on, signed_on, first_paid_on, first_ordered_on) >= as_of - timing_days", (*_BOUGHT, "system_bits"),
    ),
    Reason(
        "never_paid", "Never paid", "Had a contract and never paid for it", "stage = 'prospect' AND has_contract",
        (*_RUNNING, *_PAID, *_ORDERED),
    ),
    Reason(
        "won_not_signed", "Won, not signed", "Deal won, and nothing signed or paid",
        "stage = 'prospect' AND won_on IS NOT NULL", (*_CONTRACT, *_RUNNING, *_PAID, *_ORDERED),
    ),
    Reason(
        "using_not_paying", "Trial", "Tries the product or uses it, and has not bought",
        "stage = 'prospect' AND reason = 'trial'", _BOUGHT,
    ),
    Reason(
        "never_used", "Never used it", "No use of the product is on record", "first_used_on IS NULL", _USE,
    ),
    Reason(
        "stopped_using", "No recent use", "Used the product, but not in the last {active_days} days",
        "last_used_on < as_of - active_days", _USE,
    ),
    Reason(
        "prospect", "Interested, has not bought", "A marketing contact or a deal, and nothing bought",
        "stage = 'prospect'", _BOUGHT,
    ),
    Reason(
        "contact", "Merely known", "A record, and nothing else", "stage = 'contact'", (*_BOUGHT, "system_bits"),
    ),
    Reason(
        "not_paid", "Not paid", "No payment or order on record", "NOT (has_paid OR has_ordered)",
        (*_PAID, *_ORDERED),
    ),
    Reason(
        "pays", "Pays", "Its payments cover the date, and this list asks for those who do not pay", PAYING,
        ("paid_until",),
    ),
)  # fmt: skip
"""In order of priority: what is no customer anywhere, then what the list at hand has never seen, then what
is wrong with contract and payment, then the stage, and last what is left to say."""


def merge_reasons(builtin: Sequence[Reason], extra: Mapping[str, Mapping[str, Any]]) -> tuple[Reason, ...]:
    """Return configured reasons, in their order, and the built-in ones behind them; a built-in key is replaced.

    >>> [r.key for r in merge_reasons(REASONS[:1], {"pilot": dict(
    ...     label="Pilot", sentence="In a pilot", predicate="mrr < 1")})]
    ['pilot', 'not_recorded']
    """
    first = [Reason(key, **{**given, "asks": tuple(given.get("asks", ()))}) for key, given in extra.items()]
    return (*first, *(r for r in builtin if r.key not in extra))


def reason_bits(engine: Engine, reasons: Sequence[Reason], constants: Mapping[str, Constant]) -> Expression:
    """Return a BIGINT expression: the sum of the bits of the reasons that hold for a party, the first of them bit 1.

    Reads the columns of `facts`, `stage`, `reason` and `system_bits` of whatever row it is placed over.
    Raises `ConfigError` for more than 62 reasons or a key that is there twice; `UnknownNameError` for a fact to ask
    about that is none; `ExpressionError` for a predicate that uses what is not there, or is not true or false.
    """
    check_reasons(reasons)
    conditions = parse_conditions(engine, {f"reason {r.key}": r.predicate for r in reasons}, constants)
    return as_bits("reasons", list(conditions.values()))


def check_reasons(reasons: Sequence[Reason]) -> None:
    """Raise for too many reasons, a key that is there twice or taken, and unknown facts."""
    if len(reasons) > MOST_BITS:
        raise ConfigError(f"there are {len(reasons)} reasons; {MOST_BITS} are the most.")
    keys = [r.key for r in reasons]
    for reason in reasons:
        where = f"reason {reason.key}"
        if keys.count(reason.key) > 1:
            raise ConfigError("is there twice.", where=where)
        if reason.key == UNEXPLAINED:
            raise ConfigError("is the name of what no reason explains.", where=where, next_step="Choose another.")
        for fact in reason.asks:
            if fact not in (*COLUMNS, NOT_COUNTABLE, NO_FACT):
                raise UnknownNameError("fact", fact, COLUMNS, where=f"asks of {where}")


def bits_that_explain(reasons: Sequence[Reason], rests_on: Collection[str]) -> int:
    """Return the sum of the bits of the reasons that can explain the absence from a list that rests on these facts.

    >>> bits_that_explain([Reason("a", "", "", "TRUE", ("won_on",)), Reason("b", "", "", "TRUE")], {"paid"})
    2
    """
    return sum(1 << place for place, r in enumerate(reasons) if not r.asks or set(r.asks) & set(rests_on))


def reason_table(reasons: Sequence[Reason], known: Mapping[str, str]) -> pa.Table:
    """Return the rows of `reasons`; sentences may name the windows."""
    rows = [
        {
            "reason": r.key,
            "priority": place + 1,
            "bit": 1 << place,
            "label": r.label,
            "sentence": fill(r.sentence, known, f"reason {r.key}"),
            "predicate": r.predicate,
            "asks": ", ".join(r.asks) or None,
        }
        for place, r in enumerate(reasons)
    ]
    return pa.Table.from_pylist(rows, PUBLISHED["reasons"].arrow)
