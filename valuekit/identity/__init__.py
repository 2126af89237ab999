"""Records of many systems become one party each."""

from valuekit.identity.decisions import Decision, read_decisions
from valuekit.identity.matching import Matching
from valuekit.identity.resolve import MOST_SHARED, NOTHING, RULES, SHARED_DOMAINS, Former, resolve

__all__ = [
    "MOST_SHARED",
    "NOTHING",
    "RULES",
    "SHARED_DOMAINS",
    "Decision",
    "Former",
    "Matching",
    "read_decisions",
    "resolve",
]
