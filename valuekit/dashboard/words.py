"""Words for people: one name per idea, the same on every page."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from math import isnan

from valuekit.money import round_together, shorten, show
from valuekit.tables import PUBLISHED

Number = Decimal | float | int

STAGES = {
    "prospect": "Prospect",
    "signed_unpaid": "Signed, not paid",
    "active": "Active",
    "inactive": "Inactive",
    "lapsed_paying": "Lapsed, still paying",
    "churned": "Churned",
    "paid_without_contract": "Paid without contract",
    "contact": "Contact",
    "served": "Served, not paying",
    "supplier": "Supplier",
    "internal": "Internal or test",
}
LINES = {
    "revenue": "Revenue",
    "refunds": "Refunds",
    "cost_of_goods": "Cost of goods",
    "marketing": "Marketing",
    "acquisition": "Marketing to win",
    "retention": "Marketing to keep",
    "sales": "Sales",
    "support": "Support",
    "incentives": "Incentives",
    "other": "Other direct cost",
    "general": "General cost",
    "advocacy": "Advocacy (estimate)",
    "innovation": "Innovation (estimate)",
    "net_cash": "Net cash",
}
EXECUTIVES = {
    "CCO": "Chief customer officer",
    "CPO": "Chief product officer",
    "CMO": "Chief marketing officer",
    "CRO": "Chief revenue officer",
    "CFO": "Chief financial officer",
}
BASES = {"own": "its own history", "pooled": "its history and its peers", "prior": "its peers alone"}
REASONS = {
    "no_recent_use": "no recent use",
    "onboarding": "onboarding, never used yet",
    "lapsed": "contract ran out",
    "cancelled": "cancelled",
}

STAGE_TABLES = {
    "prospect": ("engagements", "opportunities", "usage", "orders"),
    "signed_unpaid": ("contracts", "payments"),
    "active": ("contracts", "payments", "usage", "orders"),
    "inactive": ("contracts", "payments", "usage", "orders"),
    "lapsed_paying": ("contracts", "payments"),
    "churned": ("contracts", "orders"),
    "paid_without_contract": ("payments", "contracts"),
    "contact": ("records",),
    "served": ("records",),
    "supplier": ("records",),
    "internal": ("records",),
}
"""By stage: the canonical tables whose rows decide it."""


def human(key: str | None) -> str:
    """Turn a key without a name of its own into words.

    >>> human("credit_control")
    'Credit control'
    """
    return (key or "").replace("_", " ").strip().capitalize()


def stage(key: str) -> str:
    """Name a lifecycle stage."""
    return STAGES.get(key, human(key))


def stage_and_reason(key: str, reason: str | None) -> str:
    """Name a stage with its sub-reason.

    >>> stage_and_reason("churned", "cancelled"), stage_and_reason("prospect", None)
    ('Churned: cancelled', 'Prospect')
    """
    return f"{stage(key)}: {REASONS.get(reason, human(reason).lower())}" if isinstance(reason, str) else stage(key)


def definition(owner: str, label: str, *, headline: bool) -> str:
    """Name a definition with the team that counts by it; the headline number belongs to all.

    >>> definition("Sales", "Bought", headline=False), definition("Finance", "Customers", headline=True)
    ('Sales: Bought', 'Customers')
    """
    return label if headline else f"{owner}: {label}"


def event(expression: str | None) -> str:
    """Write the day that makes a party count: in words, as far as it is made of facts.

    >>> event("won_on"), event("LEAST(won_on, signed_on)"), event("won_on + 31"), event(None)
    ('First deal won', 'The earliest of: first deal won; first contract signed', '31 days after: first deal won', '')
    >>> event("LEAST(CASE WHEN has_paid THEN GREATEST(signed_on, won_on) END, first_used_on)")
    'The earliest of: the latest of first contract signed and first deal won; first use of the product'
    >>> event("date_trunc('month', won_on)")
    "date_trunc('month', won_on)"
    """
    if not isinstance(expression, str):
        return ""
    told = _told(expression.strip(), inner=False)
    return told[:1].upper() + told[1:] if told else expression


def _told(text: str, *, inner: bool = True) -> str | None:
    """Tell an expression of days in words; None for what has none."""
    facts = PUBLISHED["facts"]
    if text in facts.names:
        meaning = facts[text].meaning
        return meaning[:1].lower() + meaning[1:]
    if found := _WHERE.fullmatch(text):
        return _told(found[1], inner=inner)
    if found := _LATER.fullmatch(text):
        told = _told(found[1])
        return told and f"{found[2]} days after: {told}"
    if found := _CHOICE.fullmatch(text):
        parts = [_told(part.strip()) for part in _APART.split(found[2])]
        if not all(parts):
            return None
        known = [part for part in parts if part]
        start = f"the {'earliest' if found[1] == 'LEAST' else 'latest'} of"
        return f"{start} {' and '.join(known)}" if inner else f"{start}: {'; '.join(known)}"
    return None


_CHOICE = re.compile(r"(LEAST|GREATEST)\((.*)\)")
_APART = re.compile(r",(?![^(]*\))")
"""Commas outside of parentheses."""
_LATER = re.compile(r"(.+) \+ (\d+)")
_WHERE = re.compile(r"CASE WHEN [\w ]+ THEN (.+) END")


def rule(text: str) -> str:
    """Write a condition over facts with their names for people.

    >>> rule("mrr >= 109.2233 AND NOT is_internal")
    'Monthly recurring revenue of current contracts >= 109.22 and not internal or test account'
    """
    facts = PUBLISHED["facts"]
    told = re.sub(r"[A-Za-z_]\w*", lambda m: _fact(m[0]) if m[0] in facts.names else m[0], text)
    told = re.sub(r"\b(AND|OR|NOT)\b", lambda m: m[0].lower(), told)
    return told[:1].upper() + figures(told)[1:]


def _fact(name: str) -> str:
    meaning = PUBLISHED["facts"][name].meaning
    return meaning[:1].lower() + meaning[1:].rstrip(".")


NOT_RECORDED = "not recorded"
"""In place of a number that the company's data cannot give: never a zero."""

