"""The tables: what goes in (`canonical`), what a run publishes (`published`), what the simulator plants (`truth`)."""

from valuekit.tables.canonical import CANONICAL, accepted, event_date
from valuekit.tables.published import PUBLISHED
from valuekit.tables.schema import Check, Column, Table
from valuekit.tables.truth import TRUTH

__all__ = ["CANONICAL", "PUBLISHED", "TRUTH", "Check", "Column", "Table", "accepted", "event_date"]
