"""What it costs to win a customer, for people and programs."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from pipelines.report import grid, money, print_wide
from valuekit.snapshot import Acquisition, Snapshot, acquisition
from valuekit.snapshot.acquisition import By

ACQUISITION_SCHEMA = "valuekit.acquisition/1"


def acquisition_object(snapshot: Snapshot, by: By, months: int) -> dict[str, Any]:
    """Return the groups as one JSON object; ratios are null where they mean nothing."""
    manifest = snapshot.manifest
    return {
        "schema": ACQUISITION_SCHEMA,
        "run_id": manifest.run_id,
        "as_of": manifest.as_of,
        "currency": manifest.currency,
        "by": by,
        "months": months,
        "groups": [asdict(row) | _ratios(row) for row in acquisition(snapshot, by, months=months)],
    }


def _ratios(row: Acquisition) -> dict[str, Any]:
    return {
        f"{name}{'_with_the_lost' if lost else ''}": getattr(row, name)(lost=lost)
        for lost in (False, True)
        for name in ("cac", "payback_months", "ltv_to_cac")
    }


def print_acquisition(snapshot: Snapshot, by: By, months: int, console: Console) -> None:
    """Print one line per group, without and with the cost of leads that never bought."""
    manifest = snapshot.manifest
    title = f"Customers won in the last {months} months by {by}, {manifest.company}, as of {manifest.as_of}"
    console.print(Text(title, style="bold"))
    console.print(Text("Cost of marketing and sales until the first money; CAC, payback in months and LTV to CAC\n"))
    table = grid(by, "won>", "CAC>", "payback>", "LTV:CAC>", "with the lost: CAC>", "payback>", "LTV:CAC>")
    for row in acquisition(snapshot, by, months=months):
        cells = [cell for lost in (False, True) for cell in _cells(row, manifest.currency, lost=lost)]
        table.add_row(escape(row.name), f"{row.won:,}", *cells, style="bold" if row.name == "all" else "")
    print_wide(table, console)


def _cells(row: Acquisition, currency: str, *, lost: bool) -> list[str]:
    cac, ratio, payback = row.cac(lost=lost), row.ltv_to_cac(lost=lost), row.payback_months(lost=lost)
    return [
        "" if cac is None else money(cac, currency),
        "" if cac is None else "not yet" if payback is None else str(payback),
        "" if ratio is None else f"{ratio:.1f}",
    ]
