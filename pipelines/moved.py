"""How customers and recurring revenue move from month to month, for people and programs."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from pipelines.report import grid, money
from valuekit.errors import ConfigError, UnknownNameError
from valuekit.snapshot import Snapshot

MOVEMENTS_SCHEMA = "valuekit.movements/1"
Row = dict[str, Any]

_CUSTOMERS = ("begin", "new", "reactivated", "churned", "end")
_MONEY = ("begin", "new_business", "expansion", "reactivation", "contraction", "churn", "fx", "end")
_RATES = ("logo_churn_rate", "gross_churn_rate", "net_churn_rate", "grr", "nrr")


def movements_object(snapshot: Snapshot, definition: str | None, *, mrr: bool) -> Row:
    """Return the months as one JSON object: counts of a definition (default: the headline), or recurring revenue."""
    manifest = snapshot.manifest
    facts = {"schema": MOVEMENTS_SCHEMA, "run_id": manifest.run_id, "as_of": manifest.as_of}
    if mrr:
        return {**facts, "measure": "mrr", "currency": manifest.currency, "months": _mrr_months(snapshot, definition)}
    chosen = _definition(snapshot, definition)
    months = _rows(snapshot, _OF_DEFINITION, {"definition": chosen["definition"]})
    return {**facts, "measure": "customers", **chosen, "months": months}


def print_movements(found: Row, company: str, console: Console) -> None:
    """Print one line per month; a month that is still running is marked, because its rates will rise."""
    if found["measure"] == "mrr":
        title, note = "Monthly recurring revenue", f"money in {found['currency']}"
    else:
        title, note = found["label"], found["sentence"]
    console.print(Text(f"{title}, {company}, as of {found['as_of']}", style="bold"))
    console.print(Text(f"{note}\n"))
    (_print_mrr if found["measure"] == "mrr" else _print_customers)(found, console)
    if any(not row["complete"] for row in found["months"]):
        console.print(Text("\n* not over yet: its churn and growth are those of a part of the month"))


def _print_customers(found: Row, console: Console) -> None:
    heads = (*_CUSTOMERS, "churn", "growth", "new and using", "acquired")
    table = grid("month end", *(f"{h}>" for h in heads))
    for row in found["months"]:
        counts = [f"{_sign(name)}{row[name]:,}" for name in _CUSTOMERS]
        rates = [_share(row[name]) for name in ("churn_rate", "growth_rate")]
        table.add_row(_month(row), *counts, *rates, *(_count(row[n]) for n in ("new_using", "acquired")))
    console.print(table)
    if found["event_on"]:
        console.print(Text(f"\nacquired: dated by {found['event_on']}"))


def _print_mrr(found: Row, console: Console) -> None:
    months, currency = found["months"], found["currency"]
    used = [n for n in _MONEY if n in ("begin", "end") or any(row[n] for row in months)]
    table = grid("month end", *(f"{n.replace('_', ' ')}>" for n in used))
    rates = grid("month end", *(f"{n}>" for n in ("logo churn", "gross churn", "net churn", "GRR", "NRR")),
                 "quick ratio>", "ARPA>", "a year at this rate>")  # fmt: skip
    for row in months:
        table.add_row(_month(row), *(money(row[n], currency) for n in used))
        quick = "" if row["quick_ratio"] is None else f"{row['quick_ratio']:.2f}"
        arpa = "" if row["arpa"] is None else money(row["arpa"], currency)
        rates.add_row(_month(row), *(_share(row[n]) for n in _RATES), quick, arpa, _share(row["annual_churn_rate"]))
    console.print(table)
    console.print()
    console.print(rates)


def _month(row: Row) -> str:
    return f"{row['as_of']}{'' if row['complete'] else ' *'}"


def _sign(name: str) -> str:
    return {"new": "+", "reactivated": "+", "churned": "-"}.get(name, "")


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}%"


_ABOUT = (
    "SELECT definition, label, owner, system, sentence, event_on FROM definitions ORDER BY headline DESC, definition"
)
_OF_DEFINITION = "SELECT * EXCLUDE (definition) FROM customer_movements WHERE definition = $definition ORDER BY as_of"
_OF_MRR = "SELECT * FROM mrr_months ORDER BY as_of"


def _definition(snapshot: Snapshot, key: str | None) -> Row:
    """The definition of this key, or the headline."""
    rows = _rows(snapshot, _ABOUT)
    found = [row for row in rows if key in (None, row["definition"])]
    if not found:
        raise UnknownNameError("definition", str(key), [row["definition"] for row in rows])
    return found[0]


def _mrr_months(snapshot: Snapshot, definition: str | None) -> Sequence[Row]:
    if definition is not None:
        raise ConfigError(
            "recurring revenue has no definition of customer: it is all revenue from contracts.",
            where="--mrr",
            next_step="Leave --definition out.",
        )
    return _rows(snapshot, _OF_MRR)


def _rows(snapshot: Snapshot, sql: str, parameters: Row | None = None) -> list[Row]:
    found: list[Row] = snapshot.query(sql, parameters).to_pylist()
    return found
