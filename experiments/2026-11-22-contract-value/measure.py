"""Where does the three-year value of contracts miss the planted future, and what does each part of the model mend?

Simulates companies with seeds that were not used while building, values each with one part switched off at a time, and
compares with what is really received and spent in the three years after. One planted cause at a time is switched off in
the company, too. Prints tables and, unless --no-tracking, records them in MLflow.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np

from pipelines.run import run
from valuekit.config import builtin_config, load_config
from valuekit.engine import Engine
from valuekit.engine.steps import parse_steps
from valuekit.simulate import Settings, simulate
from valuekit.snapshot import Snapshot
from valuekit.tables import TRUTH
from valuekit.tracking import record_study

HERE = Path(__file__).parent
BASELINE = HERE.parent / "2026-11-21-baseline"

MODELS = {
    "as delivered": {},
    "no expansion": {"expansion": False},
    "no receivables": {"receivables": False},
    "neither": {"expansion": False, "receivables": False},
    "sbg alone": {"renewal_model": "sbg"},
}
COMPANIES = {
    "as it is": {},
    "prices stay": {"annual_change": 0.0, "monthly_change": 0.0},
    "nobody is refunded": {"refunds": 0.0, "chargebacks": 0.0, "credits": 0.0, "fully_refunded": 0.0},
    "all have contracts": {"without_contract": 0.0, "pays_after_lapse": 0.0},
    "nobody comes back": {"reactivated": 0.0},
}


def main() -> None:
    """Simulate, value, compare, print."""
    arguments = _arguments()
    found: dict[str, dict[str, list[float]]] = {}
    for seed in arguments.seeds:
        for company, settings in COMPANIES.items():
            models = MODELS if company == "as it is" else {"as delivered": {}}
            for model, biases in _biases(arguments.customers, seed, Settings(**settings), models).items():
                _keep(found, f"{company} / {model}", biases)
    table = {case: {name: _summary(values) for name, values in biases.items()} for case, biases in found.items()}
    print(json.dumps({"seeds": arguments.seeds, "customers": arguments.customers, "bias": table}, indent=2))
    if not arguments.no_tracking:
        flat = {f"{case}.{name}": float(np.mean(v)) for case, biases in found.items() for name, v in biases.items()}
        asked = {"customers": arguments.customers, "seeds": str(arguments.seeds)}
        record_study("2026-11-22-contract-value", asked, {_plain(name): value for name, value in flat.items()})


def _biases(customers: int, seed: int, settings: Settings, models: dict) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        simulate(data, customers=customers, seed=seed, settings=settings)
        return {name: _bias(data, Path(folder, f"runs{i}"), ltv) for i, (name, ltv) in enumerate(models.items())}


def _bias(data: Path, output: Path, ltv: dict) -> dict[str, float]:
    result = run(_config(data, output, ltv))
    with Snapshot.open(result.path).engine() as engine:
        for table in TRUTH:
            engine.view_parquet(table, data / f"{table}.parquet")
        for file in (BASELINE / "identity.sql", HERE / "streams.sql"):
            engine.run_steps(parse_steps(file.read_text(encoding="utf-8"), file.name), {})
        return _shares(engine)


def _shares(engine: Engine) -> dict[str, float]:
    """Bias of the total, and what each stream and group of customers adds to it, as shares of the true total."""
    rows = engine.rows("SELECT part, found, truth FROM stream_totals ORDER BY part")
    total = sum(float(truth) for _, _, truth in rows)
    return {"total": sum(float(f - t) for _, f, t in rows) / total} | {p: float(f - t) / total for p, f, t in rows}


def _keep(found: dict[str, dict[str, list[float]]], case: str, biases: dict[str, float]) -> None:
    for name, value in biases.items():
        found.setdefault(case, {}).setdefault(name, []).append(value)


def _summary(values: list[float]) -> str:
    spread = np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return f"{100 * np.mean(values):+.1f}% (error of the mean {100 * spread:.1f})"


def _plain(name: str) -> str:
    return name.replace(" / ", ".").replace(" ", "_")


def _config(data: Path, output: Path, ltv: dict):
    config = load_config(builtin_config("demo"))
    sources = [s.model_copy(update={"file": str(data / Path(s.file).name)}) for s in config.sources]
    off = config.tracking.model_copy(update={"enabled": False})
    changed = {"sources": sources, "output": output, "tracking": off, "ltv": config.ltv.model_copy(update=ltv)}
    return config.model_copy(update=changed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=6_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[3001, 3002, 3003, 3004])
    parser.add_argument("--no-tracking", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
