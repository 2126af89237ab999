"""Records of many systems become one party each."""

from valuekit.identity.resolve import MOST_SHARED, RULES, SHARED_DOMAINS, resolve

__all__ = ["MOST_SHARED", "RULES", "SHARED_DOMAINS", "resolve"]
