"""What is billed and not paid, month by month, for people and programs."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from pipelines.report import grid, money
from valuekit.exports.files import atomic_file, write_csv
from valuekit.snapshot import Snapshot
from valuekit.snapshot.movements import need_tables
from valuekit.snapshot.receivables import receivables_members

RECEIVABLES_SCHEMA = "valuekit.receivables/1"
Row = dict[str, Any]

_AGES = {"current": "current", "overdue_1_30": "1-30", "overdue_31_60": "31-60", "overdue_61_90": "61-90",
         "overdue_over_90": "over 90"}  # fmt: skip
_DAYS = {"dso": "DSO", "best_possible_dso": "best possible", "average_days_delinquent": "delinquent"}
_SHOWN_MONTHS = 13
_PARTIES = """SELECT
    COUNT(*) AS parties, COUNT(*) FILTER (WHERE overdue > 0) AS overdue_parties,
    CAST(SUM(on_time) AS DOUBLE) / NULLIF(SUM(due), 0) AS on_time_rate,
    CAST(SUM(amount_on_time) AS DOUBLE) / NULLIF(CAST(SUM(amount_due) AS DOUBLE), 0) AS on_time_share
FROM paying_on_time"""


def receivables_object(snapshot: Snapshot) -> Row:
    """Return the month ends as one JSON object, and how all parties together pay."""
    need_tables(snapshot, ("receivables", "paying_on_time"))
    manifest = snapshot.manifest
    cashflow = manifest.config.get("cashflow", {})
    return {
        "schema": RECEIVABLES_SCHEMA,
        "run_id": manifest.run_id,
        "as_of": manifest.as_of,
        "currency": manifest.currency,
        "credit_sales_days": cashflow.get("credit_sales_days"),
        **snapshot.query(_PARTIES).to_pylist()[0],
        "months": snapshot.query("SELECT * FROM receivables ORDER BY as_of").to_pylist(),
    }


def write_receivables_members(snapshot: Snapshot, which: str, target: Path, *, overwrite: bool) -> int:
    """Write the parties of a list to a CSV file, safe to open in a spreadsheet; return their number."""
    table = receivables_members(snapshot, which)
    with atomic_file(target, overwrite=overwrite) as draft, draft.open("w", encoding="utf-8-sig", newline="") as file:
        return write_csv(table.to_batches(), table.column_names, file)


def print_receivables(found: Row, company: str, console: Console) -> None:
    """Print the last year by month end: what is open by age, and the days of sales that wait."""
    currency = found["currency"]
    if not found["parties"] and not any(row["open"] for row in found["months"]):
        console.print(Text(f"{company} has no invoices up to {found['as_of']}."))
        return
    console.print(Text(f"Receivables, {company}, as of {found['as_of']}", style="bold"))
    days = found["credit_sales_days"]
    console.print(Text(f"money in {currency}; days are of the credit sales of {days} days before\n"))
    table = grid("month end", "open>", *(f"{label}>" for label in _AGES.values()),
                 *(f"{label}>" for label in _DAYS.values()))  # fmt: skip
    for row in found["months"][-_SHOWN_MONTHS:]:
        month = f"{row['as_of']}{'' if row['complete'] else ' *'}"
        amounts = [money(row[name], currency) for name in ("open", *_AGES)]
        table.add_row(month, *amounts, *("" if row[name] is None else f"{row[name]:.1f}" for name in _DAYS))
    console.print(table)
    console.print(Text(f"\n{_told(found)}"))


def _told(found: Row) -> str:
    last = found["months"][-1]
    apart = [f"{name.replace('_', ' ')} {money(last[name], found['currency'])}" for name in ("disputed", "written_off")]
    rates = [f"{share:.1%} {of}" for share, of in ((found["on_time_rate"], "of invoices"),
             (found["on_time_share"], "of their amount")) if share is not None]  # fmt: skip
    paid = f"; paid on time in the last 12 months: {', '.join(rates)}" if rates else ""
    return f"apart: {', '.join(apart)}; {found['overdue_parties']:,} of {found['parties']:,} parties overdue{paid}"
