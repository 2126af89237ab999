"""The checklist of the monthly reconciliation: what to look at, who owns it, how it stands, and who has signed it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from valuekit.engine import Engine
from valuekit.errors import UnknownNameError
from valuekit.snapshot.read import Snapshot
from valuekit.snapshot.signoffs import SignOff, sign_offs
from valuekit.snapshot.summary import named_rows

State = Literal["clear", "open", "nothing to check"]


@dataclass(frozen=True)
class Item:
    """What one line of the checklist asks: `open` things out of `total` are left to look at."""

    key: str
    label: str
    owner_of: str
    """The definition whose owner answers for it; the owner of the headline where there is no such definition."""
    look_at: str
    things: str
    """What is counted, in the plural."""


ITEMS = (
    Item("definitions_agreed", "Every team agrees on its definition", "headline",
         "Definitions with status open: read each team's own answer, and settle it or leave it open on purpose",
         "definitions not agreed on"),
    Item("differences_explained", "Every difference to the headline has a reason", "headline",
         "The members without a reason, with valuekit reconcile and --reason unexplained", "parties unexplained"),
    Item("duplicates_reviewed", "Likely duplicates are decided", "sales",
         "Table review_pairs: say in the decisions file which are one party", "pairs of records undecided"),
    Item("rows_accepted", "No input row is set aside", "headline",
         "Table quarantine: each row with the rules that it breaks", "rows set aside"),
    Item("money_has_a_party", "Money received belongs to a known party", "finance",
         "Table books, column unattributed: payments whose record no system knows",
         "lines of the books with money of nobody known"),
    Item("books_tie_out", "The cash statement ties to the books", "finance",
         "valuekit tie-out: every month, line, pool and currency, with the sums at its end",
         "lines of the books that do not close"),
    Item("receivables_close", "Receivables close", "finance",
         "Table receivable_months: begin + invoiced - received - credited - written_off - unknown + fx = end",
         "receivables that do not close"),
    Item("contracts_clean", "Contract records are in order", "signed",
         "Table contract_issues: overlaps, gaps, ends before starts, missing ends", "contract issues"),
    Item("status_words_known", "Every status of a payment provider is understood", "first_payment",
         "Table status_words: give each unknown word a meaning in lifecycle.statuses", "rows with an unknown status"),
    Item("manual_statuses_fresh", "Statuses set by hand are still true", "first_payment",
         "Table paying_status, column stale: set by hand before payments said otherwise", "stale statuses"),
    Item("exceptions_followed_up", "Payments without a current contract are followed up", "finance",
         "Stages paid_without_contract and lapsed_paying: find the contract, or refund",
         "parties on the exception list"),
    Item("customer_bridges_close", "Customer movements close", "headline",
         "Table customer_movements: begin + new + reactivated - churned = end; a month begins where the last ended",
         "months that do not close"),
    Item("mrr_bridge_closes", "Movements of recurring revenue close", "finance",
         "Table mrr_months: begin + movements = end; a month begins where the last ended",
         "months that do not close"),
    Item("commissions_agreed", "Commission does not depend on the rule", "sales",
         "Table commissions: deals that are due under one rule and not under another", "deals in dispute"),
    Item("checks_passed", "The run proves its own results", "finance",
         "Table checks: books, stages and members add up", "checks failed"),
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One line of a run's checklist."""

    item: str
    label: str
    owner: str
    look_at: str
    state: State
    open: int
    total: int
    finding: str
    signed: SignOff | None

    def as_row(self) -> dict[str, Any]:
        """Return the line for JSON."""
        return asdict(self)


def checklist(snapshot: Snapshot) -> list[Line]:
    """Compute the checklist from the published tables, with the signatures kept beside the snapshot."""
    signed = sign_offs(snapshot)
    with snapshot.engine() as engine:
        found = {r["item"]: r for r in _rows(engine, "checklist", {"as_of": snapshot.manifest.as_of})}
        owners = _owners(engine)
    return [_line(item, found[item.key], owners, signed.get(item.key)) for item in ITEMS]


def item_key(name: str) -> str:
    """Return the key of an item; raises `UnknownNameError` with the nearest one.

    >>> item_key("rows_acepted")
    Traceback (most recent call last):
    valuekit.errors.UnknownNameError: there is no item of the checklist 'rows_acepted'. Did you mean 'rows_accepted'?
    """
    known = [item.key for item in ITEMS]
    if name not in known:
        raise UnknownNameError("item of the checklist", name, known)
    return name


def _line(item: Item, row: dict[str, Any], owners: dict[str, str], signed: SignOff | None) -> Line:
    open_, total = int(row["open"]), int(row["total"])
    state: State = "open" if open_ else "clear" if total else "nothing to check"
    finding = f"{item.things}: {open_:,}" if open_ else f"no {item.things}" if total else "nothing on record"
    owner = owners.get(item.owner_of, owners["headline"])
    return Line(item.key, item.label, owner, item.look_at, state, open_, total, finding, signed)


def _owners(engine: Engine) -> dict[str, str]:
    """Owner by definition, and of the headline."""
    rows = _rows(engine, "owners", {})
    return {"headline": rows[0]["owner"] if rows else "", **{r["definition"]: r["owner"] for r in rows}}


def _rows(engine: Engine, step: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    return named_rows(engine, "checklist.sql", step, parameters)
