"""Commands by which teams agree on whom they count: definitions, sign-off, reconciliation, movements, restatements."""
# ruff: noqa: PLC0415 - `--help` must not wait for what a command loads

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipelines.options import AsJson, SnapshotPath, open_snapshot
from valuekit.errors import ConfigError

team_app = typer.Typer()


class Document(StrEnum):
    """Formats of documents."""

    md = "md"
    html = "html"
    xlsx = "xlsx"


class Side(StrEnum):
    """Which of two lists a party is on."""

    only_first = "only_first"
    only_second = "only_second"
    both = "both"


MonthEnd = Annotated[
    datetime | None, typer.Option(metavar="DATE", formats=["%Y-%m-%d"], help="A month end; default: the last one.")
]
Overwrite = Annotated[bool, typer.Option("--force", help="Overwrite the file.")]


@team_app.command()
def definitions(
    source: Annotated[
        str, typer.Argument(metavar="CONFIG|SNAPSHOT", help="A snapshot, a folder of them, or a configuration.")
    ],
    format: Annotated[  # noqa: A002 - the option's name
        Document, typer.Option(metavar="md|html|xlsx", help="Format of the document.")
    ] = Document.md,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The file; `-` is standard output.")] = None,
    force: Overwrite = False,
) -> None:
    """Write the definition document: definitions, stages, differences, checklist, four questions and the guide."""
    from pipelines.documents import find_snapshot
    from valuekit.exports import export_definitions

    opened = find_snapshot(source)
    target = None if str(out) == "-" else out or Path(f"definitions-{opened.manifest.run_id}.{format.value}")
    export_definitions(opened, target, format.value, overwrite=force)
    if target:
        typer.echo(str(target))


@team_app.command("sign-off")
def sign_off(
    snapshot: SnapshotPath,
    item: Annotated[
        str | None, typer.Argument(metavar="[ITEM]", help="Item of the checklist; without it, the checklist is shown.")
    ] = None,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who answers for it.")] = "",
    note: Annotated[str, typer.Option(metavar="TEXT", help="What there is to say.")] = "",
    json: AsJson = False,
) -> None:
    """Sign an item of a run's reconciliation checklist, or show the checklist."""
    from pipelines.signing import checklist_object, print_checklist
    from pipelines.streams import out, print_json
    from valuekit.snapshot.checklist import item_key
    from valuekit.snapshot.signoffs import sign_off as sign

    opened = open_snapshot(snapshot)
    if item is not None:
        sign(opened, item_key(item), by=by, note=note)
    if json:
        print_json(checklist_object(opened))
    else:
        print_checklist(opened, out())


@team_app.command()
def reconcile(
    snapshot: SnapshotPath,
    first: Annotated[str, typer.Argument(metavar="FIRST", help="Key of a definition.")],
    second: Annotated[str, typer.Argument(metavar="SECOND", help="Key of another one.")],
    as_of: MonthEnd = None,
    members: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write those who differ as CSV; `-` is standard output.")
    ] = None,
    side: Annotated[Side | None, typer.Option(metavar="only_first|only_second|both", help="Members of a side.")] = None,
    reason: Annotated[str | None, typer.Option(metavar="KEY", help="Members with this reason, or unexplained.")] = None,
    force: Overwrite = False,
    json: AsJson = False,
) -> None:
    """Explain the gap between two definitions: reasons in order of priority, in both directions, and unexplained."""
    from pipelines.reconciled import print_reconciliation, reconciliation_object, write_members
    from pipelines.streams import out, print_json
    from valuekit.snapshot.reconciliation import reconcile as compare

    opened = open_snapshot(snapshot)
    if as_of and members and as_of.date() != opened.manifest.as_of:
        what = f"members are known at the run's own date, {opened.manifest.as_of}."
        raise ConfigError(what, where="--members", next_step="Leave --as-of out, or name the snapshot of that month.")
    if (side or reason) and not members:
        raise ConfigError("--side and --reason choose members.", next_step="Add --members FILE.")
    told = compare(opened, first, second, as_of.date() if as_of else None)
    to_stdout = str(members) == "-"
    if to_stdout and json:
        raise ConfigError("standard output takes members or JSON.", where="--members", next_step="Name a file.")
    if members:
        target = None if to_stdout else members
        rows = write_members(opened, told, target, side=side and side.value, reason=reason, overwrite=force)
        typer.echo(f"{members}: {rows:,} parties", err=True)
    if to_stdout:
        return
    if json:
        print_json(reconciliation_object(opened, told))
    else:
        print_reconciliation(opened, told, out())


@team_app.command()
def movements(
    snapshot: SnapshotPath,
    definition: Annotated[str | None, typer.Option(metavar="KEY", help="A definition; default: the headline.")] = None,
    mrr: Annotated[bool, typer.Option("--mrr", help="Monthly recurring revenue instead of customers.")] = False,
    json: AsJson = False,
) -> None:
    """Show by month how customers or recurring revenue moved: begin, what came, what went, end, and the rates."""
    from pipelines.moved import movements_object, print_movements
    from pipelines.streams import out, print_json

    opened = open_snapshot(snapshot)
    found = movements_object(opened, definition, mrr=mrr)
    if json:
        print_json(found)
    else:
        print_movements(found, opened.manifest.company, out())


@team_app.command()
def receivables(
    snapshot: SnapshotPath,
    members: Annotated[
        str | None, typer.Option(metavar="LIST", help="Parties that are overdue, disputed, written_off or late.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write them as CSV.")] = None,
    force: Overwrite = False,
    json: AsJson = False,
) -> None:
    """Show by month end what is billed and not paid, how old it is, and days sales outstanding."""
    from pipelines.received import print_receivables, receivables_object, write_receivables_members
    from pipelines.streams import out as console
    from pipelines.streams import print_json

    opened = open_snapshot(snapshot)
    if (members is None) != (out is None):
        raise ConfigError("--members and --out go together.", next_step="Such as --members overdue --out overdue.csv.")
    if members and out:
        rows = write_receivables_members(opened, members, out, overwrite=force)
        typer.echo(f"{out}: {rows:,} parties", err=True)
    found = receivables_object(opened)
    if json:
        print_json(found)
    else:
        print_receivables(found, opened.manifest.company, console())


@team_app.command()
def restatements(
    older: Annotated[Path, typer.Argument(metavar="OLD", help="The snapshot that was published for a month.")],
    newer: Annotated[Path, typer.Argument(metavar="NEW", help="A later one whose history holds that month.")],
    as_of: MonthEnd = None,
    definition: Annotated[str | None, typer.Option(metavar="KEY", help="List who joined or left this one.")] = None,
    json: AsJson = False,
) -> None:
    """Show what a later run says differently of a month, and why."""
    from pipelines.restated import print_members, print_restatements
    from pipelines.streams import out, print_json
    from valuekit.snapshot.restatements import restated_members
    from valuekit.snapshot.restatements import restatements as compare

    then, now, day = open_snapshot(older), open_snapshot(newer), as_of.date() if as_of else None
    found = compare(then, now, day)
    listed = restated_members(then, now, definition, day) if definition else []
    if json:
        print_json({"schema": "valuekit.restatements/1", **asdict(found), "members": listed})
    else:
        print_restatements(found, out())
        if definition:
            print_members(listed, out())
