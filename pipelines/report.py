"""What a run found, for people: compact tables, the headline first, what to type next at the end."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from shlex import quote
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.run import Outcome
from valuekit.money import round_together, show
from valuekit.snapshot import Manifest, Snapshot, Summary
from valuekit.tables.published import STAGES, TEAMS

RUN_SCHEMA = "valuekit.run/1"

_UNKNOWN_RECORDS = """
SELECT table_name, COUNT(*) AS rows, MIN(source) AS source, MIN_BY(row_number, (source, row_number)) AS first
FROM quarantine WHERE severity = 'warn' AND reasons LIKE '%unknown record%' AND table_name <> 'decisions'
GROUP BY table_name ORDER BY table_name
"""


def run_object(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome as the one JSON object of `run --json`: money in `currency`, counts null where not known."""
    manifest = outcome.manifest
    return {
        "schema": RUN_SCHEMA,
        "run_id": manifest.run_id,
        "snapshot": str(outcome.path),
        "reused": outcome.reused,
        "company": manifest.company,
        "currency": manifest.currency,
        "as_of": manifest.as_of,
        "known_on": manifest.known_on,
        "headline": manifest.headline,
        "rows": {
            table: {k.removeprefix("rows_"): v for k, v in rows.model_dump().items()}
            for table, rows in manifest.intake.items()
        },
        "definitions": {
            row["definition"]: None if row["not_countable"] else row["members"] for row in outcome.summary.definitions
        },
        "stages": manifest.stages,
        "customers": outcome.summary.customers,
        "totals": manifest.totals,
        "cost_notes": outcome.snapshot.query("SELECT * FROM cash_notes ORDER BY note, place").to_pylist(),
        "value_notes": value_notes(outcome.snapshot),
        "tiers": {row["tier"]: {"parties": row["parties"], "ltv": row["ltv"]} for row in outcome.summary.tiers},
        "checks": [check.model_dump() for check in manifest.checks],
        "seconds": manifest.seconds,
        "peak_memory_mb": manifest.peak_memory_mb,
        "tracking": outcome.tracking,
    }


def print_run(outcome: Outcome, console: Console, *, config: str) -> None:
    """Print the summary of a run."""
    manifest, summary = outcome.manifest, outcome.summary
    console.print(Text(manifest.headline, style="bold"))
    console.print(f"{escape(manifest.company)}, as of {manifest.as_of}, money in {manifest.currency}\n")
    for title, part in (
        ("Who is a customer", _definitions(summary)),
        ("Stages", _stages(summary)),
        ("What parties brought in and cost, last 12 months", _cash(summary, manifest.currency)),
        ("Against the books, all months", _books(manifest)),
        ("About the cost data", _cost_notes(outcome)),
        ("Value", _value(summary, manifest)),
        ("About the value", about_value(value_notes(outcome.snapshot))),
        ("Where executives agree and where they do not", _agreement(summary)),
        ("Input", _input(outcome)),
        ("Checks", _checks(manifest)),
    ):
        if part is not None:
            console.print(Text(title, style="bold"))
            console.print(Padding(part, (0, 0, 1, 2), expand=False))
    console.print(*_closing(outcome, config), sep="\n")


def grid(*columns: str) -> Table:
    """Return a table without lines; a column name that ends in > is aligned to the right."""
    table = Table(box=None, pad_edge=False, show_header=any(c.strip("> ") for c in columns), header_style="dim")
    for column in columns:
        right = column.endswith(">")
        # A word that is too long goes on in the next line: cut, it could not be looked up.
        kept = {"justify": "right", "no_wrap": True} if right else {"overflow": "fold"}
        table.add_column(column.removesuffix(">"), **kept)
    return table


def print_wide(table: Table, console: Console) -> None:
    """Print a table of many numbers with none of them cut: a terminal that is too narrow wraps its lines."""
    width = console.width
    console.width = max(width, WIDE)
    console.print(table)
    console.width = width


WIDE = 200
"""What a table of values with two intervals each needs at most, in a currency of large numbers."""


def _definitions(summary: Summary) -> RenderableType:
    """The headline and each team's own count with their meaning; the other definitions in one line."""
    table = grid("definition", "parties>", "source of truth", "meaning")
    others = []
    for row in summary.definitions:
        if row["headline"] or row["definition"] in TEAMS:
            missing = row["not_countable"]
            cells = (row["label"], "not known" if missing else f"{row['members']:,}", row["system"])
            meaning = f"{missing}; it would be: {row['sentence']}" if missing else row["sentence"]
            table.add_row(*map(escape, (*cells, meaning)), style="bold" if row["headline"] else "")
        elif not row["not_countable"]:
            others.append(f"{row['label']} {row['members']:,}")
    return Group(table, Text("also: " + " · ".join(others))) if others else table


def _stages(summary: Summary) -> Text:
    present = [(s, summary.stages[s]) for s in STAGES if s in summary.stages]
    parts = [f"{stage.replace('_', ' ')} {count:,}" for stage, count in present]
    return Text(" · ".join(parts) + f" = {sum(summary.stages.values()):,} parties")


def _cash(summary: Summary, currency: str) -> Table:
    table = grid("", ">")
    *parts, total = summary.cash_12m.values()
    for line, amount in zip(summary.cash_12m, [*round_together(parts, total=total), total], strict=True):
        if summary.cash_12m[line] or line in ("revenue", "net_cash"):
            words = "carried by parties" if line == "net_cash" else line.replace("_", " ")
            table.add_row(words, money(amount, currency), style="bold" if line == "net_cash" else "")
    return table


