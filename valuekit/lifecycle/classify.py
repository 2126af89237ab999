"""From dated facts to one stage per party, and to every team's count."""

from collections.abc import Sequence
from datetime import date

from valuekit.engine import Engine
from valuekit.lifecycle.definitions import BUILTIN, Definition, count_definitions
from valuekit.lifecycle.stages import classify_stages
from valuekit.lifecycle.windows import Windows
from valuekit.tables import PUBLISHED

_DEFAULT = Windows()


def classify(
    engine: Engine, *, as_of: date, windows: Windows = _DEFAULT, definitions: Sequence[Definition] = BUILTIN
) -> None:
    """Say in which stage each party is at a date, and which definition counts it.

    Reads the canonical tables with their party ids, limited to what was known at `as_of`; `parties`; `cash`.
    Makes `facts` (one row per party), `stages` (one row per party), `definitions`, `memberships` and
    `definition_differences`; beside them `contract_terms` (signed terms as they run), `stage_rules`,
    `definition_rules` and `definition_patterns`.

    Raises:
        ExpressionError: a predicate uses what is not there or not allowed.
        ConfigError: a definition has no system, is there twice, or not exactly one is the headline.
    """
    dated = {"as_of": as_of, "churn_date": windows.churn_date}
    engine.run("valuekit.lifecycle", "contracts.sql", dated)
    engine.run("valuekit.lifecycle", "facts.sql", dated)
    constants = windows.constants | {"use_recorded": engine.count("usage") > 0}
    classify_stages(engine, constants)
    count_definitions(engine, as_of, windows.constants, definitions)
    for name in _LATER:
        engine.make_empty(PUBLISHED[name])


_LATER = (
    "party_lists", "reasons", "reconciliation", "history", "stage_months", "customer_movements",
    "paying_and_using", "mrr_movements", "mrr_months", "contract_issues", "renewals", "status_words", "paying_status",
    "managed_in", "commissions", "relationships", "trade", "cash_and_profit",
)  # fmt: skip
