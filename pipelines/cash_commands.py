"""Commands on money: the statement by fiscal period, the bridge from billed to net cash, the tie-out to the books."""
# ruff: noqa: PLC0415 - `--help` must not wait for what a command loads

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipelines.options import SnapshotPath, open_snapshot

cash_app = typer.Typer()


class By(StrEnum):
    """Lengths of a period."""

    month = "month"
    quarter = "quarter"
    year = "year"


class View(StrEnum):
    """What a statement counts: money that moved, or what was billed."""

    cash = "cash"
    invoiced = "invoiced"


class Format(StrEnum):
    """Formats of a statement."""

    text = "text"
    csv = "csv"
    json = "json"


class File(StrEnum):
    """Formats of a statement as a file."""

    xlsx = "xlsx"
    csv = "csv"
    parquet = "parquet"


class Paper(StrEnum):
    """Formats of a tie-out."""

    md = "md"
    csv = "csv"


Since = Annotated[
    datetime | None, typer.Option(metavar="DATE", formats=["%Y-%m-%d"], help="First month; default: all months.")
]

Periods = Annotated[By, typer.Option("--by", metavar="month|quarter|year", help="Fiscal periods.")]
Counted = Annotated[View, typer.Option("--view", metavar="cash|invoiced", help="Money moved, or billed.")]


def export_statement(
    snapshot: SnapshotPath,
    format: Annotated[  # noqa: A002 - the option's name
        File, typer.Option(metavar="xlsx|csv|parquet", help="A workbook, or a table of every customer and period.")
    ] = File.xlsx,
    by: Periods = By.month,
    view: Counted = View.cash,
    since: Since = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Write the statement for controllers: company, customers, tie-out, pools and receivables, with live sums."""
    from valuekit.exports import export_statement as write

    opened = open_snapshot(snapshot)
    target = out or Path(f"statement-{opened.manifest.run_id}.{format.value}")
    first = since.date() if since else None
    rows = write(opened, target, format.value, by=by.value, view=view.value, since=first, overwrite=force)
    typer.echo(str(target))
    typer.echo(f"{rows:,} {'customers' if format is File.xlsx else 'rows'}", err=True)


@cash_app.command()
def statement(
    snapshot: SnapshotPath,
    party: Annotated[
        str | None, typer.Option(metavar="PARTY", help="Id, record or name of one party; default: all together.")
    ] = None,
    by: Periods = By.month,
    view: Counted = View.cash,
    format: Annotated[  # noqa: A002 - the option's name
        Format, typer.Option(metavar="text|csv|json", help="How it is printed.")
    ] = Format.text,
) -> None:
    """Print the statement by month, fiscal quarter or fiscal year, as cash or as invoiced."""
    from pipelines.cash_reports import print_csv, print_statement, statement_object
    from pipelines.streams import out, print_json

    opened = open_snapshot(snapshot)
    found = statement_object(opened, party, by=by.value, view=view.value)
    if format is Format.json:
        print_json(found)
    elif format is Format.csv:
        print_csv(found["periods"], ["period", "first", "last", "complete", *found["lines"]])
    else:
        print_statement(found, out())


@cash_app.command("cash-bridge")
def cash_bridge(snapshot: SnapshotPath, since: Since = None) -> None:
    """Print the company's bridge from what it billed, over what it received, to its net cash."""
    from pipelines.cash_reports import print_bridge
    from pipelines.streams import out
    from valuekit.snapshot import cash_bridge as bridge

    opened = open_snapshot(snapshot)
    print_bridge(opened, bridge(opened, since.date() if since else None), out())


@cash_app.command("tie-out")
def tie_out(
    snapshot: SnapshotPath,
    format: Annotated[Paper, typer.Option(metavar="md|csv", help="How it is printed.")] = Paper.md,  # noqa: A002 - the option
    since: Since = None,
) -> None:
    """Print the tie-out to the books: month, line, pool and currency, with the sums and what is kept out."""
    from pipelines.cash_reports import print_csv, tie_out_lines
    from valuekit.snapshot import tie_out as tie

    opened = open_snapshot(snapshot)
    found = tie(opened, since.date() if since else None)
    if format is Paper.csv:
        print_csv(found.rows.to_pylist(), found.rows.column_names)
    else:
        typer.echo("\n".join(tie_out_lines(opened, found)))
