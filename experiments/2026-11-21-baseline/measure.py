"""How close is the first version of every step to the planted truth?

Simulates a company with a seed that was not used while building, runs valuekit on it, and compares. Prints a table
and, unless --no-tracking, records it in MLflow.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from pipelines.run import run
from valuekit.calendar import add_months
from valuekit.config import builtin_config, load_config
from valuekit.engine import Engine
from valuekit.engine.steps import parse_steps
from valuekit.simulate import simulate
from valuekit.snapshot import Snapshot
from valuekit.tables import TRUTH
from valuekit.tracking import record_study

HERE = Path(__file__).parent
DATA_END = date(2026, 6, 30)


def main() -> None:
    """Simulate, run, compare, print."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        simulate(data, customers=arguments.customers, seed=arguments.seed)
        result = run(_config(data, Path(folder, "runs")))
        with Snapshot.open(result.path).engine() as engine:
            for table in TRUTH:
                engine.view_parquet(table, data / f"{table}.parquet")
            measured = measure(engine)
    asked = {"customers": arguments.customers, "seed": arguments.seed}
    print(json.dumps({**asked, **measured}, indent=2))
    if not arguments.no_tracking:
        record_study("2026-11-21-baseline", asked, dict(_flat(measured)))


def measure(engine: Engine) -> dict[str, object]:
    """Compare a snapshot with the truth, both as views of one engine."""
    parameters = {"as_of": DATA_END, "year_ago": add_months(DATA_END, -12), "rate": 0.10, "horizon": 3}
    for file in ("identity.sql", "steps.sql"):
        engine.run_steps(parse_steps((HERE / file).read_text(encoding="utf-8"), file), parameters)
    return {
        "identity": _row(engine, "identity_result"),
        "stages": _row(engine, "stage_result"),
        "stage_errors": engine.query("SELECT * FROM stage_errors").to_pylist()[:8],
        "cost_per_customer_12m": _cost(engine.query("SELECT * FROM cost_pairs").to_pandas()),
        "value_3_years": _value(engine.query("SELECT * FROM value_pairs").to_pandas()),
    }


def _cost(pairs: pd.DataFrame) -> dict[str, float]:
    truth = pairs["true_cost"]
    naive = pairs["revenue"] * truth.sum() / pairs["revenue"].sum()
    return {
        "customers": len(pairs),
        "allocated_spearman": _spearman(pairs["found_cost"], truth),
        "allocated_mean_absolute_error": float((pairs["found_cost"] - truth).abs().mean()),
        "share_of_revenue_spearman": _spearman(naive, truth),
        "share_of_revenue_mean_absolute_error": float((naive - truth).abs().mean()),
        "mean_true_cost": float(truth.mean()),
    }


def _value(pairs: pd.DataFrame) -> dict[str, float]:
    """Judge the value of everybody who ever paid; the naive rival says that last year repeats for three years."""
    truth, found = pairs["true_value"], pairs["found_value"]
    naive = np.where(pairs["stage"].isin(["active", "inactive"]), 3 * pairs["last_year"].fillna(0), 0.0)
    return {
        "parties": len(pairs),
        "true_total": float(truth.sum()),
        "total_bias": float(found.sum() / truth.sum() - 1),
        "weighted_mean_absolute_error": float((found - truth).abs().sum() / truth.abs().sum()),
        "spearman": _spearman(found, truth),
        "naive_total_bias": float(naive.sum() / truth.sum() - 1),
        "naive_weighted_mean_absolute_error": float(np.abs(naive - truth).sum() / truth.abs().sum()),
        "naive_spearman": _spearman(pd.Series(naive), truth),
    }


def _spearman(a: pd.Series, b: pd.Series) -> float:
    return float(spearmanr(a, b).statistic)


def _flat(measured: dict[str, object]) -> Iterator[tuple[str, float]]:
    for area, numbers in measured.items():
        if isinstance(numbers, dict):
            yield from ((f"{area}.{name}", number) for name, number in numbers.items())


def _row(engine: Engine, table: str) -> dict[str, float]:
    (row,) = engine.query(f"SELECT * FROM {table}").to_pylist()
    return {k: float(v) for k, v in row.items()}


def _config(data: Path, output: Path):
    config = load_config(builtin_config("demo"))
    sources = [s.model_copy(update={"file": str(data / Path(s.file).name)}) for s in config.sources]
    tracking = config.tracking.model_copy(update={"enabled": False})
    return config.model_copy(update={"sources": sources, "output": output, "tracking": tracking})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--no-tracking", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
