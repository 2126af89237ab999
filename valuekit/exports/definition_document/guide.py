"""The guide for people who do not analyse data: the words, how to read a difference, which number to use for what."""

from collections.abc import Mapping, Sequence
from typing import Any

from valuekit.exports.definition_document.model import Field, Grid, Part

SHEET = "Guide"

WORDS = (
    ("Party", "One real person or company, however many records systems have of it. Everything here counts parties."),
    ("Record", "One row in one system: an account in the CRM, a customer in billing, a login of the product."),
    ("As-of date", "The day that a number describes. Nothing that happened later is in it."),
    ("Stage", "Where a party stands with the company on that day. Each party is in exactly one stage."),
    ("Definition", "A team's rule for whom it counts as a customer. A party can be counted by several, or by none."),
    ("Headline", "The one definition whose number the company gives when somebody asks without saying more."),
    ("Source of truth", "The system that decides when systems disagree about this number."),
    ("Event date", "The day on which a party begins to count: the signature, the first payment, the first use."),
    ("Reconciliation", "Two lists laid side by side, each party that only one of them has given a reason."),
    ("Unexplained", "A difference without a reason yet. It is always shown, also when it is 0."),
    ("Active", "A customer who used the product lately. How lately stands under Windows and policies."),
    ("Inactive", "A customer who pays and does not use the product. Still a customer, and the next one to lose."),
    ("Churned", "Was a customer, and is none any more: the contract ended or notice was given."),
    ("Payment churn", "Of those who paid at the start of a month, the share that stopped paying in it."),
    ("Usage churn", "Of those who used the product at the start of a month, the share that stopped using it."),
    ("Recurring revenue", "What the contracts that run on a day bring in a month, whenever the invoice is sent."),
    ("Late record", "A row that reached the systems after the month that it belongs to: why a past month can change."),
    ("Sign-off", "A person's word that an item of the checklist was looked at. It stays with its run for good."),
)  # fmt: skip

STEPS = (
    "Say both names. Not: our number is 620 and yours is 500. But: 620 signed and paid, 500 bought through sales.",
    "Look at both directions. Two lists of equal length can still hold different parties.",
    "Read the reasons from the top. Each party has one, the first that applies; so they add up to the difference.",
    "Look at unexplained. Above 0, somebody has to find out; until then the difference is open, not wrong.",
    "Ask for the names. Every number can be opened to its parties, with valuekit reconcile and its option --members.",
    "Compare with the month before. What stays is a matter of definition; what grows is a matter of work.",
)

USES = (
    ("headline", "Board, investors, press; per-customer figures such as revenue per customer"),
    ("sales", "What the sales team has won; commission together with the date that the rule names"),
    ("marketing", "How many parties campaigns and trials have reached; the begin of the funnel"),
    ("finance", "Who has ever signed and paid; audit, and the first step of collection"),
    ("product", "How many use the product in the month; adoption and capacity"),
    ("used_30_days", "How many use the product, the same at any day of the month"),
    ("net_cash_positive", "Which customers bring in more than they cost"),
    ("signed", "Obligations from contracts, paid or not"),
)
"""Definition, and what its number is for."""


def guide(definitions: Sequence[Mapping[str, Any]]) -> tuple[Part, ...]:
    """Return the guide; the table of uses names the definitions that the company really has."""
    return (
        Part("Guide: which number for what", SHEET, (_ONE_RULE, _uses(definitions))),
        Part("Guide: how to read a difference", SHEET, (_how_to_read(),)),
        Part("Guide: the words", SHEET, (_words(),)),
    )


_ONE_RULE = "One rule goes before all others: a number of customers is never given without the name of its definition."


def _uses(definitions: Sequence[Mapping[str, Any]]) -> Grid:
    by_key = {("headline" if d["headline"] else d["definition"]): d for d in definitions}
    rows = [
        (
            use,
            by_key[key]["label"],
            None if by_key[key]["not_countable"] else by_key[key]["members"],
            by_key[key]["owner"],
        )
        for key, use in USES
        if key in by_key
    ]
    fields = (Field("For", width=48), Field("Use", width=28), Field("Now", "count", 10), Field("Ask", width=16))
    return Grid("Which number to use", fields, tuple(rows))


def _how_to_read() -> Grid:
    fields = (Field("Step", "count", 8), Field("Do", width=90))
    return Grid("From “your number is wrong” to “we count differently”", fields, tuple(enumerate(STEPS, start=1)))


def _words() -> Grid:
    return Grid("The words, in plain language", (Field("Word", width=28), Field("Means", width=90)), WORDS)
