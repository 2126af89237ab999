"""Lifetime value: models of purchases and renewals, the value cube, horizon and discount."""

from valuekit.ltv.cube import ltv_sql, present_value, totals_by_year_sql
from valuekit.ltv.discounting import Discount, Horizon
from valuekit.ltv.fitted import FittedModel
from valuekit.ltv.retention import retention_check
from valuekit.ltv.units import TimeUnit
from valuekit.ltv.valuation import value

__all__ = [
    "Discount",
    "FittedModel",
    "Horizon",
    "TimeUnit",
    "ltv_sql",
    "present_value",
    "retention_check",
    "totals_by_year_sql",
    "value",
]
