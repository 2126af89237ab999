"""Which tables a fact rests on: a definition over tables that the company does not keep is not 0, it is not known."""

from collections.abc import Collection, Iterable

FACT_TABLES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("engaged_on", "trial_started_on"), ("engagements",)),
    **dict.fromkeys(("opened_on", "won_on", "last_won_on", "deals_won", "won_amount"), ("opportunities",)),
    **dict.fromkeys(
        ("signed_on", "contract_starts_on", "contract_ends_on", "cancelled_on", "has_contract", "contract_current",
         "mrr", "term_months"),
        ("contracts",),
    ),
    **dict.fromkeys(("first_paid_on", "last_paid_on", "paid", "has_paid"), ("payments",)),
    **dict.fromkeys(("invoiced", "overdue"), ("invoices",)),
    **dict.fromkeys(
        ("first_ordered_on", "last_ordered_on", "orders", "ordered", "has_ordered", "days_since_order"), ("orders",)
    ),
    **dict.fromkeys(
        ("first_used_on", "last_used_on", "last_used_in_contract_on", "days_since_use", "used_this_month"), ("usage",)
    ),
}  # fmt: skip
"""Facts that need a table; the others rest on the records or on several tables."""


def not_countable(facts: Iterable[str], recorded: Collection[str]) -> str | None:
    """Say why a definition over these facts counts nobody, when none of the tables that it rests on has a row.

    >>> not_countable(["engaged_on", "stage"], recorded=["orders"])
    'nothing is recorded in engagements'
    >>> not_countable(["won_on", "first_ordered_on"], recorded=["orders"]) is None
    True
    """
    tables = sorted({table for fact in facts for table in FACT_TABLES.get(fact, ())})
    if not tables or set(tables) & set(recorded):
        return None
    return f"nothing is recorded in {' or '.join(tables)}"
