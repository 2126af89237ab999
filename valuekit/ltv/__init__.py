"""Lifetime value: models of purchases and renewals, the value cube, horizon and discount."""

from importlib import import_module
from typing import TYPE_CHECKING

from valuekit.ltv.cube import ltv_sql, present_value, totals_by_year_sql
from valuekit.ltv.discounting import Discount, Horizon, RateRule
from valuekit.ltv.units import TimeUnit

if TYPE_CHECKING:
    from valuekit.ltv.acquisition import Acquisition
    from valuekit.ltv.backtest import backtest_orders
    from valuekit.ltv.contract_backtest import backtest_contracts
    from valuekit.ltv.drift import check_drift
    from valuekit.ltv.fitted import FittedModel
    from valuekit.ltv.forecast import value_orders
    from valuekit.ltv.retention import retention_check
    from valuekit.ltv.rules import ValueRules
    from valuekit.ltv.selection import select
    from valuekit.ltv.summary import split, summarise
    from valuekit.ltv.sums import sum_up
    from valuekit.ltv.valuation import value

__all__ = [
    "Acquisition",
    "Discount",
    "FittedModel",
    "Horizon",
    "RateRule",
    "TimeUnit",
    "ValueRules",
    "backtest_contracts",
    "backtest_orders",
    "check_drift",
    "ltv_sql",
    "present_value",
    "retention_check",
    "select",
    "split",
    "sum_up",
    "summarise",
    "totals_by_year_sql",
    "value",
    "value_orders",
]

_LATER = {
    "Acquisition": "acquisition",
    "FittedModel": "fitted",
    "ValueRules": "rules",
    "backtest_contracts": "contract_backtest",
    "backtest_orders": "backtest",
    "check_drift": "drift",
    "retention_check": "retention",
    "select": "selection",
    "split": "summary",
    "sum_up": "sums",
    "summarise": "summary",
    "value": "valuation",
    "value_orders": "forecast",
}
"""What fits models loads scientific libraries for a second or two, which readers of a snapshot need not wait for."""


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
