"""Lifetime value: models of purchases and renewals, the value cube, horizon and discount."""

from importlib import import_module
from typing import TYPE_CHECKING

from valuekit.ltv.cube import ltv_sql, present_value, totals_by_year_sql
from valuekit.ltv.discounting import Discount, Horizon
from valuekit.ltv.units import TimeUnit

if TYPE_CHECKING:
    from valuekit.ltv.fitted import FittedModel
    from valuekit.ltv.retention import retention_check
    from valuekit.ltv.sums import sum_up
    from valuekit.ltv.valuation import value

__all__ = [
    "Discount",
    "FittedModel",
    "Horizon",
    "TimeUnit",
    "ltv_sql",
    "present_value",
    "retention_check",
    "sum_up",
    "totals_by_year_sql",
    "value",
]

_LATER = {"FittedModel": "fitted", "retention_check": "retention", "sum_up": "sums", "value": "valuation"}
"""What fits models loads scientific libraries for a second or two, which readers of a snapshot need not wait for."""


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
