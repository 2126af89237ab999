"""A simulated subscription company, with the truth about it written beside its data."""

from valuekit.simulate.company import simulate
from valuekit.simulate.settings import ARCHETYPES, Archetype, Settings, Summary

__all__ = ["ARCHETYPES", "Archetype", "Settings", "Summary", "simulate"]
