"""Does the expected cost to serve foretell the next year better than the rule before, and than the own last year?

Simulates a company, runs valuekit as of a day a year before its data end, and compares what each rule expects of every
current customer with what the run at the data end says that the twelve months between have cost. Prints a report and,
unless --no-tracking, records its numbers in MLflow.
"""

import argparse
import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.stats import spearmanr

from pipelines.run import run
from valuekit.calendar import add_months
from valuekit.config import builtin_config, load_config
from valuekit.engine import Engine
from valuekit.engine.steps import parse_steps
from valuekit.simulate import simulate
from valuekit.snapshot import Snapshot
from valuekit.tracking import record_study

HERE = Path(__file__).parent
STUDY = HERE.name
END_ON = date(2026, 6, 30)
RULES = ("expected", "six_months", "own_last_year")
LATER = ("party_records", "cash_months", "stages")


def main() -> None:
    """Simulate, run twice, compare, print."""
    arguments = _arguments()
    fit_on = add_months(END_ON, -12)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        asked = {"customers": arguments.customers, "seed": arguments.seed}
        simulate(folder / "data", **asked)
        first, second = (run(_config(folder, day), track=False).path for day in (fit_on, END_ON))
        measured = measure(first, second, fit_on)
    print(json.dumps({**asked, **measured}, indent=2, default=float))
    if not arguments.no_tracking:
        record_study(STUDY, asked, _numbers(measured))


def measure(first: Path, second: Path, fit_on: date) -> dict[str, Any]:
    """Compare two snapshots: by function and for all together, whoever stayed and everybody."""
    with Snapshot.open(first).engine() as engine:
        frame = _judged(engine, second, fit_on)
        models = engine.query("SELECT * FROM cost_models ORDER BY function").to_pylist()
    stayed = frame[frame["stayed"]]
    short = stayed[stayed["seen"] < 6]
    return {
        "models": models,
        "stayed": {
            **{str(name): _scores(of) for name, of in stayed.groupby("function")},
            "all_functions": _scores(_total(stayed)),
            "all_functions_short_history": _scores(_total(short)),
        },
        "stayed_and_left": {"all_functions": _scores(_total(frame))},
    }


def _judged(engine: Engine, second: Path, fit_on: date) -> pd.DataFrame:
    for table in LATER:
        engine.view_parquet(f"later_{table}", second / f"{table}.parquet")
    steps = parse_steps((HERE / "years.sql").read_text(encoding="utf-8"), "years.sql")
    engine.run_steps(steps, {"fit_on": fit_on, "end_on": END_ON})
    return engine.query("SELECT * FROM judged ORDER BY party_id, function").to_pandas()


def _total(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.groupby("party_id")[[*RULES, "actual"]].sum().assign(low=float("nan"), high=float("nan"))


def _scores(frame: pd.DataFrame) -> dict[str, Any]:
    actual = frame["actual"]
    found: dict[str, Any] = {"customers": len(frame), "actual": actual.mean()}
    for rule in RULES:
        error = frame[rule] - actual
        rank = spearmanr(frame[rule], actual).statistic
        found[rule] = {"mae": error.abs().mean(), "bias": error.mean(), "rank_correlation": rank}
    if frame["high"].notna().any():
        found["coverage"] = ((actual >= frame["low"] - 1e-9) & (actual <= frame["high"] + 1e-9)).mean()
    return found


def _numbers(measured: dict[str, Any]) -> dict[str, float]:
    numbers = {}
    for group in ("stayed", "stayed_and_left"):
        for part, scores in measured[group].items():
            for rule in RULES:
                numbers |= {f"{group}.{part}.{rule}.{name}": float(x) for name, x in scores[rule].items()}
            if "coverage" in scores:
                numbers[f"{group}.{part}.coverage"] = float(scores["coverage"])
    return numbers


def _config(folder: Path, as_of: date):
    config = load_config(builtin_config("demo"))
    sources = [s.model_copy(update={"file": str(folder / "data" / Path(s.file).name)}) for s in config.sources]
    return config.model_copy(update={"sources": sources, "output": folder / "runs", "as_of": as_of})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=6_000)
    parser.add_argument("--seed", type=int, default=90210)
    parser.add_argument("--keep", type=Path, help="folder for data and snapshots, kept for a closer look")
    parser.add_argument("--no-tracking", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
