"""How well are the buyers of a gift wholesaler foretold, and what do its cancellations change?

Reads UCI's Online Retail log (parquet: InvoiceNo, InvoiceDate, Quantity, UnitPrice, CustomerID), by --data or the
environment variable ONLINE_RETAIL. An invoice that begins with C is a cancellation: a return of an order that the log
does not name. Backtests at two origins under each policy for such returns. Prints a report and, unless --no-tracking,
records it in MLflow.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from valuekit.ltv import backtest_orders, summarise
from valuekit.ltv.judging import deciles
from valuekit.tracking import record_study

STUDY = Path(__file__).parent.name
POLICIES = ("reduce", "last_order", "ignore")
MODELS = ("mbg_nbd", "bg_nbd", "pareto_nbd")
DAYS, ORIGINS = 91, 2
SHOWN = ("customers", "actual", "predicted", "bias", "wmae", "rmse", "spearman", "gini", "top_decile", "coverage")


def main() -> None:
    """Read, backtest under each policy, print."""
    arguments = _arguments()
    orders = read_orders(arguments.data)
    measured = {policy: measure(orders, policy) for policy in POLICIES}
    print(json.dumps(measured, indent=2, default=float))
    if not arguments.no_tracking:
        numbers = {
            f"{policy}.{model}.{target}.{name}": value
            for policy, found in measured.items()
            for model, targets in found["scores"].items()
            for target, row in targets.items()
            for name, value in row.items()
            if isinstance(value, float)
        }
        record_study(STUDY, {"days": DAYS, "origins": ORIGINS, "level": 0.9}, numbers)


def read_orders(path: Path) -> pd.DataFrame:
    """Return one row per invoice and day of a known customer."""
    log = pd.read_parquet(path, columns=["InvoiceNo", "InvoiceDate", "Quantity", "UnitPrice", "CustomerID"])
    log = log.dropna(subset=["CustomerID"])
    log["amount"] = (log["Quantity"] * log["UnitPrice"]).round(4)
    log["date"] = pd.to_datetime(log["InvoiceDate"]).dt.date
    orders = log.groupby(["CustomerID", "InvoiceNo", "date"], as_index=False)["amount"].sum()
    return orders.rename(columns={"CustomerID": "customer", "InvoiceNo": "order"})


def measure(orders: pd.DataFrame, policy: Any) -> dict[str, Any]:
    """Backtest under one policy, and say what the cancellations do to the summary."""
    found = backtest_orders(orders, origins=ORIGINS, days=DAYS, models=MODELS, order="order", unmatched_returns=policy)
    table = summarise(orders, order="order", unmatched_returns=policy)
    facts = json.loads(table.schema.metadata[b"valuekit"])
    bought = table["frequency"].to_numpy().astype(float)
    worth = bought * table["monetary"].to_numpy().astype(float)
    return {
        "cancellations": facts["unmatched_returns"],
        "of": facts["unmatched_amount"],
        "customers": len(table),
        "repeat_purchases": bought.sum(),
        "their_worth": worth.sum(),
        "scores": _scores(found.scores.to_pylist()),
        "calibration": _calibration(found.forecasts.to_pandas()),
    }


def _scores(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The mean of each metric over the origins, and the bias at each."""
    scores: dict[str, Any] = {}
    frame = pd.DataFrame(rows)
    for (model, target), part in frame.groupby(["model", "target"], sort=False):
        row = {name: float(part[name].mean()) for name in SHOWN if part[name].notna().any()}
        row["bias_by_origin"] = part["bias"].astype(float).round(3).tolist()
        scores.setdefault(str(model), {})[str(target)] = row
    return scores


def _calibration(forecasts: pd.DataFrame) -> list[dict[str, float]]:
    of = forecasts[forecasts["model"] == MODELS[0]]
    rows = deciles(np.asarray(of["actual_purchases"]), np.asarray(of["purchases"]))
    return [{name: round(float(value), 3) for name, value in row.items()} for row in rows]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    asked = os.environ.get("ONLINE_RETAIL")
    parser.add_argument("--data", type=Path, default=Path(asked) if asked else None, required=not asked)
    parser.add_argument("--no-tracking", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
