"""Commands that judge: how good the forecasts were at days of the past, and whether a stored model is still right."""
# ruff: noqa: PLC0415 - `--help` must not wait for what a command loads

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.options import AsJson

if TYPE_CHECKING:
    from valuekit.ltv.order_lines import Reading

judging_app = typer.Typer()


@judging_app.command()
def backtest(
    config: Annotated[str, typer.Argument(metavar="CONFIG", help="A YAML file, or a built-in: demo, cdnow ...")],
    origins: Annotated[int, typer.Option(min=1, metavar="N", help="Days of the past to foretell from.")] = 3,
    at: Annotated[
        list[str], typer.Option("--at", metavar="DAY", help="Such a day, in place of so many; repeatable.")
    ] = [],  # noqa: B006 - typer copies it
    days: Annotated[
        int, typer.Option(min=1, metavar="DAYS", help="Days to foretell; for contracts the months in them.")
    ] = 365,
    whole: Annotated[
        bool, typer.Option("--whole", help="Value the company at each origin too, against a year's cash.")
    ] = False,
    settings: Annotated[list[str], typer.Option("--set", metavar="A.B=C", help="Change a setting; repeatable.")] = [],  # noqa: B006 - typer copies it
    charts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the best models' charts: .html, .svg, .png or .json (Vega-Lite)."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Foretell from days of the past what has come since, and say which model was how far off."""
    from pipelines.backtested import backtest_config, print_backtest
    from pipelines.streams import out, print_json

    found = backtest_config(
        config,
        settings,
        origins=at or origins,
        days=days,
        whole=whole,
        charts=charts,
        tell=lambda words: typer.echo(words, err=True),
    )
    print_json(found) if json else print_backtest(found, out())


@judging_app.command()
def drift(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL|OLD_RUN", help="JSON of a fitted model of purchases, or a snapshot.")
    ],
    orders: Annotated[
        Path, typer.Argument(metavar="ORDERS|NEW_RUN", help="Parquet or CSV file of later orders, or a later snapshot.")
    ],
    customer: Annotated[str, typer.Option(metavar="COLUMN", help="Column of the customer.")] = "customer",
    date: Annotated[str, typer.Option(metavar="COLUMN", help="Column of the day.")] = "date",
    amount: Annotated[str, typer.Option(metavar="COLUMN", help="Column of the amount.")] = "amount",
    order: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the order's id.")] = None,
    returns: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of the order that a row returns.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Compare a stored model of purchases with later orders, or the models of two runs: keep them, or refit?"""
    from pipelines.drifted import model_compared, print_drift, print_drifts, runs_compared
    from pipelines.streams import out, print_json

    if model.is_dir() and orders.is_dir():
        compared = runs_compared(model, orders)
        print_json(compared) if json else print_drifts(compared, out())
        return
    columns: Reading = {"customer": customer, "date": date, "amount": amount, "order": order, "returns": returns}
    found = model_compared(model, orders, columns)
    print_json(found) if json else print_drift(found, out())
