"""Read a company's systems into the canonical tables: contracts kept, bad rows set aside with reasons."""

from valuekit.sources.clock import first_day, last_day, latest_event, limit_to, refuse_before_data
from valuekit.sources.read import read

__all__ = ["first_day", "last_day", "latest_event", "limit_to", "read", "refuse_before_data"]