MAP_IT = "What is not recorded is counted as soon as its table is mapped under sources in the configuration."


def begin(text: str) -> str:
    """Write a phrase as a sentence of its own.

    >>> begin("nothing is recorded in usage")
    'Nothing is recorded in usage.'
    """
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def figures(text: str) -> str:
    """Group the digits of the long numbers in a text, and write amounts to the cent; dates stay.

    >>> figures("11488443.2400 received on 2026-06-30, 181737 rows, 0.0000 apart")
    '11,488,443.24 received on 2026-06-30, 181,737 rows, 0.00 apart'
    """
    return _NUMBER.sub(lambda m: f"{Decimal(m[0]):,.2f}" if "." in m[0] else f"{int(m[0]):,}", text)


_NUMBER = re.compile(r"(?<![\d.-])-?(?:\d+\.\d{4}|\d{4,})(?![\d-])")


def line(key: str) -> str:
    """Name a line of the cash statement or a stream of value."""
    return LINES.get(key, human(key))


def day(when: date | None) -> str:
    """Write a date for people.

    >>> day(date(2026, 6, 30)), day(None)
    ('30 June 2026', 'not known')
    """
    return f"{when.day} {when:%B %Y}" if when else "not known"


def count(number: Number) -> str:
    """Write a whole number in full.

    >>> count(23570)
    '23,570'
    """
    return f"{int(number):,}"


def share(part: Number, whole: Number) -> str:
    """Write a share in per cent; a share of nothing is a dash.

    >>> share(1, 8), share(1, 0), share(1, 3000), share(4999, 5000)
    ('12.5%', '-', '<0.1%', '99.98%')
    """
    if not whole:
        return "-"
    percent = 100 * float(part) / float(whole)
    if 0 < abs(percent) < 0.1:
        return "<0.1%"
    return f"{percent:.2f}%" if 99.95 <= percent < 100 else f"{percent:.1f}%"


def together(parts: Iterable[Number], *, total: Number | None = None, kept: int | None = None) -> list[str]:
    """Write parts of a sum in whole units so that they add up to it (`round_together`), then the sum, if given.

    >>> together([1.4, 2.4, -0.3]), together([1.4, 2.4], total=3.8, kept=0)
    (['2', '2', '0'], ['1', '3', '4'])
    """
    exact = [Decimal(str(part)) for part in parts]
    whole = None if total is None else Decimal(str(total))
    units = round_together(exact, total=whole, kept=kept, to=Decimal(1))
    units += [] if whole is None else round_together([whole], to=Decimal(1))
    return [f"{unit:z,}" for unit in units]


def brief(number: Number) -> str:
    """Abbreviate a count for a card.

    >>> brief(1_234_567), brief(9_870)
    ('1.23M', '9,870')
    """
    return shorten(number) if abs(float(number)) >= 1_000_000 else count(number)


def change(amount: Number, currency: str) -> str:
    """Write a difference with its sign.

    >>> change(1500, "EUR"), change(-20, "EUR")
    ('+€1.50k', '-€20')
    """
    text = show(amount, currency, short=True)
    return text if amount < 0 else f"+{text}"


MOVEMENTS = {
    "new": "New",
    "reactivated": "Reactivated",
    "churned": "Churned",
    "new_business": "New business",
    "expansion": "Expansion",
    "reactivation": "Reactivation",
    "contraction": "Contraction",
    "churn": "Churn",
    "fx": "Exchange rates",
}
"""Ways in which customers and recurring revenue move."""

PAYING = {
    "paying_and_using": "Pay and use",
    "paying_only": "Pay, do not use",
    "using_only": "Use, do not pay",
}


def signed(number: Number) -> str:
    """Write a whole number with its sign.

    >>> signed(12), signed(-3), signed(0)
    ('+12', '-3', '0')
    """
    return f"{int(number):+,}" if number else "0"


def percent(rate: Number | None) -> str:
    """Write a rate in per cent; a rate of nothing is a dash.

    >>> percent(0.0525), percent(None), percent(float("nan"))
    ('5.2%', '-', '-')
    """
    return "-" if rate is None or isnan(rate) else f"{100 * float(rate):.1f}%"


ISSUES = {
    "overlap": "Overlaps another term",
    "gap": "Gap between two terms",
    "end_before_start": "Ends before it starts",
    "missing_end": "Has no end",
    "not_signed": "Not signed",
    "backdated": "Signed after its start",
    "no_price": "Has no price",
    "no_party": "Belongs to nobody known",
    "cancelled_after_end": "Cancelled after its end",
    "set_aside": "Set aside: no valid contract",
}
"""What can be wrong with a contract term."""

STATUSES = {"paying": "Pays", "not_paying": "Does not pay", "trial": "Tries it", "unknown": "Unknown"}
"""What a word for who pays can mean."""

COMMISSIONS = {"signed": "Contract signed", "first_payment": "First payment", "active_use": "Customer uses it"}
"""Rules for the day that earns a commission."""
