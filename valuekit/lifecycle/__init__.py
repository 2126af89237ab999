"""Every party's stage at a date, and every team's definition of customer over the same parties."""

from valuekit.lifecycle.classify import classify, count, stage
from valuekit.lifecycle.definitions import Definition, Headline, headline, merge_definitions
from valuekit.lifecycle.policies import Policies, Rule, describe
from valuekit.lifecycle.presets import BUILTIN
from valuekit.lifecycle.reasons import REASONS, Reason, merge_reasons
from valuekit.lifecycle.stages import RULES, StageRule
from valuekit.lifecycle.windows import Windows

__all__ = [
    "BUILTIN", "REASONS", "RULES", "Definition", "Headline", "Policies", "Reason", "Rule", "StageRule", "Windows",
    "classify", "count", "describe", "headline", "merge_definitions", "merge_reasons", "stage",
]  # fmt: skip
