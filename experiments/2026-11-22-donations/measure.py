"""Does BG/BB describe who donates at which of six yearly occasions, and do its intervals hold what it simulates?

Reads the donations of 11,104 supporters that the installed `lifetimes` package carries: a row per history with its
weight. Prints a report and, unless --no-tracking, records it in MLflow.
"""

import argparse
import json
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from valuekit.ltv.models import BgBb
from valuekit.tracking import record_study

STUDY = Path(__file__).parent.name
PUBLISHED = {"alpha": 1.2035, "beta": 0.7497, "gamma": 0.6567, "delta": 2.7834, "log_likelihood": -33225.58}
YEARS = 5
LEVELS = (0.50, 0.80, 0.95)


def main() -> None:
    """Read, fit, compare, print."""
    arguments = _arguments()
    donors = read_donors()
    measured = {**fit(donors), "by_frequency": by_frequency(donors), "ours_and_lifetimes": peer(donors)}
    measured["coverage"] = coverage(donors, np.random.default_rng(arguments.seed))
    print(json.dumps(measured, indent=2, default=float))
    if not arguments.no_tracking:
        numbers = {f"fit.{name}": float(value) for name, value in measured["parameters"].items()}
        numbers |= {"log_likelihood": measured["log_likelihood"]}
        numbers |= {f"coverage.{level}": row["held"] for level, row in measured["coverage"].items()}
        record_study(STUDY, {"seed": arguments.seed, "years": YEARS}, numbers)


def read_donors() -> pd.DataFrame:
    """Return one row per history: frequency, recency, occasions and weight."""
    package = find_spec("lifetimes")
    if package is None or package.origin is None:
        raise SystemExit("this study reads data of the package lifetimes, which is not installed")
    path = Path(package.origin).parent / "datasets" / "donations.csv"
    return pd.read_csv(path).rename(columns={"periods": "occasions", "weights": "weight"})


def fit(donors: pd.DataFrame) -> dict[str, Any]:
    """Fit, beside the published numbers."""
    model = BgBb().fit(donors)
    rows = {"frequency": [0, 2, 6], "recency": [0, 4, 6], "occasions": [6, 6, 6]}
    return {
        "donors": int(donors["weight"].sum()),
        "parameters": model.parameters_,
        "standard_errors": model.standard_errors_,
        "log_likelihood": model.log_likelihood_,
        "published": PUBLISHED,
        "probability_alive (0,0) (2,4) (6,6)": model.probability_alive(rows).round(3).tolist(),
    }


def by_frequency(donors: pd.DataFrame) -> list[dict[str, float]]:
    """Donors by number of donations in six years: actual and expected, and donations expected in the next years."""
    model = BgBb().fit(donors)
    expected = donors["weight"].sum() * model.purchase_distribution_new(6, 6)
    ahead = model.expected_purchases(YEARS, donors) * donors["weight"]
    actual = donors.groupby("frequency")["weight"].sum()
    return [
        {
            "donations": k,
            "actual": float(actual.get(k, 0)),
            "expected": float(expected[k]),
            f"in the next {YEARS} years, each": float(ahead[donors["frequency"] == k].sum() / actual[k]),
        }
        for k in range(7)
    ]


def peer(donors: pd.DataFrame) -> dict[str, Any]:
    """Fit with both packages, for parameters and seconds."""
    from lifetimes import BetaGeoBetaBinomFitter  # noqa: PLC0415 - the peer is loaded for this comparison only

    found: dict[str, Any] = {}
    began = time.perf_counter()
    model = BgBb().fit(donors)
    found["ours"] = {
        **model.parameters_,
        "log_likelihood": model.log_likelihood_,
        "seconds": time.perf_counter() - began,
    }
    began = time.perf_counter()
    columns = (donors[name] for name in ("frequency", "recency", "occasions", "weight"))
    theirs = BetaGeoBetaBinomFitter().fit(*columns)
    seconds = time.perf_counter() - began
    at_theirs = BgBb.from_parameters([theirs.params_[name] for name in BgBb.basic]).log_likelihood(donors)
    found["lifetimes"] = {**dict(theirs.params_), "log_likelihood": at_theirs, "seconds": seconds}
    return found


def coverage(donors: pd.DataFrame, rng: np.random.Generator) -> dict[str, Any]:
    """Simulate donors with the fitted parameters, fit them anew, and hold the next years against the intervals.

    `expected` is what intervals of whole numbers hold if the model is right: never less than their level.
    """
    planted = BgBb().fit(donors)
    rows = planted.simulate(np.full(int(donors["weight"].sum()), 6), rng)
    ahead = np.clip(rows["lifetime"] - rows["occasions"], 0, YEARS).astype(int)
    came = rng.binomial(ahead, rows["rate"])
    known = {name: rows[name] for name in BgBb.columns}
    model = BgBb().fit(known)
    chances = model.purchase_distribution(YEARS, known, YEARS)
    reached = np.cumsum(chances, axis=1)
    found = {}
    for level in LEVELS:
        tail = (1 - level) / 2
        low, high = (reached < tail).sum(axis=1), (reached < 1 - tail).sum(axis=1)
        inside = (np.arange(YEARS + 1) >= low[:, None]) & (np.arange(YEARS + 1) <= high[:, None])
        held = float(np.mean((came >= low) & (came <= high)))
        found[f"{100 * level:.0f}"] = {"held": held, "expected": float((chances * inside).sum() / len(came))}
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--no-tracking", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
