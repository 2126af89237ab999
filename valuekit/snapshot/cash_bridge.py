"""The company's bridge from what it billed, over what it received, to its net cash."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from valuekit.snapshot.movements import need_tables
from valuekit.snapshot.read import Snapshot
from valuekit.snapshot.summary import named_rows
from valuekit.tables.published import BOOK_LINES

BEGINNING = date(1900, 1, 1)


@dataclass(frozen=True)
class BridgeStep:
    """One step: what is added, or with `is_total` the sum so far. Money in the reporting currency."""

    key: str
    label: str
    amount: Decimal
    is_total: bool = False


def cash_bridge(snapshot: Snapshot, since: date | None = None) -> list[BridgeStep]:
    """Return the steps from billed to received to net cash; every total is the sum of the steps above it.

    Reads `receivable_months` and `books` of the months from `since` on (default: all). What one's own units charge
    each other is in none of the steps, so that the last total is ledger - eliminated.

    Returns: the steps in order, those of zero left out but for the first. The totals have the keys `received` (money
    that settled invoices), `money_received` (revenue less refunds, without tax) and `net_cash`.

    Raises: `InputError` when an earlier valuekit published the snapshot, without receivables.

    Example:
        for step in cash_bridge(Snapshot.open("runs"), date(2026, 1, 1)):
            print(step.label, step.amount)
    """
    need_tables(snapshot, ("receivable_months",))
    with snapshot.engine() as engine:
        rows = named_rows(engine, "cash_bridge.sql", "bridge", {"since": since or BEGINNING})
    return list(_steps({row["key"]: row["amount"] for row in rows}))


def _steps(amounts: Mapping[str, Decimal]) -> Iterator[BridgeStep]:
    so_far = Decimal(0)
    for steps, total, label in _PARTS:
        for key, words in steps:
            amount = amounts.get(key, Decimal(0))
            so_far += amount
            if amount or key == "invoiced":
                yield BridgeStep(key, words, amount)
        yield BridgeStep(total, label, so_far, is_total=True)


def _costs() -> Iterable[tuple[str, str]]:
    return [(line, line.replace("_", " ").capitalize()) for line in BOOK_LINES if line not in ("revenue", "refunds")]


_PARTS = (
    ([("invoiced", "Billed"), ("credited", "Credited"), ("written_off", "Written off"),
      ("unknown", "Called paid, without a payment"),
      ("receivables", "Change of what is owed"), ("fx", "Effect of exchange rates")],
     "received", "Received on invoices"),
    ([("on_account", "Received without invoice or beyond it"), ("orders", "Orders, less returns"), ("tax", "Tax")],
     "money_received", "Money received"),
    (_costs(), "net_cash", "Net cash"),
)  # fmt: skip
"""The steps up to each total."""
