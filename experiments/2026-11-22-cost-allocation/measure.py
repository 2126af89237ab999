"""How close does each way of sharing out cost come to what every customer truly caused?

Simulates a company with a seed that was not used while building, shares out its ledger in several ways, and compares
with the planted truth, function by function. Prints a report and, unless --no-tracking, records it in MLflow.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np
from scipy.stats import spearmanr

from pipelines.steps import Work, fingerprint, read, resolve
from valuekit import cashflow
from valuekit.cashflow import Activity, Attribution, Pool
from valuekit.cashflow.campaigns import LINEAR, Model
from valuekit.config import builtin_config, load_config
from valuekit.engine import Engine
from valuekit.engine.steps import parse_steps
from valuekit.simulate import Settings, simulate
from valuekit.tables import TRUTH
from valuekit.tracking import record_study

HERE = Path(__file__).parent
STUDY = HERE.name
FUNCTIONS = ("cost_of_goods", "marketing", "sales", "support", "incentives", "all")
COUNTED = {"support_team": "tickets", "success_team": "equal", "sales_team": "equal", "marketing_team": "engagements",
           "travel": "equal"}  # fmt: skip


def main() -> None:
    """Simulate, share out, compare, print."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as temporary, Engine() as engine:
        folder = Path(temporary)
        asked = {"customers": arguments.customers, "seed": arguments.seed}
        simulate(folder / "data", **asked, settings=Settings(campaigns_named=True))
        work = Work(engine, _config(folder / "data"), folder)
        for step in (fingerprint, read, resolve):
            step(work)
        for table in TRUTH:
            engine.view_parquet(table, folder / "data" / f"{table}.parquet")
        measured = _by_campaign(engine, work)
        engine.execute("UPDATE costs SET campaign = NULL")
        measured |= {way: _measure(engine, work, *how) for way, how in _ways(engine, work).items()}
    measured["revenue, of the true total"] = measured["revenue"].pop("of_the_true_total")
    for found in measured.values():
        found.pop("of_the_true_total", None)
    print(json.dumps({**asked, **measured}, indent=2))
    if not arguments.no_tracking:
        record_study(STUDY, asked, _numbers(measured))


Pools = Mapping[str, Pool | str]


def _ways(engine: Engine, work: Work) -> dict[str, tuple[Pools, dict[str, Activity]]]:
    """The pools and time equations of each way; what names its party is direct in all of them."""
    stated = {name: pool.driver for name, pool in work.config.cashflow.pools.items()}
    pools = {row[0] for row in engine.rows("SELECT DISTINCT pool FROM costs WHERE function <> 'general'")}
    activities = _standard_times(engine)
    standard = {
        "support_team": Pool(activities=("ticket",)),
        "success_team": Pool(activities=tuple(name for name in activities if name.startswith("support"))),
        "sales_team": Pool(activities=tuple(name for name in activities if name.startswith("sales"))),
        "marketing_team": Pool(activities=tuple(name for name in activities if name.startswith("marketing"))),
    }
    return {
        "measured": (stated, {}),
        "standard times": ({**stated, **standard}, activities),
        "counted": ({**stated, **COUNTED}, {}),
        "revenue": (dict.fromkeys(pools, "revenue"), {}),
    }


def _by_campaign(engine: Engine, work: Work) -> dict[str, dict[str, Any]]:
    """Each campaign's own cost to those whom it touched, by every way of counting their contacts."""
    pools = {name: pool.driver for name, pool in work.config.cashflow.pools.items()}
    ways = {f"campaigns, {model}": Attribution(model) for model in get_args(Model)}
    return {way: _measure(engine, work, pools, {}, attribution) for way, attribution in ways.items()}


def _standard_times(engine: Engine) -> dict[str, Activity]:
    """What people would answer when asked how long each piece of work takes: its mean, to five minutes."""
    asked = """SELECT function, activity, 5 * ROUND(AVG(CAST(minutes AS DOUBLE)) / 5) FROM activities
        GROUP BY function, activity ORDER BY function, activity"""
    ticket = engine.scalar("SELECT 5 * ROUND(AVG(CAST(minutes AS DOUBLE)) / 5) FROM tickets WHERE channel = 'agent'")
    return {"ticket": Activity("tickets", str(ticket), when="channel = 'agent'")} | {
        f"{function} {activity}": Activity(
            "activities", str(minutes), when=f"function = '{function}' AND activity = '{activity}'"
        )
        for function, activity, minutes in engine.rows(asked)
    }


def _measure(
    engine: Engine, work: Work, pools: Pools, activities: dict[str, Activity], attribution: Attribution = LINEAR
) -> dict[str, Any]:
    cashflow.compute(engine, as_of=work.as_of, pools=pools, activities=activities, attribution=attribution)
    engine.run_steps(parse_steps((HERE / "compared.sql").read_text(encoding="utf-8"), "compared.sql"))
    both = engine.query("SELECT * FROM compared ORDER BY function, true_party").to_pandas()
    found: dict[str, Any] = {"of_the_true_total": {}}
    for function in FUNCTIONS:
        rows = both if function == "all" else both[both["function"] == function]
        rows = rows.groupby("true_party")[["truly", "allocated"]].sum()
        truly, allocated = rows["truly"].to_numpy(float), rows["allocated"].to_numpy(float)
        found[function] = _distance(truly, allocated)
        found["of_the_true_total"][function] = _distance(truly, allocated * truly.sum() / allocated.sum())
    return found


def _distance(truly: np.ndarray, allocated: np.ndarray) -> dict[str, float]:
    """Rank correlation, mean absolute error in money, and that as a share of the mean true cost."""
    error = np.abs(allocated - truly).mean()
    return {
        "customers": len(truly),
        "true_mean": round(truly.mean(), 2),
        "allocated_mean": round(allocated.mean(), 2),
        "rank_correlation": round(float(spearmanr(truly, allocated).statistic), 4),
        "mean_absolute_error": round(error, 2),
        "relative_error": round(error / truly.mean(), 4),
    }


def _numbers(measured: Mapping[str, Any]) -> dict[str, float]:
    return {
        f"{way}.{function}.{name}".replace(",", ""): value
        for way, functions in measured.items()
        for function, numbers in functions.items()
        for name, value in numbers.items()
    }


def _config(data: Path):
    config = load_config(builtin_config("demo"))
    sources = [s.model_copy(update={"file": str(data / Path(s.file).name)}) for s in config.sources]
    return config.model_copy(update={"sources": sources})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=90_211)
    parser.add_argument("--no-tracking", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
