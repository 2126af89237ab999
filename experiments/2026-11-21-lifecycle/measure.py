"""Does the lifecycle find what was planted: stages, reasons, contract issues, stale statuses, recurring revenue?

Simulates a company with a seed that was not used while building, runs valuekit on it, and compares. Prints a report
and, unless --no-tracking, records its numbers in MLflow.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipelines.run import run
from valuekit.config import builtin_config, load_config
from valuekit.engine import Engine
from valuekit.engine.steps import parse_steps
from valuekit.simulate import Settings, simulate
from valuekit.snapshot import Snapshot
from valuekit.tables import TRUTH
from valuekit.tracking import record_study

HERE = Path(__file__).parent
STUDY = HERE.name
FILES = ("parties.sql", "stages.sql", "reasons.sql", "registers.sql", "mrr.sql")
WANTED_ACCURACY = 0.995


def main() -> None:
    """Simulate, run, compare, print."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        asked = {"customers": arguments.customers, "seed": arguments.seed}
        simulate(folder / "data", **asked)
        result = run(_config(folder / "data", folder / "runs"))
        with Snapshot.open(result.path).engine() as engine:
            for table in TRUTH:
                engine.view_parquet(table, folder / "data" / f"{table}.parquet")
            engine.view_parquet("written_contracts", folder / "data" / "contracts.parquet")
            measured = measure(engine)
    print(json.dumps({**asked, **measured}, indent=2, default=float))
    if not arguments.no_tracking:
        record_study(STUDY, asked, dict(_numbers(measured)))


def measure(engine: Engine) -> dict[str, Any]:
    """Compare a snapshot with the truth, both as views of one engine."""
    for file in FILES:
        steps = parse_steps((HERE / file).read_text(encoding="utf-8"), file)
        engine.run_steps(steps, {"as_of": Settings().data_end})
    return {
        "identity": {"all_records": _row(engine, "identity_result"), "duplicates": _row(engine, "duplicates_result")},
        "stages": _stages(engine),
        "reasons": {**_row(engine, "reasons_result"), "by_reason": _rows(engine, "reasons_judged"),
                    "errors": _rows(engine, "reason_errors")[:20]},
        "contract_issues": _rows(engine, "issues_judged"),
        "stale_statuses": {**_row(engine, "statuses_result"), "errors": _rows(engine, "status_errors")[:12]},
        "mrr": {**_row(engine, "mrr_result"), "errors": _rows(engine, "mrr_errors"),
                "movements": _rows(engine, "movements_judged")},
    }  # fmt: skip


def _stages(engine: Engine) -> dict[str, Any]:
    months = _rows(engine, "stage_months_judged")
    parties, right = (sum(m[name] for m in months) for name in ("parties", "right_ones"))
    worst = min(months, key=lambda m: m["accuracy"])
    return {
        "month_ends": len(months),
        "party_months": parties,
        "accuracy": right / parties,
        "worst_accuracy": worst["accuracy"],
        "worst_month_end": worst["as_of"].isoformat(),
        "month_ends_below_the_wanted": sum(m["accuracy"] < WANTED_ACCURACY for m in months),
        "accuracy_at_the_data_end": months[-1]["accuracy"],
        "accuracy_with_reason_at_the_data_end": months[-1]["accuracy_with_reason"],
        "real_parties_found_as_several": engine.count("split_parties"),
        "found_parties_that_are_several_real_ones": engine.count("mixed_parties"),
        "causes": _rows(engine, "stage_causes"),
        "errors": _rows(engine, "stage_errors")[:20],
        "parties_in_excess_at_the_data_end": _rows(engine, "stage_extra"),
    }


def _rows(engine: Engine, table: str) -> list[dict[str, Any]]:
    return engine.query(f"SELECT * FROM {table}").to_pylist()


def _row(engine: Engine, table: str) -> dict[str, Any]:
    (row,) = _rows(engine, table)
    return row


def _numbers(measured: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Yield every number with a name, depth first; lists are told in the printed report alone."""
    for name, value in measured.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{name}.")
        elif not isinstance(value, list | str) and value is not None:
            yield f"{prefix}{name}", float(value)


def _config(data: Path, output: Path):
    config = load_config(builtin_config("demo"))
    sources = [s.model_copy(update={"file": str(data / Path(s.file).name)}) for s in config.sources]
    tracking = config.tracking.model_copy(update={"enabled": False})
    return config.model_copy(update={"sources": sources, "output": output, "tracking": tracking})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=4177)
    parser.add_argument("--keep", type=Path, help="folder for data and snapshot, kept for a closer look")
    parser.add_argument("--no-tracking", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
