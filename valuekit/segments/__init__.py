"""Segments: value tiers that cover everyone who ever paid, and where they stand in the lifecycle."""

from valuekit.segments.tiers import assign, grid, last_places

__all__ = ["assign", "grid", "last_places"]
