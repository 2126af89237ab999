"""Commands on what customers are worth: values with intervals, sensitivity, customer equity."""
# ruff: noqa: PLC0415 - `--help` must not wait for what a command loads

from enum import StrEnum
from typing import Annotated

import typer

from pipelines.options import AsJson, SnapshotPath, open_snapshot

worth_app = typer.Typer()


class Group(StrEnum):
    """What values are summed by."""

    tier = "tier"
    stage = "stage"
    cohort = "cohort"


@worth_app.command()
def value(
    snapshot: SnapshotPath,
    by: Annotated[Group, typer.Option(metavar="tier|stage|cohort", help="Groups; a cohort is a year of first money.")]
    = Group.tier,
    horizon: Annotated[
        str | None, typer.Option(metavar="YEARS", help="1 to 10, or infinite; default: the run's.")
    ] = None,
    discount: Annotated[float | None, typer.Option(metavar="RATE", help="A year; default: the run's.")] = None,
    json: AsJson = False,
) -> None:  # fmt: skip
    """Show lifetime value by group, with intervals that hold errors of the models' parameters too."""
    from pipelines.report import value_notes
    from pipelines.streams import out, print_json
    from pipelines.worth import facts, print_value, value_object

    opened = open_snapshot(snapshot)
    found = value_object(opened, by=by.value, horizon=horizon, discount=discount)
    found["about"] = value_notes(opened)
    print_json(facts(opened, "value") | found) if json else print_value(found, opened, out())


@worth_app.command()
def sensitivity(snapshot: SnapshotPath, json: AsJson = False) -> None:
    """Show what retention, margin, discount rate and acquisition cost do to the value of all customers."""
    from pipelines.streams import out, print_json
    from pipelines.worth import facts, print_sensitivity, sensitivity_object

    opened = open_snapshot(snapshot)
    found = sensitivity_object(opened)
    print_json(facts(opened, "sensitivity") | found) if json else print_sensitivity(found, opened, out())


@worth_app.command()
def equity(snapshot: SnapshotPath, json: AsJson = False) -> None:
    """Show customer equity: today's customers, and those yet to be won where the configuration states them."""
    from pipelines.streams import out, print_json
    from pipelines.worth import equity_object, facts, print_equity

    opened = open_snapshot(snapshot)
    found = equity_object(opened)
    print_json(facts(opened, "equity") | found) if json else print_equity(found, opened, out())
