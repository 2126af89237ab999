"""Which model of purchases foretells CDNOW's customers best, and do ours and `lifetimes` find the same?

Reads the logs that the installed `lifetimes` package carries: the sample of the papers (2,357 customers) and the master
file it was drawn from (23,570). Calibration to 1997-09-30, holdout 39 weeks; the challenger, which learns from a former
period of the same length, is compared over 13 weeks. Prints a report and, unless --no-tracking, records it in MLflow.
"""

import argparse
import json
import time
from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from valuekit.ltv import backtest_orders, split
from valuekit.ltv.forecasters import purchase_interval
from valuekit.ltv.judging import judge
from valuekit.ltv.models import (
    BgCnbdK,
    BgNbd,
    GammaGamma,
    LifetimesBackend,
    LifetimesGammaGamma,
    LifetimesPareto,
    MaximumLikelihood,
    MbgCnbdK,
    MbgNbd,
    ParetoNbd,
    PurchaseModel,
)
from valuekit.tracking import record_study

STUDY = Path(__file__).parent.name
AT, UNTIL = date(1997, 9, 30), date(1998, 6, 30)
WEEKS = 39
SHORT = 13
LEVELS = (0.50, 0.80, 0.95)
FILES = {
    "sample": ("CDNOW_sample.txt", ["master_id", "customer", "day", "quantity", "amount"]),
    "master": ("CDNOW_master.txt", ["customer", "day", "quantity", "amount"]),
}
MODELS: dict[str, Callable[[], PurchaseModel]] = {
    "Pareto/NBD": ParetoNbd,
    "BG/NBD": BgNbd,
    "MBG/NBD": MbgNbd,
    "BG/CNBD-k": BgCnbdK,
    "MBG/CNBD-k": MbgCnbdK,
}
PAIRS: dict[str, tuple[Callable[[], MaximumLikelihood], Callable[[], MaximumLikelihood]]] = {
    "BG/NBD": (BgNbd, lambda: LifetimesBackend("bg_nbd")),
    "MBG/NBD": (MbgNbd, lambda: LifetimesBackend("mbg_nbd")),
    "Pareto/NBD": (ParetoNbd, LifetimesPareto),
    "Gamma-Gamma": (GammaGamma, LifetimesGammaGamma),
}


def main() -> None:
    """Read, measure, print."""
    arguments = _arguments()
    measured = {name: measure(read_orders(name)) for name in arguments.files}
    print(json.dumps(measured, indent=2, default=float))
    if not arguments.no_tracking:
        record_study(STUDY, {"files": str(arguments.files), "holdout_weeks": WEEKS}, _flat(measured))


def read_orders(name: str) -> pd.DataFrame:
    """Return the purchases of one of the files."""
    file, names = FILES[name]
    package = find_spec("lifetimes")
    if package is None or package.origin is None:
        raise SystemExit("this study reads data of the package lifetimes, which is not installed")
    path = Path(package.origin).parent / "datasets" / file
    log = pd.read_csv(
        path, sep=r"\s+", names=names, dtype={"customer": str, "day": str}, skiprows=int(name == "master")
    )
    return log.assign(date=pd.to_datetime(log["day"], format="%Y%m%d").dt.date)


def measure(orders: pd.DataFrame) -> dict[str, Any]:
    """Compare models, naive rules and the other package on one log."""
    calibration, holdout = split(orders, AT, until=UNTIL)
    rows = calibration.append_column("log_gaps", pa.array(log_gaps(orders, calibration)))
    came = holdout["purchases"].to_numpy().astype(float)
    short = backtest_orders(orders, origins=[AT], days=7 * SHORT, models=("pareto_nbd", "bg_nbd", "mbg_nbd"))
    long = backtest_orders(orders, origins=[AT], days=7 * WEEKS, models=())
    return {
        "customers": len(rows),
        "models": {name: _model(make(), rows, came) for name, make in MODELS.items()},
        "naive": _scores(long),
        f"{SHORT}_weeks": _scores(short),
        "ours_and_lifetimes": {name: _both(*pair, rows) for name, pair in PAIRS.items()},
    }


