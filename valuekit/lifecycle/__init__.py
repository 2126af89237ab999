"""Every party's stage at a date, and every team's definition of customer over the same parties."""

from valuekit.lifecycle.classify import classify
from valuekit.lifecycle.definitions import BUILTIN, Definition, Headline, headline, merge_definitions
from valuekit.lifecycle.policies import Policies, Rule, describe
from valuekit.lifecycle.stages import RULES, StageRule
from valuekit.lifecycle.windows import Windows

__all__ = [
    "BUILTIN", "RULES", "Definition", "Headline", "Policies", "Rule", "StageRule", "Windows", "classify", "describe",
    "headline", "merge_definitions",
]  # fmt: skip
