"""Backtests of the whole value: what a valuation of the past foretold of a year's cash, against that year's books."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa

from valuekit.calendar import add_months
from valuekit.engine import Engine
from valuekit.ltv.judging import judge
from valuekit.ltv.summary import PACKAGE

SCOPES = {
    "all": "TRUE",
    "contracts": "has_contract",
    "orders": "has_orders AND NOT has_contract",
    "neither": "NOT (has_contract OR has_orders)",
}
MODELS = ("model", "last_period", "cohort_mean")
TARGETS = ("revenue", "net_cash")


def foretold_cash(engine: Engine, origin: date) -> pa.Table:
    """Return what an engine that has just valued its parties at `origin` foretells of the next twelve months.

    Reads `ltv`, `cube`, `cash_months` and `party_records`. Returns one row per party: a record that stands for it
    (`system`, `record`), `has_contract` (in force), `has_orders`, expected `revenue` and `net_cash`, those of the last
    twelve months, `cohort` (quarter of the first cash). The cost of winning a customer is sunk, and in neither side of
    the comparison.
    """
    return engine.ask(PACKAGE, "cash_backtest.sql", "foretold_then", _bounds(origin))


def compare_cash(engine: Engine, foretold: pa.Table, origin: date) -> list[dict[str, Any]]:
    """Judge `foretold` (of `foretold_cash`) by the books of an engine that knows the twelve months since.

    Reads `cash_months` and `party_records`. Returns one row per scope (all; those with a contract in force; without
    one, with orders; neither, as whose contract had ended), model (the valuation, last year repeated, mean of the
    cohort) and target (revenue, net_cash) with the metrics of `judging.judge`; scopes without a party are left out.
    """
    engine.put("foretold", foretold)
    engine.put("compared", engine.ask(PACKAGE, "cash_backtest.sql", "compared", _bounds(origin)))
    rows = list(_scores(engine, origin))
    engine.drop("foretold", "compared")
    return rows


def _scores(engine: Engine, origin: date) -> Iterator[dict[str, Any]]:
    for scope, condition in SCOPES.items():
        table = engine.query(f"SELECT * FROM compared WHERE {condition} ORDER BY party_id")
        if not len(table):
            continue
        for model in MODELS:
            for target in TARGETS:
                sides = (table[f"{side}_{target}"].to_numpy() for side in ("actual", model))
                yield {"origin": origin, "scope": scope, "model": model, "target": target, **judge(*sides)}


def _bounds(origin: date) -> dict[str, date]:
    return {"origin": origin, "year_before": add_months(origin, -12), "year_after": add_months(origin, 12)}
