"""Read a company's systems into the canonical tables: contracts kept, bad rows set aside with reasons."""

from valuekit.sources.clock import last_day, latest_event, limit_to
from valuekit.sources.read import read

__all__ = ["last_day", "latest_event", "limit_to", "read"]
