"""How well does identity find out who is who, at default settings and over all thresholds?

Judges on a simulated company of a seed that no weight or threshold was chosen on, and on two sets of persons of whom it
is known who is who (a folder given as an argument; left out where they are missing). Prints JSON and, unless
--no-tracking, records it in MLflow.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from labelled import PERSONS, company, persons

from valuekit.engine import Engine
from valuekit.engine.steps import parse_steps
from valuekit.identity import Matching, resolve
from valuekit.tracking import record_study

HERE = Path(__file__).parent
THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999)


def main() -> None:
    arguments = _arguments()
    data: dict[str, Callable[[], Engine]] = {
        f"simulated, seed {arguments.seed}": lambda: company(arguments.customers, arguments.seed)
    }
    for name in PERSONS:
        if arguments.shared and (arguments.shared / name).is_file():
            data[name] = lambda name=name: persons(arguments.shared, name)
        else:
            print(f"{name}: not there, left out", file=sys.stderr)
    if PERSONS[1] in data:
        data[f"{PERSONS[1]}, the half not trained on"] = lambda: persons(arguments.shared, PERSONS[1], half=1)
    results = {name: judged(made, arguments.thresholds) for name, made in data.items()}
    print(json.dumps(results, indent=1))
    if not arguments.no_tracking:
        flat = {
            f"{name.split(',')[0].split('.')[0]}.{kind}.{measure}": value
            for name, result in results.items()
            for kind in ("keys_alone", "default")
            for measure, value in result[kind].items()
        }
        record_study("2026-11-21-identity", {"seed": arguments.seed, "customers": arguments.customers}, flat)


def judged(made: Callable[[], Engine], thresholds: Sequence[float]) -> dict[str, object]:
    engine = made()
    return {
        "keys_alone": measured(engine, Matching(enabled=False)),
        "default": measured(engine, Matching()),
        "curve": {t: measured(engine, Matching(join_above=t, review_above=min(t, 0.6))) for t in thresholds},
    }


def measured(engine: Engine, matching: Matching) -> dict[str, float]:
    """Resolve, and compare the parties with the truth: pairs of records, and whole clusters."""
    start = time.perf_counter()
    resolve(engine, matching=matching)
    seconds = time.perf_counter() - start
    engine.run_steps(parse_steps((HERE / "quality.sql").read_text(encoding="utf-8"), "quality.sql"))
    (row,) = engine.query("SELECT * FROM identity_quality").to_pylist()
    return {**{k: round(float(v), 5) for k, v in row.items() if v is not None}, "seconds": round(seconds, 1)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, nargs="?", help="folder of the labelled sets")
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=4711)
    parser.add_argument("--thresholds", type=float, nargs="*", default=THRESHOLDS)
    parser.add_argument("--no-tracking", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