def _books(manifest: Manifest) -> Table:
    total, currency = manifest.totals, manifest.currency
    table = grid("", ">")
    parts = {
        "attributed": "carried by parties",
        "unattributed": "party not known",
        "unused_capacity": "unused capacity",
        "unallocated": "not shared out",
    }
    books, eliminated = (total.get(name, Decimal(0)) for name in ("books", "eliminated"))
    cents = round_together([total.get(name, Decimal(0)) for name in parts], total=books - eliminated)
    for words, amount in zip(parts.values(), cents, strict=True):
        table.add_row(words, money(amount, currency))
    table.add_row("the company", money(books - eliminated, currency), style="bold")
    if eliminated:
        inside = round_together([books - eliminated, eliminated], kept=0)[1]
        table.add_row("inside the enterprise", money(inside, currency))
    table.add_row("the books", money(books, currency), style="bold")
    return table


def _cost_notes(outcome: Outcome) -> Table | None:
    """What there is to know about pools, months, campaigns and rows set aside."""
    notes = outcome.snapshot.query("SELECT message, amount FROM cash_notes ORDER BY note, place").to_pylist()
    table = grid("", ">")
    for row in notes:
        amount = "" if row["amount"] is None else money(row["amount"], outcome.manifest.currency)
        table.add_row(escape(row["message"]), amount)
    return table if notes else None


def _value(summary: Summary, manifest: Manifest) -> RenderableType:
    ltv = manifest.config.get("ltv", {})
    equity = money(manifest.totals.get("customer_equity", Decimal(0)), manifest.currency)
    terms = f"{ltv.get('horizon_years', 3)} years at {100 * ltv.get('discount_rate', 0.1):g}% a year"
    table = grid("tier", "parties>", "lifetime value>", "net cash, 12 months>", "rule")
    cents = (round_together([row[k] for row in summary.tiers]) for k in ("ltv", "net_cash_12m"))
    for row, *amounts in zip(summary.tiers, *cents, strict=True):
        shown = (money(amount, manifest.currency) for amount in amounts)
        table.add_row(escape(row["tier"]), f"{row['parties']:,}", *shown, escape(row["rule"]))
    return Group(f"Customer equity {equity}: lifetime value of current customers, {terms}", table)


def value_notes(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Return what there is to know before reading values; nothing of a snapshot that an earlier version published."""
    known = "value_notes" in snapshot.manifest.tables
    return snapshot.query("SELECT * FROM value_notes ORDER BY note").to_pylist() if known else []


def about_value(notes: list[dict[str, Any]]) -> RenderableType | None:
    """What the value rests on that the data do not bear out."""
    told = [Text(f"{row['note'].replace('_', ' ')}: {row['message']}", style="yellow") for row in notes]
    return Group(*told) if told else None


def _agreement(summary: Summary) -> Table | None:
    pairs = summary.agreement
    if not pairs:
        return None
    table = grid("", "measure", "measure", "same in the top>", "Kendall tau-b>")
    chosen = [("most alike", pairs[0])] + ([("least alike", pairs[-1])] if len(pairs) > 1 else [])
    for words, pair in chosen:
        tau = "" if pair["kendall_tau_b"] is None else f"{pair['kendall_tau_b']:.2f}"
        table.add_row(words, escape(pair["label_a"]), escape(pair["label_b"]), f"{100 * pair['overlap']:.0f}%", tau)
    return table


def _input(outcome: Outcome) -> RenderableType:
    manifest = outcome.manifest
    table = grid("table", "rows in>", "accepted>", "quarantined>", "warned>", "later than as of>")
    for name, rows in manifest.intake.items():
        counts = (rows.rows_in, rows.rows_accepted, rows.rows_quarantined, rows.rows_warned, rows.rows_later)
        table.add_row(escape(name), *(f"{n:,}" for n in counts))
    if not any(2 * r.rows_warned > r.rows_accepted > 0 for r in manifest.intake.values()):
        return table
    return Group(table, *(Text(line, style="yellow") for line in _strangers(outcome)))


def _strangers(outcome: Outcome) -> Iterator[str]:
    """Tables most of whose rows name records that nobody knows: nearly always, their `system` is not that of these."""
    named = outcome.snapshot.query(_UNKNOWN_RECORDS).to_pylist()
    for row in named:
        if 2 * row["rows"] > outcome.manifest.intake[row["table_name"]].rows_accepted:
            yield (
                f"{row['table_name']}: {row['rows']:,} rows belong to nobody, for example {row['source']} row "
                f"{row['first']}: `records` has no such record in the system of the row. If it is known under another "
                "system, give the source that `system`."
            )


def _checks(manifest: Manifest) -> Table:
    table = grid("", "check", "result")
    for check in manifest.checks:
        mark = "[green]passed[/]" if check.passed else "[red]failed[/]"
        table.add_row(mark, check.check_name.replace("_", " "), escape(check.actual))
    return table


def _closing(outcome: Outcome, config: str) -> list[Text]:
    tracking = outcome.tracking
    path, runs = (quote(str(_short(place))) for place in (outcome.path, outcome.path.parent))
    lines = [f"Snapshot {_short(outcome.path)}" + (" (already published, identical)" if outcome.reused else "")]
    if tracking and tracking.recorded:
        lines.append(f"Recorded in MLflow: {tracking.uri}")
    elif tracking:
        lines.append(f"Not recorded in MLflow ({tracking.problem}). The record is kept: valuekit track push {runs}")
    lines += ["", "Next", f"  valuekit app {path}", f"  valuekit export segments {path} --format csv"]
    lines += [f"  valuekit explain {path} <party>", f"  valuekit run {config} --set ltv.horizon_years=5"]
    return [Text(line) for line in lines]


def money(amount: Decimal, currency: str) -> str:
    """Write an amount with its currency."""
    return show(amount, currency)


def _short(path: Path) -> Path:
    """A path as the user would type it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path
