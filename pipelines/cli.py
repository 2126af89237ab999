"""The command line. Imports stay light here: each command loads what it needs when it runs."""
# ruff: noqa: PLC0415 - `--help` must not wait for what a command loads

import errno
import sys
import tempfile
import traceback
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from shlex import quote
from typing import Annotated, Any, NoReturn

import typer

from pipelines.cash_commands import cash_app, export_statement
from pipelines.judging_commands import judging_app
from pipelines.money_commands import money_app
from pipelines.options import AsJson, SnapshotPath, open_snapshot
from pipelines.team_commands import team_app
from pipelines.usage import usage_told
from pipelines.worth_commands import worth_app
from valuekit import __version__
from valuekit.errors import ConfigError, EngineError, InputError, ValuekitError

BUG, USAGE, INTERRUPTED = 1, 2, 130
MACHINE_ERRORS = {
    errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.ENOSPC, errno.EROFS, errno.ENOENT, errno.EEXIST,
    errno.ENAMETOOLONG,
}  # fmt: skip
"""Failures of the place that was named, not of valuekit."""
_DAMAGED = "A snapshot's file that is named here is damaged: run the configuration again, and it is published anew."

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="One customer list, one cash flow and one lifetime value that every team can check.",
    epilog="Exit codes: 0 ok, 1 bug, 2 usage or configuration, 3 contract broken, 4 input unreadable, "
    "5 engine unavailable, 6 check failed.",
)
export_app = typer.Typer(no_args_is_help=True, help="Write files for other tools.")
track_app = typer.Typer(no_args_is_help=True, help="The record of runs in MLflow.")
app.add_typer(export_app, name="export")
app.add_typer(track_app, name="track")
app.add_typer(team_app)
app.add_typer(cash_app)
app.add_typer(money_app)
app.add_typer(worth_app)
app.add_typer(judging_app)


export_app.command("statement")(export_statement)


class Format(StrEnum):
    """Formats of files."""

    csv = "csv"
    parquet = "parquet"


Overrides = Annotated[list[str], typer.Option("--set", metavar="A.B=C", help="Change a setting; repeatable.")]


