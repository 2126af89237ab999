"""Registers: contract issues, renewals, who pays by whose word, where a customer is managed, commissions, trade."""

from valuekit.registers.draw_up import RELATIONSHIP_TYPES, draw_up
from valuekit.registers.managed_in import assign_systems
from valuekit.registers.spells import follow_cash_and_profit
from valuekit.registers.status_words import MEANINGS, WORDS, status_map

__all__ = [
    "MEANINGS",
    "RELATIONSHIP_TYPES",
    "WORDS",
    "assign_systems",
    "draw_up",
    "follow_cash_and_profit",
    "status_map",
]
