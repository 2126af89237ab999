"""Does the estimate of a pool's scale find the planted elasticity, and stay silent where the data cannot say?

Simulates companies whose hosting cost grows with a planted elasticity and a planted noise, and fits the curve to their
ledger and their usage. Prints by case how often the 95% interval holds the truth, and what is claimed.
"""

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from valuekit.cashflow.unit_costs import Curve, fit_curve
from valuekit.engine import Engine
from valuekit.simulate import Settings, simulate
from valuekit.tracking import record_study

STUDY = Path(__file__).parent.name
CASES = ((0.5, 0.02), (0.7, 0.02), (0.7, 0.10), (0.9, 0.02), (1.0, 0.02), (0.7, 0.60))
"""Elasticity and noise: standard deviation of the logarithm of a month's cost."""


def main() -> None:
    """Simulate, fit, count, print."""
    arguments = _arguments()
    found = {}
    for elasticity, noise in CASES:
        settings = Settings(hosting_elasticity=elasticity, hosting_noise=noise)
        curves = [_curve(seed, arguments.customers, settings) for seed in range(70_001, 70_001 + arguments.companies)]
        found[f"elasticity {elasticity}, noise {noise}"] = _counted(curves, elasticity)
    print(json.dumps(found, indent=2))
    if not arguments.no_tracking:
        numbers = {f"{case}.{k}": v for case, row in found.items() for k, v in row.items() if isinstance(v, float)}
        record_study(STUDY, vars(arguments), numbers)


def _curve(seed: int, customers: int, settings: Settings) -> Curve:
    with tempfile.TemporaryDirectory() as folder, Engine(threads=1) as engine:
        simulate(Path(folder), customers=customers, seed=seed, settings=settings)
        for table in ("costs", "usage"):
            engine.view_parquet(table, Path(folder) / f"{table}.parquet")
        rows = engine.rows("""
            WITH spent AS (
                SELECT month, SUM(amount) AS cost FROM costs WHERE pool = 'hosting' AND amount > 0 GROUP BY month
            ), used AS (
                SELECT CAST(DATE_TRUNC('month', used_on) AS DATE) AS month, SUM(events) AS events FROM usage GROUP BY 1
            )
            SELECT CAST(cost AS DOUBLE), CAST(events AS DOUBLE), DATEDIFF('month', DATE '2000-01-01', month)
            FROM spent JOIN used USING (month)
            ORDER BY month
        """)
    cost, units, month = np.array(rows, dtype=float).T
    return fit_curve(cost, units, month)


def _counted(curves: list[Curve], truth: float) -> dict[str, Any]:
    held = [c.low <= truth <= c.high for c in curves if c.low is not None and c.high is not None]
    used = [c.elasticity for c in curves if c.elasticity is not None]
    widths = [c.high - c.low for c in curves if c.low is not None and c.high is not None]
    return {
        "interval_holds_the_truth": round(float(np.mean(held)), 3),
        "mean_estimate": round(float(np.mean([c.estimate for c in curves if c.estimate is not None])), 3),
        "median_width": round(float(np.median(widths)), 3),
        "used": len(used) / len(curves),
        "furthest_of_those_used": round(max((abs(e - truth) for e in used), default=0.0), 3),
        "reasons": dict(Counter(str(c.reason) for c in curves)),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=40)
    parser.add_argument("--customers", type=int, default=200)
    parser.add_argument("--no-tracking", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
