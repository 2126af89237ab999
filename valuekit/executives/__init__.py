"""Executives: what each of them calls the best customer, how far they agree, and the synthesis."""

from valuekit.executives.agreement import compare_pair
from valuekit.executives.comparison import compare
from valuekit.executives.consensus import borda, full_weights
from valuekit.executives.registry import KEYS, MEASURES, Measure

__all__ = ["KEYS", "MEASURES", "Measure", "borda", "compare", "compare_pair", "full_weights"]
