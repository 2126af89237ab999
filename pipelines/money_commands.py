"""Commands for the CFO's questions about a run: what scale is worth, where the balance tips, who brings the profit."""
# ruff: noqa: PLC0415 - `--help` must not wait for what a command loads

from typing import Annotated

import typer

from pipelines.options import AsJson, SnapshotPath, open_snapshot

money_app = typer.Typer()

Party = Annotated[str | None, typer.Option("--party", metavar="PARTY", help="One party, by its id.")]
Top = Annotated[int, typer.Option("--top", metavar="N", min=1, help="How many parties to show.")]


@money_app.command()
def scale(snapshot: SnapshotPath, party: Party = None, top: Top = 10, json: AsJson = False) -> None:
    """Show the unit-cost curve of each pool, and what each party's volume saves all others."""
    from pipelines.analysed import print_scale, scale_object
    from pipelines.streams import out, print_json

    found = scale_object(open_snapshot(snapshot), party=party, top=top)
    print_json(found) if json else print_scale(found, out())


@money_app.command("break-even")
def break_even(snapshot: SnapshotPath, party: Party = None, top: Top = 10, json: AsJson = False) -> None:
    """Show the volume, price and support at which net cash is zero: of the enterprise, and of those that lose money."""
    from pipelines.analysed import break_even_object, print_break_even
    from pipelines.streams import out, print_json

    found = break_even_object(open_snapshot(snapshot), party=party, top=top)
    print_json(found) if json else print_break_even(found, out())


@money_app.command()
def concentration(snapshot: SnapshotPath, json: AsJson = False) -> None:
    """Show how few parties bring the profit, how many take it back, and who costs much to serve."""
    from pipelines.analysed import concentration_object, print_concentration
    from pipelines.streams import out, print_json

    found = concentration_object(open_snapshot(snapshot))
    print_json(found) if json else print_concentration(found, out())
