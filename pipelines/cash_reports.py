"""Statement, bridge and tie-out, for people and programs."""

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from pipelines.report import grid, money
from valuekit.calendar import By
from valuekit.exports.files import neutralise
from valuekit.money import to_cents
from valuekit.snapshot import BridgeStep, Snapshot, TieOut, statement
from valuekit.snapshot.statement import LINES, View
from valuekit.snapshot.tie_out import COLUMNS

STATEMENT_SCHEMA = "valuekit.statement/1"
Row = dict[str, Any]

WIDE = 400
"""Room for every line of a statement side by side: amounts are never cut off."""

_KEYS = ("month", "line", "pool", "currency")


def statement_object(snapshot: Snapshot, party: str | None, *, by: By, view: View) -> Row:
    """Return the statement as one JSON object."""
    manifest = snapshot.manifest
    return {
        "schema": STATEMENT_SCHEMA,
        "run_id": manifest.run_id,
        "company": manifest.company,
        "currency": manifest.currency,
        "as_of": manifest.as_of,
        "party": party,
        "view": view,
        "lines": list(LINES[view]),
        "periods": statement(snapshot, party, by=by, view=view),
    }


def print_statement(found: Row, console: Console) -> None:
    """Print one line per period; lines of the statement that are zero in all of them are left out."""
    periods: list[Row] = found["periods"]
    used = [x for x in found["lines"] if x == found["lines"][-1] or any(row[x] for row in periods)]
    console.print(Text(f"Statement ({found['view']}), {found['party'] or 'all parties'}", style="bold"))
    console.print(Text(f"{found['company']}, as of {found['as_of']}, in {found['currency']}\n"))
    table = grid("period", *(f"{x.replace('_', ' ')}>" for x in used))
    for row in periods:
        table.add_row(f"{row['period']}{'' if row['complete'] else ' *'}", *(_plain(row[x]) for x in used))
    console.width = WIDE
    console.print(table)
    if any(not row["complete"] for row in periods):
        console.print(Text("\n* not over yet"))


def print_bridge(snapshot: Snapshot, steps: Sequence[BridgeStep], console: Console) -> None:
    """Print each step, the totals in bold."""
    manifest = snapshot.manifest
    console.print(Text(f"From billed to net cash, {manifest.company}, as of {manifest.as_of}\n", style="bold"))
    table = grid("", ">")
    for step in steps:
        table.add_row(escape(step.label), money(step.amount, manifest.currency), style="bold" if step.is_total else "")
    console.print(table)


def print_csv(rows: Iterable[Mapping[str, Any]], names: Sequence[str]) -> None:
    """Write rows to standard output as CSV that a spreadsheet cannot take for formulas."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([neutralise(v) if isinstance(v, str) else v for v in map(row.get, names)] for row in rows)


def tie_out_lines(snapshot: Snapshot, found: TieOut) -> Iterator[str]:
    """Yield the tie-out in Markdown: what it says, each row, the sums, what is kept out, and a place to sign."""
    manifest = snapshot.manifest
    yield f"# Tie-out to the books: {manifest.company}"
    yield f"\nRun {manifest.run_id}, as of {manifest.as_of}, in {manifest.currency}, signed by the effect on cash."
    yield f"\n{_verdict(found)}\n"
    yield from _table([*_KEYS, *COLUMNS], found.rows.to_pylist())
    yield "\n## Sums\n"
    yield from _table(["line", *COLUMNS], [row | {"line": row["line"] or "all lines"} for row in found.sums])
    yield "\n## Kept out of the books\n"
    yield from [f"- {_kept(row)}" for row in found.kept_out] or ["No row of money was set aside."]
    yield f"\nSign it with `valuekit sign-off {snapshot.path.name} books_tie_out --by NAME`."


def _verdict(found: TieOut) -> str:
    rows = found.rows.num_rows
    closes = "Every row closes to 0.00" if not found.open else f"{found.open:,} rows do not close"
    inside = f"Charges inside the enterprise and test accounts leave {_plain(found.eliminated)}."
    return f"{closes} ({rows:,} rows). {inside}"


def _kept(row: Row) -> str:
    return f"{row['table_name']}: {row['rows']:,} row(s): {row['why']}"


def _table(names: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    yield f"| {' | '.join(n.replace('_', ' ') for n in names)} |"
    yield "|" + "".join("---:|" if n in COLUMNS else "---|" for n in names)
    for row in rows:
        yield f"| {' | '.join(_cell(row[n]) for n in names)} |"


def _cell(value: object) -> str:
    return _plain(value) if isinstance(value, Decimal) else str(value).replace("|", "\\|")


def _plain(amount: Decimal) -> str:
    """Exact to the cent, without currency; a part of a cent is shown where there is one."""
    cents = to_cents(amount)
    return f"{cents:,}" if cents == amount else f"{amount:,}"