def log_gaps(orders: pd.DataFrame, calibration: pa.Table) -> np.ndarray:
    """Return each customer's sum of the logarithms of the weeks between its purchases."""
    days = orders.loc[orders["date"] <= AT, ["customer", "date"]].drop_duplicates().sort_values(["customer", "date"])
    weeks = pd.to_datetime(days["date"]).groupby(days["customer"]).diff().dt.days / 7
    total = np.log(weeks).groupby(days["customer"]).sum()
    return total.reindex(calibration["customer"].to_pylist(), fill_value=0.0).to_numpy()


def _model(model: PurchaseModel, rows: pa.Table, came: np.ndarray) -> dict[str, Any]:
    began = time.perf_counter()
    model.fit(rows)
    seconds = time.perf_counter() - began
    expected = model.expected_purchases(WEEKS, rows)
    found = {
        "k": getattr(model, "k_", 1),
        "parameters": model.parameters_,
        "log_likelihood": model.log_likelihood_,
        "bic": model.bic_,
        "seconds": seconds,
        "correlation": float(np.corrcoef(expected, came)[0, 1]),
        **judge(came, expected),
    }
    for level in LEVELS:
        ends = purchase_interval(model, WEEKS, rows, level)
        found[f"coverage_{100 * level:.0f}"] = float(np.mean((ends[0] <= came) & (came <= ends[1])))
        found[f"expected_coverage_{100 * level:.0f}"] = _expected_coverage(model, rows, ends)
    return found


def _expected_coverage(model: PurchaseModel, rows: pa.Table, ends: tuple[np.ndarray, np.ndarray]) -> float:
    """What the model itself says that its intervals of whole numbers hold."""
    most = int(ends[1].max())
    reached = np.cumsum(model.purchase_distribution(WEEKS, rows, most), axis=1)
    low, high = (end.astype(int) for end in ends)
    customer = np.arange(len(low))
    below = np.where(low > 0, reached[customer, np.maximum(low - 1, 0)], 0.0)
    return float(np.mean(reached[customer, high] - below))


def _scores(tested: Any) -> dict[str, Any]:
    return {r["model"]: r["note"] or _numbers(r) for r in tested.scores.to_pylist() if r["target"] == "purchases"}


def _numbers(row: dict[str, Any]) -> dict[str, float]:
    names = ("actual", "predicted", "bias", "wmae", "rmse", "spearman", "gini", "top_decile")
    return {name: row[name] for name in names}


def _both(ours: Callable[[], Any], theirs: Callable[[], Any], rows: pa.Table) -> dict[str, Any]:
    """Fit the same rows with both; like histories are one row for both, which the other package does not do itself."""
    keep = np.arange(len(rows))
    if "monetary" in ours().columns:  # spend is that of repeat purchases above 0
        keep = np.flatnonzero(rows["monetary"].to_numpy().astype(float) > 0)
    found: dict[str, Any] = {}
    for name, make in (("ours", ours), ("lifetimes", theirs)):
        theirs().fit(rows.take(keep[:200])) if name == "lifetimes" else None  # its import is no part of its fit
        began = time.perf_counter()
        model = make().fit(rows.take(keep))
        seconds = time.perf_counter() - began
        found[name] = {
            "parameters": model.parameters_,
            "log_likelihood": model.log_likelihood_,
            "seconds": seconds,
        }
    return found


def _flat(value: Any, prefix: str = "") -> dict[str, float]:
    if isinstance(value, dict):
        return {
            key: number
            for name, part in value.items()
            for key, number in _flat(part, f"{prefix}.{name}" if prefix else name).items()
        }
    return {prefix: float(value)} if isinstance(value, int | float) else {}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", nargs="+", choices=list(FILES), default=list(FILES))
    parser.add_argument("--no-tracking", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
