"""Where does the three-year value of a company miss its planted future, and do the intervals hold it?

Simulates companies with seeds that were not used while building, values each (not discounted, own money alone) and
compares with what is really received and spent in the three years after: by kind of party and stream, and the intervals
of parties and of the company. With --causes, parts of the model and planted causes of the company are switched off, one
at a time. Prints a report and, unless --no-tracking, records it in MLflow.
"""

import argparse
import json
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

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
OWN_MONEY = {"discount_rate": 0.0, "horizon_years": 3, "off": ["advocacy", "innovation"]}

MODELS: dict[str, dict[str, Any]] = {
    "no expansion": {"expansion": False},
    "no receivables": {"receivables": False},
}
COMPANIES: dict[str, dict[str, float]] = {
    "prices stay": {"annual_change": 0.0, "monthly_change": 0.0},
    "all have contracts": {"without_contract": 0.0},
    "nobody pays on or comes back": {"reactivated": 0.0, "pays_after_lapse": 0.0},
}

Found = dict[str, float]


def main() -> None:
    """Simulate, value, compare, print."""
    arguments = _arguments()
    cases: dict[str, list[Found]] = defaultdict(list)
    for seed in arguments.seeds:
        for company in COMPANIES if arguments.causes else {}:
            cases[f"company: {company}"] += _measured(arguments.customers, seed, COMPANIES[company], [{}])
        models = MODELS if arguments.causes else {}
        found = _measured(arguments.customers, seed, {}, [{}, *models.values()])
        for name, one in zip(["as delivered", *models], found, strict=True):
            cases[name].append(one)
    table = {case: _summary(found) for case, found in cases.items()}
    print(json.dumps({"seeds": arguments.seeds, "customers": arguments.customers, **table}, indent=2))
    if not arguments.no_tracking:
        asked = {"customers": arguments.customers, "seeds": str(arguments.seeds), "causes": arguments.causes}
        numbers = {f"{c}.{n}": row["mean"] for c, names in table.items() for n, row in names.items()}
        record_study(HERE.name, asked, {name.replace(": ", ".").replace(" ", "_"): v for name, v in numbers.items()})


def _measured(customers: int, seed: int, settings: dict[str, Any], models: list[dict[str, Any]]) -> list[Found]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        simulate(data, customers=customers, seed=seed, settings=Settings(**settings))
        return [_compare(data, Path(folder, f"runs{i}"), ltv) for i, ltv in enumerate(models)]


def _compare(data: Path, output: Path, ltv: dict[str, Any]) -> Found:
    result = run(_config(data, output, OWN_MONEY | ltv))
    with Snapshot.open(result.path).engine() as engine:
        for table in TRUTH:
            engine.view_parquet(table, data / f"{table}.parquet")
        for file in (BASELINE / "identity.sql", HERE / "streams.sql"):
            engine.run_steps(parse_steps(file.read_text(encoding="utf-8"), file.name), {})
        return _biases(engine) | _coverage(engine)


def _biases(engine: Engine) -> Found:
    """Bias of the total, and what each kind and stream adds to it, as shares of the true total."""
    rows = engine.rows("SELECT kind, stream, found, truth FROM stream_totals")
    total = sum(float(truth) for *_, truth in rows)
    found: Found = defaultdict(float)
    for kind, stream, cash, truth in rows:
        for name in ("bias: total", f"bias: kind {kind}", f"bias: stream {stream}", f"bias: {kind} {stream}"):
            found[name] += float(cash - truth) / total
        found[f"share of truth: {kind}"] += float(truth) / total
    return found


def _coverage(engine: Engine) -> Found:
    rows = engine.query("SELECT * FROM realised_in_intervals").to_pylist()
    found: Found = {}
    for kinds in [*([row] for row in rows), rows]:
        name = kinds[0]["kind"] if len(kinds) == 1 else "all parties"
        parties = sum(row["parties"] for row in kinds)
        found[f"parties: {name}"] = parties
        for part in ("in_50", "in_80", "in_95", "below_80"):
            found[f"{part}: {name}"] = sum(row[part] for row in kinds) / parties
    truth, value, deviation = engine.rows("SELECT truth, found, deviation FROM realised_in_sum")[0]
    return found | {"company: errors of its interval": (truth - value) / deviation, "company: cv": deviation / value}


def _summary(found: list[Found]) -> dict[str, Any]:
    names = sorted({name for one in found for name in one})
    return {name: _row([one.get(name, 0.0) for one in found]) for name in names}


def _row(values: list[float]) -> dict[str, Any]:
    error = float(np.std(values, ddof=1)) / len(values) ** 0.5 if len(values) > 1 else None
    return {"mean": float(np.mean(values)), "error": error, "seeds": [round(v, 4) for v in values]}


def _config(data: Path, output: Path, ltv: dict[str, Any]) -> Any:
    config = load_config(builtin_config("demo"))
    sources = [s.model_copy(update={"file": str(data / Path(s.file).name)}) for s in config.sources]
    off = config.tracking.model_copy(update={"enabled": False})
    changed = {"sources": sources, "output": output, "tracking": off, "ltv": config.ltv.model_copy(update=ltv)}
    return config.model_copy(update=changed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_500)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(5001, 5009)))
    parser.add_argument("--causes", action="store_true", help="switch off parts and causes, one at a time")
    parser.add_argument("--no-tracking", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