@app.callback(invoke_without_command=True)
def _top(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    if version:
        typer.echo(f"valuekit {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        raise typer.Exit(USAGE)


@app.command()
def simulate(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for the files.")],
    customers: Annotated[int, typer.Option(min=1, metavar="N", help="How many customers.")] = 2000,
    seed: Annotated[int, typer.Option(metavar="S", help="The same seed gives the same bytes.")] = 7,
    format: Annotated[Format, typer.Option(metavar="csv|parquet", help="Format of the files.")] = Format.parquet,  # noqa: A002 - the option
) -> None:
    """Make up a software company with planted truth, as messy as life."""
    from pipelines.demo import make_company

    make_company(folder, customers=customers, seed=seed, format=format.value)
    typer.echo(str(folder))


@app.command()
def run(
    config: Annotated[str, typer.Argument(metavar="CONFIG", help="A YAML file, or a built-in: demo, cdnow ...")],
    as_of: Annotated[
        datetime | None, typer.Option(metavar="DATE", formats=["%Y-%m-%d"], help="The date to describe.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the snapshots; default: as configured.")
    ] = None,
    settings: Overrides = [],  # noqa: B006 - typer copies it
    json: AsJson = False,
    require_tracking: Annotated[bool, typer.Option("--require-tracking", help="Fail when MLflow does.")] = False,
    no_tracking: Annotated[bool, typer.Option("--no-tracking", help="Leave MLflow alone.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Keep every step's table in debug.duckdb.")] = False,
) -> None:
    """Run every step on a company and publish a snapshot."""
    from pipelines.jobs import run_config
    from pipelines.report import print_run, run_object
    from pipelines.streams import out as console
    from pipelines.streams import print_json

    chosen = [*settings, *([f"as_of={as_of.date()}"] if as_of else [])]
    track = False if no_tracking else None
    outcome = run_config(config, chosen, output=out, track=track, required=require_tracking, debug=debug, silent=json)
    if json:
        print_json(run_object(outcome))
    else:
        print_run(outcome, console(), config=quote(config))


@export_app.command("segments")
def export_segments(
    snapshot: SnapshotPath,
    format: Annotated[Format, typer.Option(metavar="csv|parquet", help="Format of the file.")] = Format.csv,  # noqa: A002 - the option
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The file; `-` is standard output (CSV).")] = None,
    tier: Annotated[str | None, typer.Option(metavar="NAME", help="This value tier alone.")] = None,
    stage: Annotated[str | None, typer.Option(metavar="NAME", help="This lifecycle stage alone.")] = None,
    bom: Annotated[bool, typer.Option(help="Begin CSV with a byte-order mark, as Excel likes it.")] = True,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Write the value segments: one row per party that has paid more than it got back, the highest value first."""
    from valuekit.exports import export_segments as write

    to_stdout = str(out) == "-"
    if to_stdout and format is Format.parquet:
        raise ConfigError("Parquet does not go to standard output.", where="--out -", next_step="Name a file.")
    opened = open_snapshot(snapshot)
    target = None if to_stdout else out or Path(f"segments-{opened.manifest.run_id}.{format.value}")
    rows = write(opened, target, format.value, tier=tier, stage=stage, bom=bom, overwrite=force)
    if target:
        typer.echo(str(target))
    typer.echo(f"{rows:,} parties", err=True)


@app.command()
def explain(
    snapshot: SnapshotPath,
    party: Annotated[str, typer.Argument(metavar="PARTY", help="Party id, record id, system:record, or name.")],
    json: AsJson = False,
) -> None:
    """Say why a party has this stage, this cash flow, this value and this segment."""
    from pipelines.explained import print_explanation
    from pipelines.streams import out, print_json
    from valuekit.snapshot import explain as collect

    found = collect(open_snapshot(snapshot), party)
    if json:
        print_json(found)
    else:
        print_explanation(found, out())


class Grouping(StrEnum):
    """What customers won are grouped by."""

    tier = "tier"
    channel = "channel"
    campaign = "campaign"


@app.command()
def acquisition(
    snapshot: SnapshotPath,
    by: Annotated[Grouping, typer.Option(metavar="tier|channel|campaign", help="Groups.")] = Grouping.channel,
    months: Annotated[int, typer.Option(min=1, metavar="N", help="Customers won in the last N months.")] = 12,
    json: AsJson = False,
) -> None:
    """Show what it costs to win a customer, how soon it comes back, and how it compares with lifetime value."""
    from pipelines.acquired import acquisition_object, print_acquisition
    from pipelines.streams import out, print_json

    opened = open_snapshot(snapshot)
    if json:
        print_json(acquisition_object(opened, by.value, months))
    else:
        print_acquisition(opened, by.value, months, out())


@app.command()
def demo(
    customers: Annotated[int, typer.Option(min=1000, metavar="N", help="How many customers.")] = 2000,
    seed: Annotated[int, typer.Option(metavar="S", help="The same seed gives the same company.")] = 7,
) -> None:
    """Make up a company, run everything on it, and say what was found."""
    from pipelines.demo import DATA, run_demo
    from pipelines.report import print_run
    from pipelines.streams import out

    print_run(run_demo(customers=customers, seed=seed), out(), config=f"demo --set paths.data={DATA}")


@app.command("app")
def open_app(
    snapshot: Annotated[Path, typer.Argument(metavar="[SNAPSHOT]", help="A snapshot, or a folder of them.")] = Path(
        "runs"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535, metavar="PORT", help="Port on this machine.")] = 8501,
    headless: Annotated[bool, typer.Option("--headless", help="Open no browser.")] = False,
) -> None:
    """Open the front end on a snapshot."""
    from pipelines.front_end import serve

    open_snapshot(snapshot)
    raise typer.Exit(serve(snapshot, port=port, headless=headless))


@app.command()
def doctor(json: AsJson = False) -> None:
    """Look whether this machine is ready; writes nothing."""
    from pipelines.doctor import examine
    from pipelines.report import grid
    from pipelines.streams import out, print_json

    findings = examine()
    if json:
        print_json(findings)
    else:
        table = grid("", "", "", "")
        colours = {"ok": "green", "warn": "yellow", "fail": "red"}
        for finding in findings:
            mark = f"[{colours[finding.verdict]}]{finding.verdict}[/]"
            table.add_row(mark, finding.subject, finding.found, finding.advice)
        out().print(table)
    if any(f.verdict == "fail" for f in findings):
        raise typer.Exit(EngineError.exit_code)


@track_app.command("push")
def track_push(
    folder: Annotated[Path, typer.Argument(metavar="[RUNS]", help="Folder of the snapshots.")] = Path("runs"),
) -> None:
    """Push the records of runs that wait for their MLflow server."""
    from valuekit.tracking import push_pending

    if not folder.is_dir():
        raise InputError("does not exist.", where=str(folder), next_step="Name the folder of the snapshots.")
    results = [result for place in (folder, *sorted(folder.glob("*/"))) for result in push_pending(place)]
    for result in results:
        typer.echo(f"{result.experiment}: {result.mlflow_run or result.problem}")
    waiting = sum(not r.recorded for r in results)
    typer.echo(f"{len(results) - waiting} pushed, {waiting} still waiting", err=True)
    if waiting:
        raise typer.Exit(EngineError.exit_code)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a command and leave with its exit code: no traceback ever reaches the user."""
    given = sys.argv[1:] if arguments is None else arguments
    sys.exit(run_command(given))


def run_command(arguments: list[str]) -> int:
    """Run a command and return its exit code; errors are told on standard error, as JSON after `--json`."""
    as_json = "--json" in arguments
    try:
        result = app(arguments, standalone_mode=False, prog_name="valuekit")
    except ValuekitError as error:
        return _tell(error, as_json=as_json)
    except (typer.Abort, KeyboardInterrupt):
        result = INTERRUPTED
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stdout = None
        return 0
    except Exception as error:  # a bug: one line for the user, the traceback in a file
        return _unexpected(error, as_json=as_json)
    if result == INTERRUPTED:
        typer.echo("interrupted", err=True)
    return result if isinstance(result, int) else 0


def _unexpected(error: Exception, *, as_json: bool) -> int:
    if hasattr(error, "format_message"):  # the usage errors of typer, whichever click it carries
        said = error.format_message()
        if not said:  # no arguments at all: the help is printed already
            return USAGE
        what, advice = usage_told(said, error)
        return _tell(ValuekitError(what, next_step=advice), as_json=as_json)
    if isinstance(error, OSError) and error.errno in MACHINE_ERRORS:
        what, where = f"{error.strerror}.", str(error.filename or "")
        return _tell(InputError(what, where=where, next_step="Mend it, or name another place."), as_json=as_json)
    from valuekit.engine import DatabaseError

    if isinstance(error, DatabaseError):
        what = str(error).strip().splitlines()[0]
        return _tell(EngineError(what, where="the engine", next_step=_DAMAGED), as_json=as_json)
    return _bug(error, as_json=as_json)


def _tell(error: ValuekitError, *, as_json: bool) -> int:
    if as_json:
        parts = {part: getattr(error, part, "") for part in ("what", "where", "next_step")}
        facts = {"type": type(error).__name__, "message": str(error), **parts, "exit_code": error.exit_code}
        _print_json({"error": facts})
    else:
        typer.echo(f"error: {error}", err=True)
    return error.exit_code


def _bug(error: Exception, *, as_json: bool) -> int:
    with tempfile.NamedTemporaryFile("w", prefix="valuekit-", suffix=".log", delete=False, encoding="utf-8") as log:
        log.write("".join(traceback.format_exception(error)))
    message = f"this is a bug in valuekit ({type(error).__name__}). Please report it with {log.name}"
    if as_json:
        _print_json({"error": {"type": "Bug", "message": message, "log": log.name, "exit_code": BUG}})
    else:
        typer.echo(message, err=True)
    return BUG


def _print_json(value: Any) -> None:
    from pipelines.streams import print_json

    print_json(value)
