"""Drift of stored models, as it is printed."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from pipelines.options import open_snapshot
from pipelines.report import grid
from valuekit.engine import Engine
from valuekit.errors import ConfigError, InputError, UnknownNameError
from valuekit.ltv.drift import check_drift, read_purchase_model
from valuekit.ltv.order_lines import Reading
from valuekit.ltv.run_drift import compare_runs
from valuekit.snapshot import Snapshot
from valuekit.snapshot.movements import need_tables

_READ = {"buyers": "known", "retention_checks": "checks", "party_aliases": "aliases"}


def runs_compared(then: Path, now: Path) -> dict[str, Any]:
    """Compare the models of two runs; returns both days, what was found by model, and the models that one run lacks.

    Raises `ConfigError` for runs of two companies or in two currencies, `InputError` for one of an earlier valuekit.
    """
    old, new = open_snapshot(then), open_snapshot(now)
    of = [(run.manifest.company, run.manifest.currency) for run in (old, new)]
    if of[0] != of[1]:
        told = " and ".join(f"of {company} in {currency}" for company, currency in of)
        raise ConfigError(f"the runs are {told}.", where="drift", next_step="Name two runs of one company.")
    with Engine() as engine:
        for snapshot, side in ((old, "then"), (new, "now")):
            need_tables(snapshot, _READ)
            for table, name in _READ.items():
                engine.view_parquet(f"{name}_{side}", _table(snapshot, table))
        days = old.manifest.as_of, new.manifest.as_of
        found = compare_runs(engine, old.models, new.models, days)
    return {
        "then": days[0],
        "now": days[1],
        "models": {name: drift.as_dict() for name, drift in found.items()},
        "in_one_run": sorted((old.models.keys() | new.models.keys()) - found.keys()),
    }


def model_compared(model: Path, orders: Path, columns: Reading) -> dict[str, Any]:
    """Compare a stored model of purchases with later orders, whose `columns` are named by role; returns what was found.

    Raises `InputError` where one of them is not there or is a run, and `ConfigError` for what is no model.
    """
    for path in (model, orders):
        if not path.exists():
            advice = "Name the JSON file of a model and a file of orders, or two runs."
            raise InputError("does not exist.", where=str(path), next_step=advice)
    if run := next((path for path in (model, orders) if path.is_dir()), None):
        other = orders if run == model else model
        advice = "Name two runs, or the JSON file of a model and a file of orders."
        raise InputError(f"is a folder of runs, and {other} is a file.", where=str(run), next_step=advice)
    stored = read_purchase_model(model.read_bytes(), str(model))
    try:
        return check_drift(stored, orders, **columns).as_dict()
    except UnknownNameError as error:
        advice = re.sub(rf"\b({'|'.join(columns)})=\.\.\.", r"--\1 COLUMN", error.next_step)
        raise UnknownNameError(error.kind, error.name, error.known, where=error.where, next_step=advice) from None


def _table(snapshot: Snapshot, name: str) -> Path:
    return snapshot.path / f"{name}.parquet"


def print_drift(found: Mapping[str, Any], console: Console) -> None:
    """Print what was found of one model."""
    console.print(f"[bold]{found['verdict']}[/]: {found['reason']}")
    table = grid("", ">")
    for name, value in found.items():
        if isinstance(value, int | float):
            table.add_row(name.replace("_", " "), f"{value:,.5g}")
    console.print(table)


def print_drifts(found: Mapping[str, Any], console: Console) -> None:
    """Print what was found of the models of two runs: the verdicts, then the numbers, then the parameters."""
    console.print(f"Models of {found['then']}, against what is known on {found['now']}\n")
    for name, drift in found["models"].items():
        console.print(f"[bold]{drift['verdict']}[/] {name}: {drift['reason']}")
    console.print()
    numbers = ("customers", "stored", "refit", "wald", "wald_p", "foretold", "came", "bias", "z")
    table = grid("model", *(f"{number}>" for number in numbers))
    for name, drift in found["models"].items():
        table.add_row(name, *("" if drift[n] is None else f"{drift[n]:,.5g}" for n in numbers))
    console.print(table)
    parameters = grid("model", "parameter", "then>", "now>")
    for name, drift in found["models"].items():
        for parameter in {**drift["stored_parameters"], **drift["refit_parameters"]}:
            sides = (drift[side].get(parameter) for side in ("stored_parameters", "refit_parameters"))
            parameters.add_row(name, parameter, *("" if value is None else f"{value:,.5g}" for value in sides))
    console.print(parameters)
    if found["in_one_run"]:
        console.print(f"In one of the runs alone: {', '.join(found['in_one_run'])}")
